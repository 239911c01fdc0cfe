"""TensorCircuit-NG on JAX: the loss over a batch, vectorised, compiled, differentiated."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import tensorcircuit as tc

from bench.engines.task import Answer, Task
from bench.workload import Workload

PACKAGES = ("tensorcircuit-ng", "jax", "jaxlib")

jax.config.update("jax_enable_x64", True)
tc.set_backend("jax")
tc.set_dtype("complex128")


def prepare(workload: Workload, gradient: bool) -> Task:
    """Return the task; its first run compiles. Only Z observables, as the QML workloads have."""
    if not (gradient and workload.samples):
        raise ValueError("TensorCircuit is compared by the loss and gradient of a batch")

    def value(weights, sample):
        circuit = tc.Circuit(workload.num_qubits)
        for gate in workload.gates:
            place = getattr(circuit, gate.name)
            if gate.weight is not None:
                place(*gate.qubits, theta=gate.scale * weights[gate.weight])
            elif gate.feature is not None:
                place(*gate.qubits, theta=gate.scale * sample[gate.feature])
            else:
                place(*gate.qubits)
        return jnp.real(
            sum(s.coefficient * circuit.expectation_ps(z=s.qubits) for s in workload.observable)
        )

    def loss(weights, samples, labels):
        return jnp.mean((jax.vmap(value, (None, 0))(weights, samples) - labels) ** 2)

    step = jax.jit(jax.value_and_grad(loss))
    data = [jnp.array(part) for part in (workload.weights, workload.samples, workload.labels)]
    return Task(
        lambda: jax.block_until_ready(step(*data)),
        lambda found: Answer(float(found[0]), np.asarray(found[1])),
    )

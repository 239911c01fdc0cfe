"""PennyLane's ``lightning.qubit``: adjoint differentiation through ``qml.grad``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pennylane as qml
import pennylane.numpy as pnp

from bench.engines.task import Answer, Task
from bench.workload import Gate, String, Workload

PACKAGES = ("pennylane", "pennylane-lightning")

_FIXED = {"x": qml.PauliX, "h": qml.Hadamard, "cx": qml.CNOT}
_DRIVEN = {
    "rx": qml.RX,
    "ry": qml.RY,
    "rz": qml.RZ,
    "single_excitation": qml.SingleExcitation,
    "double_excitation": qml.DoubleExcitation,
}
Place = Callable[[object, object], None]


def prepare(workload: Workload, gradient: bool) -> Task:
    """Return the task: the QNode's energy or gradient, or the loss over a batch, looped."""
    energy = _energy(workload, gradient)
    weights = pnp.array(workload.weights, requires_grad=True)
    samples = pnp.array(workload.samples, requires_grad=False)
    labels = workload.labels

    def cost(weights):
        if not labels:
            return energy(weights, None)
        errors = (energy(weights, x) - y for x, y in zip(samples, labels, strict=True))
        return sum(error**2 for error in errors) / len(labels)

    if not gradient:
        return Task(lambda: cost(weights), lambda value: Answer(float(value)))
    differentiate = qml.grad(cost)
    return Task(
        lambda: differentiate(weights),
        lambda found: Answer(float(differentiate.forward), np.asarray(found)),
    )


def at_points(workload: Workload) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Return a function from weights to the energy and its gradient."""
    energy = _energy(workload, True)
    differentiate = qml.grad(lambda weights: energy(weights, None))

    def answer(point: np.ndarray) -> tuple[float, np.ndarray]:
        gradient = differentiate(pnp.array(point, requires_grad=True))
        return float(differentiate.forward), np.asarray(gradient)

    return answer


def _energy(workload: Workload, gradient: bool) -> Callable[..., object]:
    """Return the QNode of weights and a sample."""
    device = qml.device("lightning.qubit", wires=workload.num_qubits)
    observable = _observable(workload)
    places = [place for gate in workload.gates for place in _places(gate)]

    @qml.qnode(device, diff_method="adjoint" if gradient else None)
    def energy(weights, sample):
        for place in places:
            place(weights, sample)
        return qml.expval(observable)

    return energy


def _places(gate: Gate) -> Iterator[Place]:
    """Yield what queues the gate; ``w`` are the weights, ``x`` a sample."""
    wires = list(gate.qubits)
    if gate.name == "evolution":
        for string in gate.strings:
            yield _rotation(string, gate.weight, gate.scale)
    elif gate.weight is not None:
        kind, k, scale = _DRIVEN[gate.name], gate.weight, gate.scale
        if scale == 1:
            yield lambda w, x: kind(w[k], wires=wires)
        else:
            yield lambda w, x: kind(scale * w[k], wires=wires)
    elif gate.feature is not None:
        kind, j, scale = _DRIVEN[gate.name], gate.feature, gate.scale
        if scale == 1:
            yield lambda w, x: kind(x[j], wires=wires)
        else:
            yield lambda w, x: kind(scale * x[j], wires=wires)
    else:
        fixed = _FIXED[gate.name]
        yield lambda w, x: fixed(wires=wires)


def _rotation(string: String, k: int, scale: float) -> Place:
    slope, wires, letters = 2 * string.coefficient * scale, list(string.qubits), string.letters
    if letters == "ZZ":
        return lambda w, x: qml.IsingZZ(slope * w[k], wires=wires)
    return lambda w, x: qml.PauliRot(slope * w[k], letters, wires=wires)


def _observable(workload: Workload):
    coefficients = [string.coefficient for string in workload.observable]
    return qml.Hamiltonian(coefficients, [_word(string) for string in workload.observable])


def _word(string: String):
    factors = [
        getattr(qml, f"Pauli{letter}")(qubit)
        for letter, qubit in zip(string.letters, string.qubits, strict=True)
    ]
    if not factors:
        return qml.Identity(0)
    return factors[0] if len(factors) == 1 else qml.prod(*factors)

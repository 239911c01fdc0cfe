"""Hardware-efficient ansatz (RY, RZ, a CX chain) on the transverse-field Ising chain."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.workload import Gate, String, Workload

COUPLING, FIELD = 1.0, 0.7


def hardware_efficient(num_qubits: int, layers: int) -> Workload:
    """Return the ansatz with ``2 n (L + 1)`` weights; J = 1, h = 0.7, open chain."""
    num_weights = 2 * num_qubits * (layers + 1)
    weights = np.random.default_rng(0).uniform(-np.pi, np.pi, num_weights)
    return Workload(
        name=f"HEA n={num_qubits}, L={layers}",
        num_qubits=num_qubits,
        gates=tuple(_gates(num_qubits, layers)),
        observable=tuple(_ising_chain(num_qubits)),
        weights=tuple(weights.tolist()),
    )


def _gates(num_qubits: int, layers: int) -> Iterator[Gate]:
    weight = 0
    for layer in range(layers + 1):
        for name in ("ry", "rz"):
            for qubit in range(num_qubits):
                yield Gate(name, (qubit,), weight=weight)
                weight += 1
        if layer < layers:
            for qubit in range(num_qubits - 1):
                yield Gate("cx", (qubit, qubit + 1))


def _ising_chain(num_qubits: int) -> Iterator[String]:
    for qubit in range(num_qubits - 1):
        yield String(-COUPLING, "ZZ", (qubit, qubit + 1))
    for qubit in range(num_qubits):
        yield String(-FIELD, "X", (qubit,))

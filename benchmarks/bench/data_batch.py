"""Quantum machine learning: a data re-uploading classifier, loss and gradient over a batch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.workload import Gate, String, Workload


def data_batch(num_qubits: int, layers: int, batch: int) -> Workload:
    """Return L layers of RX(feature), RY, RZ, CX chain; the mean of Z against labels of +-1."""
    random = np.random.default_rng(0)
    samples = random.uniform(-1, 1, (batch, num_qubits))
    labels = random.choice([-1.0, 1.0], batch)
    weights = random.uniform(-np.pi, np.pi, 2 * layers * num_qubits)
    return Workload(
        name=f"QML n={num_qubits}, L={layers}, B={batch}",
        num_qubits=num_qubits,
        gates=tuple(_gates(num_qubits, layers)),
        observable=tuple(String(1 / num_qubits, "Z", (q,)) for q in range(num_qubits)),
        weights=tuple(weights.tolist()),
        samples=tuple(tuple(sample) for sample in samples.tolist()),
        labels=tuple(labels.tolist()),
    )


def _gates(num_qubits: int, layers: int) -> Iterator[Gate]:
    weight = 0
    for _ in range(layers):
        for qubit in range(num_qubits):
            yield Gate("rx", (qubit,), feature=qubit)
        for qubit in range(num_qubits):
            for name in ("ry", "rz"):
                yield Gate(name, (qubit,), weight=weight)
                weight += 1
        for qubit in range(num_qubits - 1):
            yield Gate("cx", (qubit, qubit + 1))

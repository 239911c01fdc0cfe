"""Workloads by dense matrices alone: slow, obvious, and sharing nothing with any engine."""

from __future__ import annotations

from functools import reduce

import numpy as np
import scipy.linalg
from bench.workload import Gate, String, Workload

ID, X, Y, Z = (
    np.array(m, dtype=complex)
    for m in ([[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]])
)
H = (X + Z) / np.sqrt(2)
ONE, ZERO = (ID - Z) / 2, (ID + Z) / 2
LETTERS = {"X": X, "Y": Y, "Z": Z}


def product(factors: dict[int, np.ndarray], width: int) -> np.ndarray:
    """Return the Kronecker product; qubit 0 is the last factor."""
    return reduce(np.kron, (factors.get(q, ID) for q in reversed(range(width))))


def operator(strings: tuple[String, ...], width: int) -> np.ndarray:
    """Return a sum of Pauli strings."""
    total = np.zeros((2**width, 2**width), dtype=complex)
    for string in strings:
        factors = dict(zip(string.qubits, (LETTERS[p] for p in string.letters), strict=True))
        total += string.coefficient * product(factors, width)
    return total


def generator(gate: Gate, width: int) -> np.ndarray:
    """Return G of a driven gate exp(-i angle G)."""
    if gate.name == "evolution":
        return operator(gate.strings, width)
    return product({gate.qubits[0]: LETTERS[gate.name[1].upper()] / 2}, width)


def fixed(gate: Gate, width: int) -> np.ndarray:
    """Return the matrix of a gate without an angle."""
    if gate.name == "cx":
        control, target = gate.qubits
        return product({control: ZERO}, width) + product({control: ONE, target: X}, width)
    return product({gate.qubits[0]: {"x": X, "h": H}[gate.name]}, width)


def energy_and_gradient(workload: Workload, sample: tuple[float, ...]) -> tuple[float, np.ndarray]:
    """Return <O> and its gradient by the weights, carrying every derivative of the state along."""
    width = workload.num_qubits
    state = np.zeros(2**width, dtype=complex)
    state[0] = 1
    tangents = np.zeros((len(workload.weights), 2**width), dtype=complex)
    for gate in workload.gates:
        driver = sample[gate.feature] if gate.feature is not None else None
        if gate.weight is not None:
            driver = workload.weights[gate.weight]
        if driver is None:
            matrix = fixed(gate, width)
            state, tangents = matrix @ state, tangents @ matrix.T
            continue
        step = generator(gate, width)
        matrix = scipy.linalg.expm(-1j * gate.scale * driver * step)
        state, tangents = matrix @ state, tangents @ matrix.T
        if gate.weight is not None:
            tangents[gate.weight] += -1j * gate.scale * (step @ state)
    image = operator(workload.observable, width) @ state
    return np.vdot(state, image).real, 2 * (tangents.conj() @ image).real


def value_and_gradient(workload: Workload) -> tuple[float, np.ndarray]:
    """Return the workload's value (energy or mean squared loss) and gradient by the weights."""
    if not workload.samples:
        return energy_and_gradient(workload, ())
    loss, gradient = 0.0, np.zeros(len(workload.weights))
    for sample, label in zip(workload.samples, workload.labels, strict=True):
        energy, slope = energy_and_gradient(workload, sample)
        loss += (energy - label) ** 2 / len(workload.labels)
        gradient += 2 * (energy - label) * slope / len(workload.labels)
    return loss, gradient

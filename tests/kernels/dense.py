"""Reference semantics of programs by dense matrices; imports nothing from the package."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import expm

PAULI = {
    (0, 0): np.eye(2),
    (1, 0): np.array([[0, 1], [1, 0]]),
    (0, 1): np.array([[1, 0], [0, -1]]),
    (1, 1): np.array([[0, -1j], [1j, 0]]),
}


@dataclass
class Matrix:
    """A one- or two-qubit matrix; targets[0] is the low bit of its index."""

    targets: list[int]
    matrix: np.ndarray
    control_mask: int = 0
    control_value: int = 0


@dataclass
class Evolution:
    """exp(-i angle sum_j coefficients[j] P(x_mask, z_masks[j])) where the controls hold."""

    x_mask: int
    z_masks: list[int]
    coefficients: list[float]
    slot: int
    control_mask: int = 0
    control_value: int = 0


@dataclass
class Circuit:
    """Operations on num_qubits qubits with num_slots angles."""

    num_qubits: int
    num_slots: int
    operations: list[Matrix | Evolution] = field(default_factory=list)


@dataclass
class Terms:
    """A Pauli sum: masks and coefficients, term by term."""

    x: list[int]
    z: list[int]
    coefficients: list[float]


@functools.lru_cache(maxsize=4096)
def pauli(num_qubits: int, x: int, z: int) -> np.ndarray:
    """Return the string as a matrix, qubit 0 the last factor of the Kronecker product."""
    out = np.eye(1)
    for q in range(num_qubits):
        out = np.kron(PAULI[x >> q & 1, z >> q & 1], out)
    return out


def hamiltonian(num_qubits: int, terms: Terms) -> np.ndarray:
    """Return the Pauli sum as a matrix."""
    out = np.zeros((2**num_qubits,) * 2, complex)
    for x, z, c in zip(terms.x, terms.z, terms.coefficients, strict=True):
        out += c * pauli(num_qubits, x, z)
    return out


def controlled(num_qubits: int, mask: int, value: int, inner: np.ndarray) -> np.ndarray:
    """Return inner where the control bits match, the identity elsewhere."""
    holds = (np.arange(2**num_qubits) & mask) == value
    out = np.eye(2**num_qubits, dtype=complex)
    out[holds] = inner[holds]
    return out


def embedded(num_qubits: int, targets: list[int], matrix: np.ndarray) -> np.ndarray:
    """Return the small matrix acting on the targets."""
    out = np.zeros((2**num_qubits,) * 2, complex)
    for b in range(2**num_qubits):
        column = sum((b >> q & 1) << k for k, q in enumerate(targets))
        rest = b & ~sum(1 << q for q in targets)
        for row in range(len(matrix)):
            out[rest | sum((row >> k & 1) << q for k, q in enumerate(targets)), b] = matrix[
                row, column
            ]
    return out


def unitary(num_qubits: int, op: Matrix | Evolution, angles: np.ndarray) -> np.ndarray:
    """Return the operation as a matrix."""
    if isinstance(op, Matrix):
        inner = embedded(num_qubits, op.targets, op.matrix)
    else:
        terms = Terms([op.x_mask] * len(op.z_masks), op.z_masks, op.coefficients)
        inner = expm(-1j * angles[op.slot] * hamiltonian(num_qubits, terms))
    return controlled(num_qubits, op.control_mask, op.control_value, inner)


def state(circuit: Circuit, angles: np.ndarray) -> np.ndarray:
    """Return the circuit's state from |0...0>."""
    psi = np.zeros(2**circuit.num_qubits, complex)
    psi[0] = 1
    for op in circuit.operations:
        psi = unitary(circuit.num_qubits, op, angles) @ psi
    return psi


def value_and_gradient(
    circuit: Circuit, terms: Terms, angles: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return <H> and d<H>/d angle, the latter by the product rule, operation by operation."""
    n = circuit.num_qubits
    unitaries = [unitary(n, op, angles) for op in circuit.operations]
    before = [np.eye(2**n, 1, dtype=complex)[:, 0]]
    for u in unitaries:
        before.append(u @ before[-1])
    image = hamiltonian(n, terms) @ before[-1]
    value = float(np.vdot(before[-1], image).real)
    slopes = np.zeros(circuit.num_slots)
    for k in reversed(range(len(unitaries))):
        op = circuit.operations[k]
        if isinstance(op, Evolution):
            strings = Terms([op.x_mask] * len(op.z_masks), op.z_masks, op.coefficients)
            holds = (np.arange(2**n) & op.control_mask) == op.control_value
            derivative = np.where(holds, -1j * (hamiltonian(n, strings) @ before[k + 1]), 0)
            slopes[op.slot] += 2 * np.vdot(image, derivative).real
        image = unitaries[k].conj().T @ image
    return value, slopes

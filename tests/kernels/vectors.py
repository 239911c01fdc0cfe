"""Reference state vectors of wider programs: each operation by index arithmetic."""

from __future__ import annotations

import numpy as np

from .dense import Circuit, Evolution, Matrix, Terms


def apply_string(psi: np.ndarray, x: int, z: int) -> np.ndarray:
    """Return the Pauli string i^|x & z| X^x Z^z on psi."""
    index = np.arange(len(psi))
    signs = (-1.0) ** np.bitwise_count(index & z)
    out = np.empty_like(psi)
    out[index ^ x] = 1j ** ((x & z).bit_count() % 4) * signs * psi
    return out


def apply_sum(psi: np.ndarray, terms: Terms) -> np.ndarray:
    """Return the Pauli sum on psi."""
    out = np.zeros_like(psi)
    for x, z, c in zip(terms.x, terms.z, terms.coefficients, strict=True):
        out += c * apply_string(psi, x, z)
    return out


def apply(op: Matrix | Evolution, angles: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """Return the operation on psi; commuting strings evolve one after another."""
    if isinstance(op, Matrix):
        inner = _apply_matrix(op, psi)
    else:
        inner = psi
        for z, c in zip(op.z_masks, op.coefficients, strict=True):
            angle = angles[op.slot] * c
            rotated = np.sin(angle) * apply_string(inner, op.x_mask, z)
            inner = np.cos(angle) * inner - 1j * rotated
    return np.where(_holds(op, len(psi)), inner, psi)


def inverse(op: Matrix | Evolution, angles: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """Return the inverse of the operation on psi."""
    if isinstance(op, Evolution):
        return apply(op, -angles, psi)
    adjoint = np.asarray(op.matrix).conj().T
    return apply(Matrix(op.targets, adjoint, op.control_mask, op.control_value), angles, psi)


def state(circuit: Circuit, angles: np.ndarray) -> np.ndarray:
    """Return the circuit's state from |0...0>."""
    psi = np.zeros(2**circuit.num_qubits, complex)
    psi[0] = 1
    for op in circuit.operations:
        psi = apply(op, angles, psi)
    return psi


def value_and_gradient(
    circuit: Circuit, terms: Terms, angles: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return <H> and d<H>/d angle, operation by operation, from the last to the first."""
    psi = state(circuit, angles)
    image = apply_sum(psi, terms)
    value = float(np.vdot(psi, image).real)
    slopes = np.zeros(circuit.num_slots)
    for op in reversed(circuit.operations):
        if isinstance(op, Evolution):
            strings = Terms([op.x_mask] * len(op.z_masks), op.z_masks, op.coefficients)
            moved = np.where(_holds(op, len(psi)), -1j * apply_sum(psi, strings), 0)
            slopes[op.slot] += 2 * np.vdot(image, moved).real
        psi, image = inverse(op, angles, psi), inverse(op, angles, image)
    return value, slopes


def _holds(op: Matrix | Evolution, size: int) -> np.ndarray:
    return (np.arange(size) & op.control_mask) == op.control_value


def _apply_matrix(op: Matrix, psi: np.ndarray) -> np.ndarray:
    index = np.arange(len(psi))
    column = sum((index >> q & 1) << k for k, q in enumerate(op.targets))
    rest = index & ~sum(1 << q for q in op.targets)
    out = np.zeros_like(psi)
    for row in range(len(op.matrix)):
        target = rest | sum((row >> k & 1) << q for k, q in enumerate(op.targets))
        np.add.at(out, target, np.asarray(op.matrix)[row, column] * psi)
    return out


def derivatives(circuit: Circuit, angles: np.ndarray) -> np.ndarray:
    """Return d state / d angle, shape (slots, 2**n), by the product rule."""
    size = 2**circuit.num_qubits
    out = np.zeros((circuit.num_slots, size), complex)
    for place, op in enumerate(circuit.operations):
        if isinstance(op, Matrix):
            continue
        before = Circuit(circuit.num_qubits, circuit.num_slots, circuit.operations[: place + 1])
        strings = Terms([op.x_mask] * len(op.z_masks), op.z_masks, op.coefficients)
        psi = np.where(_holds(op, size), -1j * apply_sum(state(before, angles), strings), 0)
        for later in circuit.operations[place + 1 :]:
            psi = apply(later, angles, psi)
        out[op.slot] += psi
    return out

"""Slow and obvious: what circuits and observables mean, by dense linear algebra of Qiskit alone.

Nothing of the package under test is imported here.
"""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Operator, SparsePauliOp


def value(circuit: QuantumCircuit, observable: SparsePauliOp, point: np.ndarray) -> float:
    """Return the expectation value at one parameter point."""
    state = state_of(circuit, point)
    return float(np.real(state.conj() @ observable.to_matrix() @ state))


def gradient(
    circuit: QuantumCircuit, observable: SparsePauliOp, point: np.ndarray, step: float = 1e-4
) -> np.ndarray:
    """Return the gradient by fourth-order central differences; error about 1e-11."""
    point = np.asarray(point, dtype=float)
    slopes = np.zeros(len(point))
    for k in range(len(point)):
        unit = np.eye(len(point))[k] * step
        near = value(circuit, observable, point + unit) - value(circuit, observable, point - unit)
        far = value(circuit, observable, point + 2 * unit) - value(
            circuit, observable, point - 2 * unit
        )
        slopes[k] = (8 * near - far) / (12 * step)
    return slopes


def state_of(circuit: QuantumCircuit, point: np.ndarray) -> np.ndarray:
    """Return the state that the circuit makes of |0...0>, shape (2**n,)."""
    return unitary(circuit, point)[:, 0]


def unitary(circuit: QuantumCircuit, point: np.ndarray) -> np.ndarray:
    """Return the matrix of a circuit at a parameter point, shape (2**n, 2**n)."""
    # Taken apart first, because Qiskit does not bind what hides in definitions of controlled gates.
    simple = transpile(circuit, basis_gates=["u", "cx", "rz", "p"], optimization_level=0)
    bound = simple.assign_parameters(dict(zip(circuit.parameters, point, strict=True)))
    return np.asarray(Operator(bound).data)

"""Small circuits for the tests of this room."""

from __future__ import annotations

from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp


def circuit(width: int = 3) -> QuantumCircuit:
    """Return a circuit with features x and weights w; one weight multiplies a feature."""
    x, w = ParameterVector("x", width), ParameterVector("w", 2 * width)
    made = QuantumCircuit(width)
    for qubit in range(width):
        made.ry(x[qubit], qubit)
    for qubit in range(width):
        made.rz(w[qubit], qubit)
        made.rx(w[width + qubit] * x[qubit], qubit)
    for qubit in range(width - 1):
        made.cx(qubit, qubit + 1)
    return made


def features(width: int = 3) -> list[str]:
    """Return the names of the features."""
    return [f"x[{k}]" for k in range(width)]


def observables(width: int = 3) -> list[SparsePauliOp]:
    """Return two observables."""
    return [SparsePauliOp("Z" * width), SparsePauliOp(["X" * width, "I" * width], [0.5, 0.25])]

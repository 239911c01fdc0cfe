"""Validated matrices and arguments of fixed gates."""

from __future__ import annotations

import numpy as np
from qiskit.circuit import Gate, Operation, ParameterExpression

from hybrid.core.arrays import ComplexArray
from hybrid.core.errors import InputError
from hybrid.programs.gates import is_standard
from hybrid.programs.refusals import is_driven, is_failure, not_understood, raised

_SCALE = "scale it, or take the nearest unitary (scipy.linalg.polar)"
ROUNDING = 1e-7
"""Tolerance for the unitarity of user-defined matrices; similar to Qiskit's."""


def matrix_of(operation: Operation) -> ComplexArray | None:
    """Return the matrix of a fixed operation, complex128, or None if it defines none.

    Raises:
        InputError: the matrix cannot be computed, or is not unitary.
    """
    if is_driven(operation) or not has_matrix(operation):
        return None
    try:
        made = operation.to_matrix() if hasattr(operation, "to_matrix") else operation
        matrix = np.asarray(made, dtype=np.complex128)
    except BaseException as cause:
        if not is_failure(cause):
            raise
        raise raised(operation, "matrix", cause) from cause
    size = 1 << operation.num_qubits
    if matrix.shape != (size, size):
        raise not_understood(
            operation, f"a matrix of shape {matrix.shape} for {operation.num_qubits} qubits"
        )
    if not np.all(np.isfinite(matrix)):
        raise not_understood(
            operation, "a matrix with NaN or infinity", "finite numbers", "check its parameters"
        )
    if not is_standard(operation) and not same(
        matrix.conj().T @ matrix, np.eye(size, dtype=np.complex128)
    ):
        raise not_understood(operation, "a matrix that is not unitary", "a unitary matrix", _SCALE)
    return matrix


def has_matrix(operation: Operation) -> bool:
    """Return whether an operation defines its own matrix."""
    if not isinstance(operation, Gate):
        return hasattr(operation, "to_matrix") or hasattr(operation, "__array__")
    return hasattr(operation, "__array__") or type(operation).to_matrix is not Gate.to_matrix


def same(one: ComplexArray, other: ComplexArray) -> bool:
    """Return whether two matrices are equal up to rounding, their global phase included."""
    return bool(np.max(np.abs(one - other)) < ROUNDING)


def check_numbers(operation: Operation) -> None:
    """Refuse a fixed operation with an argument that is NaN or infinite."""
    for parameter in getattr(operation, "params", ()):
        if isinstance(parameter, int | float | complex) and not np.isfinite(parameter):
            number_of(parameter, operation)


def number_of(value: ParameterExpression | complex, operation: Operation) -> float:
    """Return an argument of a gate that has no free parameters.

    Raises:
        InputError: it is complex, NaN or infinite.
    """
    number = value.numeric() if isinstance(value, ParameterExpression) else value
    if not np.isfinite(number) or np.imag(number) != 0:
        raise InputError(
            f"argument of gate '{operation.name}'",
            got=str(number),
            expected="a finite real number",
        )
    return float(np.real(number))

"""Validate the coefficients of an operator's strings: finite, and real if it is Hermitian."""

from __future__ import annotations

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.errors import InputError

_ROUNDING = 1e-12
"""Imaginary parts up to this fraction of the largest coefficient count as rounding errors."""


def with_real_coefficients(
    operator: SparsePauliOp, what: str, *, free: str, imaginary: str
) -> SparsePauliOp:
    """Validate an operator; return it with numeric coefficients.

    Imaginary parts are checked after equal strings are merged, relative to the largest coefficient.
    Those within rounding are kept; the caller drops them.

    Args:
        operator: a sum of Pauli strings.
        what: name of the operator, for messages.
        free: advice if coefficients have free parameters.
        imaginary: advice if they are complex.

    Raises:
        InputError: a coefficient is not a number, not finite, or complex.

    Example:
        >>> cancels = SparsePauliOp(["X", "X", "Z"], [0.3j, -0.3j, 1.0])
        >>> with_real_coefficients(cancels, "observable", free="", imaginary="").size
        3
    """
    numbers = _numbers(operator, what, free)
    if not np.all(np.isfinite(numbers.coeffs)):
        raise InputError(
            what, got="NaN or infinite coefficients", expected="finite numbers as coefficients"
        )
    if np.any(numbers.coeffs.imag):
        merged = numbers.simplify(atol=0.0, rtol=0.0).coeffs
        worst = int(np.argmax(np.abs(merged.imag)))
        if abs(merged[worst].imag) > _ROUNDING * np.abs(numbers.coeffs).max():
            raise InputError(
                what,
                got=f"the complex coefficient {complex(merged[worst]):.6g}",
                expected="a Hermitian operator, with real coefficients",
                advice=imaginary,
            )
    return numbers


def _numbers(operator: SparsePauliOp, what: str, free: str) -> SparsePauliOp:
    """Return the operator with its coefficients converted to complex128."""
    if operator.coeffs.dtype != object:
        return operator
    unbound = sorted({str(p) for c in operator.coeffs for p in getattr(c, "parameters", ())})
    if unbound:
        raise InputError(
            what,
            got=f"coefficients with the free parameters {', '.join(unbound[:5])}",
            expected="numbers as coefficients",
            advice=free,
        )
    try:
        return SparsePauliOp(operator.paulis, np.array(operator.coeffs, dtype=np.complex128))
    except (TypeError, ValueError) as cause:
        kinds = sorted({type(c).__name__ for c in operator.coeffs})
        raise InputError(
            what, got=f"coefficients of type {', '.join(kinds)}", expected="numbers"
        ) from cause

"""Pauli strings as pairs of bit masks."""

from __future__ import annotations

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray, MaskArray


def masks_of(operator: SparsePauliOp) -> tuple[MaskArray, MaskArray, FloatArray]:
    """Return X masks, Z masks and real coefficients of an operator's strings, each shape (T,).

    Bit q of a mask is qubit q, and a string is ``i^|x & z| X^x Z^z`` (so Y has both bits).
    Imaginary parts of the coefficients are dropped; the caller has checked them.

    Example:
        >>> x, z, c = masks_of(SparsePauliOp(["XIY"], [2.0]))
        >>> int(x[0]), int(z[0]), float(c[0])
        (5, 1, 2.0)
    """
    return _packed(operator.paulis.x), _packed(operator.paulis.z), _real(operator)


def _packed(bits: np.ndarray) -> MaskArray:
    weights = np.uint64(1) << np.arange(bits.shape[1], dtype=np.uint64)
    return np.asarray(bits.astype(np.uint64) @ weights, dtype=np.uint64)


def _real(operator: SparsePauliOp) -> FloatArray:
    return np.ascontiguousarray(operator.coeffs.real, dtype=np.float64)

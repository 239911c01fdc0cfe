"""Observables checked and turned into the arrays that the kernels take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray, MaskArray
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.programs.masks import masks_of


@dataclass(frozen=True)
class Observable:
    """A Hermitian sum of Pauli strings, each ``c i^|x & z| X^x Z^z``.

    Attributes:
        num_qubits: width.
        x_masks: shape (T,), uint64; bit q is qubit q.
        z_masks: shape (T,), uint64.
        coefficients: shape (T,), float64.
        operator: the same as Qiskit's operator, strings merged.
    """

    num_qubits: int
    x_masks: MaskArray
    z_masks: MaskArray
    coefficients: FloatArray
    operator: SparsePauliOp

    @property
    def num_terms(self) -> int:
        """T, the number of different strings."""
        return len(self.coefficients)

    def content(self) -> str:
        """Return a hexadecimal digest of the operator."""
        return digest(self.num_qubits, self.x_masks, self.z_masks, self.coefficients)


def compile_observable(operator: SparsePauliOp, num_qubits: int) -> Observable:
    """Return the operator, equal strings merged, ready for a circuit of ``num_qubits``.

    Raises:
        InputError: not a SparsePauliOp, another width, complex or non-finite coefficients.
    """
    if not isinstance(operator, SparsePauliOp):
        raise InputError(
            "observable",
            got=type(operator).__name__,
            expected="a qiskit SparsePauliOp",
            advice="SparsePauliOp(...) takes labels, Paulis and Pauli lists",
        )
    if operator.num_qubits != num_qubits:
        raise InputError(
            "observable",
            got=f"an operator on {operator.num_qubits} qubits",
            expected=f"one on {num_qubits} qubits, as wide as the circuit",
        )
    if operator.coeffs.dtype == object:
        raise InputError(
            "observable",
            got="coefficients with free parameters",
            expected="numbers as coefficients",
            advice="bind them with assign_parameters",
        )
    if not np.all(np.isfinite(operator.coeffs)):
        raise InputError(
            "observable", got="NaN or infinite coefficients", expected="finite numbers"
        )
    if np.any(np.abs(operator.coeffs.imag) > 1e-10):
        raise InputError(
            "observable",
            got="complex coefficients",
            expected="a Hermitian operator with real coefficients",
            advice="measure its Hermitian and anti-Hermitian parts apart",
        )
    merged = operator.simplify(atol=0.0, rtol=0.0)
    return Observable(num_qubits, *masks_of(merged), merged)

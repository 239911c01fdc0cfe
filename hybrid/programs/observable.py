"""Validate observables and compile them into arrays for the kernels."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike

import numpy as np
from qiskit.quantum_info import Operator, Pauli, PauliList, SparsePauliOp

from hybrid.core.arrays import FloatArray, MaskArray
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.programs.coefficients import with_real_coefficients
from hybrid.programs.masks import masks_of


@dataclass(frozen=True)
class Observable:
    """A Hermitian sum of Pauli strings, each ``c i^|x & z| X^x Z^z``.

    Attributes:
        num_qubits: width.
        x_masks: shape (T,), uint64; bit q is qubit q.
        z_masks: shape (T,), uint64.
        coefficients: shape (T,), float64.
        operator: the same as a Qiskit operator, with equal strings merged.
    """

    num_qubits: int
    x_masks: MaskArray
    z_masks: MaskArray
    coefficients: FloatArray
    operator: SparsePauliOp

    @property
    def num_terms(self) -> int:
        """T, the number of distinct strings."""
        return len(self.coefficients)

    def content(self) -> str:
        """Return a hexadecimal digest of the operator."""
        return digest(self.num_qubits, self.x_masks, self.z_masks, self.coefficients)


def compile_observable(operator: SparsePauliOp, num_qubits: int) -> Observable:
    """Compile an operator for a circuit of ``num_qubits`` qubits; merges equal strings.

    Raises:
        InputError: not a SparsePauliOp, another width, complex or non-finite coefficients.
    """
    if not isinstance(operator, SparsePauliOp):
        raise InputError(
            "observable",
            got=_kind(operator),
            expected="a sum of Pauli strings, such as qiskit's SparsePauliOp",
            advice=_conversion(operator),
        )
    if operator.num_qubits != num_qubits:
        raise InputError(
            "observable",
            got=f"an operator on {operator.num_qubits} qubits",
            expected=f"one on {num_qubits} qubits, like the circuit",
        )
    checked = with_real_coefficients(
        operator,
        "observable",
        free="bind them with assign_parameters",
        imaginary="measure its Hermitian and anti-Hermitian parts separately",
    )
    merged = checked.simplify(atol=0.0, rtol=0.0)
    if np.any(merged.coeffs.imag):  # from rounding
        merged = SparsePauliOp(merged.paulis, merged.coeffs.real.astype(np.complex128))
    return Observable(num_qubits, *masks_of(merged), merged)


def _kind(operator: object) -> str:
    if isinstance(operator, list | tuple) and operator:
        return f"a {type(operator).__name__} of {type(operator[0]).__name__}"
    return type(operator).__name__


def _conversion(operator: object) -> str:
    """Return advice on how to convert an object to SparsePauliOp."""
    if isinstance(operator, Operator):
        return "SparsePauliOp.from_operator(operator) converts it"
    if isinstance(operator, str | PathLike) and set(str(operator)) - set("IXYZ"):
        return "hybrid.problems.read_observable(path) reads a file"
    if isinstance(operator, Pauli | PauliList | str):
        return "SparsePauliOp(operator) converts it"
    if isinstance(operator, np.ndarray):
        return "SparsePauliOp.from_operator(Operator(matrix)) converts a matrix"
    if isinstance(operator, list | tuple):
        return "add them up, SparsePauliOp.sum(operators), or make one call for each"
    if type(operator).__module__.startswith("qiskit_nature."):
        return "a mapper of qiskit-nature converts it: JordanWignerMapper().map(operator)"
    return "SparsePauliOp(labels, coefficients) makes one, such as SparsePauliOp(['ZZ'], [0.5])"

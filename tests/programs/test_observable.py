"""Observables are validated after merging; other objects are refused with advice on conversion."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit import Parameter
from qiskit.quantum_info import Operator, Pauli, SparsePauliOp

from hybrid.core.errors import InputError
from hybrid.programs import compile_observable


def test_imaginary_parts_that_cancel() -> None:
    operator = SparsePauliOp(["X", "X", "Z"], [0.3j, -0.3j, 1.0])
    found = compile_observable(operator, 1)
    assert found.coefficients.tolist() == [1.0]
    assert found.operator == SparsePauliOp("Z")


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_imaginary_parts_count_relative_to_the_largest_coefficient(scale: float) -> None:
    rounded = SparsePauliOp(["X", "Z"], scale * np.array([1e-14j, 1.0]))
    assert compile_observable(rounded, 1).coefficients.tolist() == [0.0, scale]
    with pytest.raises(InputError, match="the complex coefficient"):
        compile_observable(SparsePauliOp(["X"], [scale * 9e-11j]), 1)
    with pytest.raises(InputError, match="the complex coefficient"):
        compile_observable(SparsePauliOp(["X", "Z"], scale * np.array([1e-6j, 1.0])), 1)


def test_numbers_kept_as_objects() -> None:
    operator = SparsePauliOp(["X", "Z"], np.array([0.5, 2], dtype=object))
    assert compile_observable(operator, 1).coefficients.tolist() == [0.5, 2.0]
    free = SparsePauliOp(["X"], np.array([Parameter("strength")], dtype=object))
    with pytest.raises(InputError, match=r"the free parameters strength.*assign_parameters"):
        compile_observable(free, 1)


def test_the_zero_operator() -> None:
    found = compile_observable(SparsePauliOp(["X", "X"], [1.0, -1.0]), 1)
    assert found.coefficients.tolist() == [0.0]


@pytest.mark.parametrize(
    ("given", "convert"),
    [
        (Operator(np.eye(2)), SparsePauliOp.from_operator),
        (Pauli("Z"), SparsePauliOp),
        ("Z", SparsePauliOp),
        ([SparsePauliOp("Z"), SparsePauliOp("X")], SparsePauliOp.sum),
    ],
    ids=lambda given: type(given).__name__,
)
def test_the_advice_works(given: object, convert: object) -> None:
    name = "SparsePauliOp" if convert is SparsePauliOp else f"SparsePauliOp.{convert.__name__}"
    with pytest.raises(InputError, match=rf"{name}\("):
        compile_observable(given, 1)
    assert compile_observable(convert(given), 1).num_qubits == 1


def test_fermionic_operators_are_told_of_mappers() -> None:
    fermionic = pytest.importorskip("qiskit_nature.second_q.operators").FermionicOp
    with pytest.raises(InputError, match=r"JordanWignerMapper\(\)\.map\(operator\)"):
        compile_observable(fermionic({"+_0 -_0": 1.0}), 1)

"""Batched points against single state vectors, and invariance of their bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid import _kernels

from . import vectors
from .arrays import pauli_sum, program
from .dense import Circuit, Evolution, Terms
from .strategies import angles, circuits, terms


@settings(max_examples=150)
@given(st.data())
def test_batches_agree_with_state_vectors(data: st.DataObject) -> None:
    circuit = data.draw(circuits(max_qubits=9, max_operations=30))
    observable = data.draw(terms(circuit.num_qubits))
    points = angles(data.draw(st.integers(1, 19)), circuit.num_slots, data.draw(st.integers(0, 9)))
    values, gradients = program(circuit).evaluate(
        pauli_sum(circuit.num_qubits, observable), points, True, threads=2, shape="batched"
    )
    assert gradients is not None
    for k in {0, len(points) // 2, len(points) - 1}:
        value, gradient = vectors.value_and_gradient(circuit, observable, points[k])
        np.testing.assert_allclose(values[k], value, atol=1e-12)
        np.testing.assert_allclose(gradients[k], gradient, atol=1e-11)


@settings(max_examples=60)
@given(st.data())
def test_batched_and_blocked_agree(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=8, max_qubits=11, max_operations=40))
    observable = pauli_sum(circuit.num_qubits, data.draw(terms(circuit.num_qubits)))
    points = angles(9, circuit.num_slots, data.draw(st.integers(0, 9)))
    loaded = program(circuit)
    batched = loaded.evaluate(observable, points, True, shape="batched")
    blocked = loaded.evaluate(observable, points, True, shape="blocked")
    np.testing.assert_allclose(batched[0], blocked[0], atol=1e-12)
    np.testing.assert_allclose(batched[1], blocked[1], atol=1e-11)
    single = loaded.evaluate(observable, points, True, single=True, shape="batched")
    np.testing.assert_allclose(single[0], blocked[0], atol=2e-5)


@settings(max_examples=40)
@given(st.data())
def test_a_point_has_the_same_bits_in_any_company_and_on_any_thread(data: st.DataObject) -> None:
    circuit = data.draw(circuits(max_qubits=7, max_operations=30))
    observable = pauli_sum(circuit.num_qubits, data.draw(terms(circuit.num_qubits)))
    points = angles(21, circuit.num_slots, 3)
    loaded = program(circuit)
    values, gradients = loaded.evaluate(observable, points, True, threads=1)
    assert gradients is not None
    again = loaded.evaluate(observable, points[::-1].copy(), True, threads=3)
    assert values[::-1].tobytes() == again[0].tobytes()
    assert gradients[::-1].tobytes() == again[1].tobytes()
    alone = loaded.evaluate(observable, points[4:5].copy(), True)
    assert values[4:5].tobytes() == alone[0].tobytes()


def test_a_wide_program_is_not_batched() -> None:
    wide = program(Circuit(14, 1, [Evolution(1, [1], [0.5], 0)]))
    observable = pauli_sum(14, Terms([0], [1], [1.0]))
    with pytest.raises(ValueError, match="too wide"):
        wide.evaluate(observable, np.zeros((3, 1)), True, shape="batched")


def test_a_shape_that_does_not_exist() -> None:
    small = program(Circuit(2, 1, [Evolution(1, [1], [0.5], 0)]))
    observable = _kernels.PauliSum(
        2, np.array([0], np.uint64), np.array([1], np.uint64), np.array([1.0])
    )
    with pytest.raises(ValueError, match="expected auto, batched or blocked"):
        small.evaluate(observable, np.zeros((3, 1)), True, shape="sharded")  # type: ignore[call-overload]

"""The Fubini-Study metric against derivatives of state vectors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import vectors
from .arrays import program
from .dense import Circuit, Evolution, Matrix
from .strategies import angles, circuits


def metric_of(psi: np.ndarray, derivatives: np.ndarray) -> np.ndarray:
    along = derivatives.conj() @ psi
    return (derivatives.conj() @ derivatives.T - np.outer(along, along.conj())).real


@settings(max_examples=200)
@given(st.data())
def test_metric_is_that_of_the_state_vectors(data: st.DataObject) -> None:
    circuit = data.draw(circuits(max_qubits=8, max_operations=20))
    point = angles(1, circuit.num_slots, data.draw(st.integers(0, 9)))[0]
    rows = data.draw(st.integers(1, 6))
    found = program(circuit, block_rows=rows).metric(point, threads=2)
    expected = metric_of(vectors.state(circuit, point), vectors.derivatives(circuit, point))
    np.testing.assert_allclose(found, expected, atol=1e-11)
    assert np.array_equal(found, found.T)


@pytest.mark.parametrize("num_qubits", [1, 4])
def test_a_global_phase_does_not_count(num_qubits: int) -> None:
    turn = Matrix([0], np.array([[0.8, -0.6], [0.6, 0.8]]))
    circuit = Circuit(num_qubits, 1, [turn, Evolution(0, [0, 1], [0.7, 0.5], 0)])
    found = program(circuit).metric(np.array([0.3]))
    z = 0.8**2 - 0.6**2
    np.testing.assert_allclose(found, [[0.25 * (1 - z**2)]], atol=1e-14)


@settings(max_examples=20)
@given(st.data())
def test_metric_has_the_same_bits_for_any_number_of_threads(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=4, max_qubits=8, max_operations=30))
    point = angles(1, circuit.num_slots, 1)[0]
    loaded = program(circuit, block_rows=2)
    one, three = loaded.metric(point, threads=1), loaded.metric(point, threads=3)
    assert one.tobytes() == three.tobytes()

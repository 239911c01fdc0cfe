"""The Fubini-Study metric against derivatives of state vectors."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from . import vectors
from .arrays import program
from .strategies import angles, circuits


def metric_of(psi: np.ndarray, derivatives: np.ndarray) -> np.ndarray:
    along = derivatives.conj() @ psi
    return (derivatives.conj() @ derivatives.T - np.outer(along, along.conj())).real


@settings(max_examples=80)
@given(st.data())
def test_metric_is_that_of_the_state_vectors(data: st.DataObject) -> None:
    circuit = data.draw(circuits(max_qubits=8, max_operations=20))
    point = angles(1, circuit.num_slots, data.draw(st.integers(0, 9)))[0]
    rows = data.draw(st.integers(1, 6))
    found = program(circuit, block_rows=rows).metric(point, threads=2)
    expected = metric_of(vectors.state(circuit, point), vectors.derivatives(circuit, point))
    np.testing.assert_allclose(found, expected, atol=1e-11)
    assert np.array_equal(found, found.T)


@settings(max_examples=20)
@given(st.data())
def test_metric_has_the_same_bits_for_any_number_of_threads(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=4, max_qubits=8, max_operations=30))
    point = angles(1, circuit.num_slots, 1)[0]
    loaded = program(circuit, block_rows=2)
    one, three = loaded.metric(point, threads=1), loaded.metric(point, threads=3)
    assert one.tobytes() == three.tobytes()

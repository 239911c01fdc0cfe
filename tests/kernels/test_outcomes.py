"""Probabilities of some of the qubits, and states as NumPy arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import vectors
from .arrays import program
from .dense import Circuit
from .strategies import angles, circuits


@settings(max_examples=80)
@given(st.data())
def test_marginals_add_up_the_squares_of_amplitudes(data: st.DataObject) -> None:
    circuit = data.draw(circuits(max_qubits=10, max_operations=20))
    point = angles(1, circuit.num_slots, data.draw(st.integers(0, 9)))[0]
    qubits = data.draw(st.integers(0, 2**circuit.num_qubits - 1))
    loaded = program(circuit)
    found = loaded.probabilities(point, qubits, threads=2)
    picked = [q for q in range(circuit.num_qubits) if qubits >> q & 1]
    expected = np.zeros(2 ** len(picked))
    weights = np.abs(vectors.state(circuit, point)) ** 2
    outcome = np.zeros(len(weights), int)
    for k, q in enumerate(picked):
        outcome |= (np.arange(len(weights)) >> q & 1) << k
    np.add.at(expected, outcome, weights)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert found.tobytes() == loaded.probabilities(point, qubits, threads=3).tobytes()


def test_a_qubit_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="beyond the program's 2 qubits"):
        program(Circuit(2, 0, [])).probabilities(np.zeros(0), 4)


def test_a_state_is_handed_out_without_a_copy() -> None:
    state = program(Circuit(20, 0, [])).state(np.zeros(0))
    assert state.dtype == np.complex128
    assert not state.flags.owndata  # the memory is the kernels', freed with the array
    assert state.flags.writeable
    assert state[0] == 1
    assert not state[1:].any()

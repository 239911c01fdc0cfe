"""Too many shots for the scheduler are refused before anything runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError, PieceError

PLUS = QuantumCircuit(1)
PLUS.h(0)


@pytest.mark.parametrize(("shots", "points"), [(2**62, 1), (2**36 + 1, 1), (2**36, 2)])
def test_more_shots_than_can_be_planned(shots: int, points: int) -> None:
    with pytest.raises(InputError, match=r"shots: got .* expected at most"):
        hybrid.sample(PLUS, [[]] * points, shots)


def test_more_shots_than_can_be_planned_in_a_map() -> None:
    with pytest.raises(PieceError, match="expected at most 68,719,476,736"):
        hybrid.map(lambda item, simulator: simulator.sample(PLUS, [[]], 2**62), [0])


def test_shots_of_more_than_one_piece() -> None:
    counts = hybrid.sample(PLUS, [], 3 * 2**20, seed=1)
    assert isinstance(counts, dict)
    assert sum(counts.values()) == 3 * 2**20
    assert abs(counts["0"] - 1.5 * 2**20) < 5 * (0.75 * 2**20) ** 0.5


def test_a_circuit_without_parameters_needs_no_points() -> None:
    session = hybrid.Session(seed=1)
    x = SparsePauliOp("X")
    assert hybrid.sample(PLUS, shots=10, seed=1) == hybrid.sample(PLUS, [], 10, seed=1)
    assert sum(session.sample(PLUS, shots=10).values()) == 10
    np.testing.assert_allclose(session.expectation(PLUS, x), [1.0])
    np.testing.assert_allclose(session.estimate(PLUS, x).values, [1.0])
    np.testing.assert_allclose(hybrid.amplitudes(PLUS, states=[0]), [0.5**0.5])

    def inside(item: int, simulator: Any) -> list[float]:
        (counts,) = simulator.sample(PLUS, shots=10)
        return [float(simulator.expectation(PLUS, x)[0]), sum(counts.values())]

    np.testing.assert_allclose(hybrid.map(inside, [0]), [[1.0, 10.0]])


def test_shots_and_states_are_required() -> None:
    with pytest.raises(InputError, match="shots: got None, expected a positive integer"):
        hybrid.sample(PLUS)
    with pytest.raises(InputError, match="states: got NoneType, expected a list"):
        hybrid.amplitudes(PLUS)

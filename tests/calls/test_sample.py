"""Too many shots for the scheduler are refused before anything runs."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit

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

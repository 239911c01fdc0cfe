"""A short selection of random circuits; ``make fuzz`` takes many."""

from __future__ import annotations

import pytest

from tests.fuzz.circuits import compare
from tests.fuzz.draws import drawn


@pytest.mark.parametrize("start", range(0, 80, 20))
def test_native_values_slopes_and_states(start: int) -> None:
    outcomes = {seed: compare(drawn(seed)) for seed in range(start, start + 20)}
    wrong = {seed: why for seed, (outcome, why) in outcomes.items() if outcome != "same"}
    assert all(outcomes[seed][0] == "refused" for seed in wrong), wrong
    assert len(wrong) <= 4

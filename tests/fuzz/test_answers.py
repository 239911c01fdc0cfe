"""A short selection of random circuits and all that can be asked of them."""

from __future__ import annotations

import pytest

from tests.fuzz.answers import compare
from tests.fuzz.draws import drawn


@pytest.mark.parametrize("start", range(0, 12, 6))
def test_several_observables_inputs_overlaps_and_variances(start: int) -> None:
    outcomes = {seed: compare(drawn(seed)) for seed in range(start, start + 6)}
    wrong = {seed: why for seed, (outcome, why) in outcomes.items() if outcome != "same"}
    assert all(outcomes[seed][0] == "refused" for seed in wrong), wrong
    assert len(wrong) <= 2

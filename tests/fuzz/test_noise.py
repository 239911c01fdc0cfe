"""A short selection of the random noise models; ``make fuzz`` runs many more."""

from __future__ import annotations

import pytest

from tests.fuzz import noise


@pytest.mark.parametrize("first", range(0, 48, 8))
def test_random_noise_models(first: int) -> None:
    assert noise.run(8, first) == 0

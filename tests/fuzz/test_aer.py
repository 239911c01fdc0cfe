"""A short selection of the random circuits on Aer; ``make fuzz`` runs many more."""

from __future__ import annotations

import warnings

import pytest

from tests.fuzz import aer


@pytest.mark.parametrize("first", [0, 12])
def test_random_circuits_on_aer(first: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert aer.run(range(first, first + 12)) == 0

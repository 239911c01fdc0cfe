"""A short round of the fuzzer for what is compiled once."""

from __future__ import annotations

import pytest

from tests.fuzz.caches import compare


@pytest.mark.parametrize("seed", range(60))
def test_a_change_is_never_overlooked(seed: int) -> None:
    assert compare(seed)[0] in ("same", "refused")

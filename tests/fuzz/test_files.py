"""A selection of the random files; ``make fuzz`` takes many more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.files import KINDS, compare


@pytest.mark.parametrize("start", range(6))
def test_files_are_read_as_written_or_refused(tmp_path: Path, start: int) -> None:
    kinds = set()
    for seed in range(100 * start, 100 * start + 100):
        name, outcome, why = compare(seed, tmp_path)
        kinds.add(name)
        assert outcome in ("same", "refused"), f"{name} {seed}: {why}"
    assert kinds == set(KINDS)

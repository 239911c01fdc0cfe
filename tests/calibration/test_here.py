"""The machine of this host: from the file that is named, from the one that is kept, or measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from hybrid.calibration import here as module_of_here
from hybrid.calibration.calibrate import kind_of_host, quick
from hybrid.core.errors import InputError
from hybrid.machine import load, reference, save
from hybrid.machine.store import VARIABLE
from hybrid.runtime import usable_cores

MODULE = "hybrid.calibration.here"
here = module_of_here.__wrapped__  # anew each time
MACHINE = reference().model_copy(update={"speed": 3.0})


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the machine of this host would be kept; nothing is measured."""
    path = tmp_path / "kept.json"
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setitem(here.__globals__, "path_of", lambda kind: path)
    monkeypatch.setitem(here.__globals__, "quick", lambda given: MACHINE)
    return path


def test_a_named_file_comes_first(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = kept.with_name("named.json")
    save(MACHINE.model_copy(update={"speed": 5.0}), named)
    save(MACHINE.model_copy(update={"speed": 4.0}), kept)
    assert here().speed == 4.0
    monkeypatch.setenv(VARIABLE, str(named))
    assert here().speed == 5.0
    named.write_text("{}")
    with pytest.raises(InputError, match=r"named\.json"):
        here()


@pytest.mark.parametrize("content", [None, "", "{}", "[1]"])
def test_what_is_not_kept_or_damaged_is_measured_and_kept(kept: Path, content: str | None) -> None:
    if content is not None:
        kept.write_text(content)
    assert here() == MACHINE
    assert load(kept) == MACHINE


def test_a_quick_look_scales_the_reference() -> None:
    base = reference()
    found = quick(base)
    assert found.quick
    assert found.kind == kind_of_host()
    assert found.cores == len(usable_cores())
    assert found.rates == base.rates
    assert 0.01 < found.speed < 100.0
    assert found.contention >= 1.0

"""A short selection of the scripts that ``python -m tests.faults.scripts`` runs whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import scripts

pytestmark = pytest.mark.launches


@pytest.mark.parametrize(
    ("deed", "place"), [("exits well", "before the import"), ("waits", "after the import")]
)
def test_a_misdeed_ends_all_ranks_or_is_told(deed: str, place: str, tmp_path: Path) -> None:
    assert scripts.misdeed(deed, place, 2, 1, tmp_path) == ""


def test_children_of_a_rank_are_serial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = scripts.CHILDREN["forked"] + scripts.CHILDREN["a spawned pool"]
    monkeypatch.setitem(scripts.CHILDREN, "both", both)
    assert scripts.children("both", 2, tmp_path) == ""


@pytest.mark.parametrize("switch", ["", "off"])
def test_an_mpi_library_that_does_not_load_is_refused(switch: str, tmp_path: Path) -> None:
    settings = f"os.environ.update(MPI4PY_LIBMPI='/nowhere/libmpi.so', HYBRID_MPI='{switch}')"
    end = scripts.run(f"import os; {settings}; import hybrid", 2, 0, tmp_path)
    assert end.code == (0 if switch else 2)
    assert ("2 processes that cannot form one job" in end.err) == (not switch)


def test_threads_of_a_rank_that_call_at_once_are_refused(tmp_path: Path) -> None:
    script = scripts.START + scripts.IMPORT + scripts.THREADS
    end = scripts.run(script, 2, 0, tmp_path)
    assert end.code is not None, end.err
    assert "in thread 'Thread-" in end.err

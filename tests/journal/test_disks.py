"""Full disks and vanished or read-only files: one error, and what was committed stays."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes

import hybrid
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import JournalError
from hybrid.journal import Writer, open_journal
from hybrid.loop.result import Result
from tests.faults import small
from tests.journal.filled import WHO, fill


def test_a_vanished_journal_is_an_error_and_what_was_committed_is_safe(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    writer = Writer(path, WHO, {})
    writer.start(["host"], "native", "", {})
    writer.ask(0, Ask(np.zeros((1, 2))))
    writer.told(0, Told(np.zeros(1)), 0.0)
    writer.flush()
    path.rename(tmp_path / "moved.db")
    writer.ask(1, Ask(np.zeros((1, 2))))
    with pytest.raises(JournalError, match="vanished"):
        writer.close()
    assert not path.exists()
    with open_journal(tmp_path / "moved.db") as journal:
        assert len(journal) == 1


FULL = """
import resource, sys
from pathlib import Path
from tests.journal.grow import grow
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
grow(Path(sys.argv[1]))
"""


def test_a_full_disk_is_an_error_and_what_was_committed_is_safe(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    fill(path)
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(path)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert ended.returncode != 0
    assert "JournalError" in ended.stderr
    assert "full" in ended.stderr
    with open_journal(path) as journal:
        assert [answer.number for answer in journal] == list(range(len(journal)))
        assert len(journal) >= 20
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 60_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, capture_output=True)


def test_a_run_on_a_disk_that_fills_up_resumes_when_there_is_space(small_disk: Path) -> None:
    path = small_disk / "run.db"
    problem = hybrid.VQE(real_amplitudes(3, reps=60), small.CHAIN)

    def run(journal: Path | None) -> Result:
        return hybrid.minimize(problem, "Adam", seed=3, max_iterations=150, journal=journal)

    with pytest.raises(JournalError, match="disk is full"):
        run(path)
    with open_journal(path) as journal:
        kept = len(journal)
        assert [answer.number for answer in journal] == list(range(kept))
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    assert small.bits(run(path)) == small.bits(run(None))
    with open_journal(path) as journal:
        assert len(journal) > kept


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_read_only_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    fill(path)
    path.chmod(0o444)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534)
            try:
                Writer(path, WHO, {})
            except JournalError as error:
                code = 0 if "written" in str(error) else 2
            with open_journal(path) as journal:
                code = code or (0 if len(journal) == 20 else 3)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_disk_that_is_full_when_the_journal_is_made_leaves_no_file(small_disk: Path) -> None:
    path = small_disk / "run.db"
    others = small_disk / "others"
    for left in range(0, 80, 16):  # KiB: too little for the tables, then for what the run is
        others.write_bytes(bytes((256 - left) * 1024))
        with pytest.raises(JournalError, match="disk is full"):
            Writer(path, WHO, {})
        assert not path.exists()
    others.unlink()
    Writer(path, WHO, {}).close()
    with open_journal(path) as journal:
        assert journal.seed == 7

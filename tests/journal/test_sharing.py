"""Several processes and threads at one journal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from hybrid.core.ask import Ask, Told
from hybrid.core.errors import JournalError
from hybrid.journal import Journal, Writer
from tests.journal.filled import WHO


def test_a_journal_can_be_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        writer.start(["host"], "native", "", {})
        with Journal(path) as journal:
            assert len(journal) == 0
            writer.ask(0, Ask(np.zeros((1, 2))))
            writer.told(0, Told(np.zeros(1)), 0.0)
            writer.flush()
            assert len(journal) == 1


def test_children_of_a_fork_do_not_keep_the_journal_from_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    writer = Writer(path, WHO, {})
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    try:
        writer.close()
        Writer(path, WHO, {}).close()
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


LOCKED = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
try:
    other.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    print(error)
"""


def test_a_refused_second_run_leaves_the_locks_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        writer._connection.execute("BEGIN IMMEDIATE")  # as in the middle of a commit
        with pytest.raises(JournalError, match="another run is writing"):
            Writer(path, WHO, {})
        other = subprocess.run(
            [sys.executable, "-c", LOCKED, str(path)], capture_output=True, text=True, check=True
        )
        writer._connection.execute("ROLLBACK")
    assert "locked" in other.stdout


def test_a_report_that_comes_when_the_journal_has_been_closed_does_not_wait(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "run.db", WHO, {})
    writer.close()
    late = threading.Thread(target=writer.flush, daemon=True)
    late.start()
    late.join(20)
    assert not late.is_alive()

"""Journals behind links, and beside closed standard streams."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hybrid.core.errors import JournalError
from hybrid.journal import Writer, open_journal, peek
from tests.journal.filled import WHO, fill


def test_a_link_to_where_the_journal_is_to_be(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    link, target = tmp_path / "run.db", tmp_path / "scratch" / "real.db"
    link.symlink_to(target)
    assert peek(link) is None
    with pytest.raises(JournalError, match="a link to nothing"):
        open_journal(link)
    fill(link)
    assert target.is_file()
    with open_journal(link) as journal:
        assert len(journal) == 20


@pytest.mark.parametrize("target", ["missing/run.db", "run.db"])
def test_a_link_that_leads_nowhere(target: str, tmp_path: Path) -> None:
    link = tmp_path / "run.db"
    link.symlink_to(tmp_path / target)
    with pytest.raises(JournalError, match="cannot be written"):
        Writer(link, WHO, {})
    assert sorted(tmp_path.iterdir()) == [link]


def test_a_crash_is_undone_also_through_a_link(tmp_path: Path) -> None:
    link, target = tmp_path / "run.db", tmp_path / "real.db"
    link.symlink_to(target)
    crash = f"""
import os
from pathlib import Path
from tests.journal.filled import fill
from hybrid.journal.database import connect_to_write
fill(Path({str(link)!r}))
connection = connect_to_write(Path({str(link)!r}))
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("DELETE FROM tolds")
connection.execute("DELETE FROM asks")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", crash], check=True, cwd=Path(__file__).parents[2])
    assert target.with_name("real.db-journal").exists()
    with open_journal(link) as journal:
        assert len(list(journal)) == 20


def test_the_journal_is_never_a_standard_stream(tmp_path: Path) -> None:
    script = f"""
import os
from pathlib import Path
from tests.journal.filled import WHO
from hybrid.journal import Writer, open_journal
os.close(1)
with Writer(Path({str(tmp_path / "run.db")!r}), WHO, {{}}) as writer:
    writer.start(["host"], "native", "", {{}})
    try:
        os.write(1, b"what a library prints")
    except OSError:
        pass
with open_journal({str(tmp_path / "run.db")!r}) as journal:
    assert journal.seed == 7
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])

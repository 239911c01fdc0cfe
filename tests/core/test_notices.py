"""Notices on standard error never raise, and change nothing of how a process ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hybrid.core.notices import notify
from tests.docs.blocks import ROOT

SCRIPT = """
import sys
from hybrid.core.notices import notify
notify("a notice")
print("well")
sys.exit(75)
"""


def test_a_notice_is_a_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    notify("lost rank 3")
    assert capsys.readouterr() == ("", "lost rank 3\n")


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_where_standard_error_cannot_be_written(redirection: str, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    command = f"PYTHONPATH={ROOT} exec {sys.executable} {script} {redirection}"
    ended = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stdout) == (75, "well\n")

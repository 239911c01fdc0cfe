"""Output on terminals that are narrow, plain or of another encoding, and into pipes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.launch import environment_of_a_job
from tests.settings.run_files import ISING, changed, write

pytestmark = pytest.mark.launches

SLOW = changed(
    ISING,
    problem={"terms": [["ZZIIIIIIII", -1.0], ["IXIIIIIIIY", -0.5]]},
    ansatz={"kind": "hardware_efficient", "layers": 3, "circuit": "efficient_su2"},
    simulator={"name": "aer", "shots": 6000},
    optimizer={"name": "Adam", "max_iterations": 2},
)
"""A run whose evaluations take long enough to be shown."""


def on_a_terminal(columns: int, *command: str, **environment: str) -> str:
    """Return what a command shows on a terminal of so many columns."""
    controller, terminal = pty.openpty()
    kept = environment_of_a_job() | {"COLUMNS": str(columns), "TERM": "xterm"} | environment
    process = subprocess.Popen(
        [sys.executable, "-m", "hybrid", *command],
        stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, env=kept,
    )  # fmt: skip
    os.close(terminal)
    shown, end = b"", time.monotonic() + 120.0
    while time.monotonic() < end:
        try:
            part = os.read(controller, 1 << 16)
        except OSError:
            break
        if not part:
            break
        shown += part
    os.close(controller)
    assert process.wait(60) == 0
    return shown.decode()


def test_forty_columns_show_the_bar_the_time_and_the_numbers(tmp_path: Path) -> None:
    shown = on_a_terminal(40, "run", str(write(tmp_path, SLOW)))
    for part in ("━", " s ", "iteration", "cost", "|gradient|", "evaluating"):
        assert part in shown
    assert shown.count("\x1b[?25l") == shown.count("\x1b[?25h")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_a_plain_terminal(environment: dict[str, str], tmp_path: Path) -> None:
    shown = on_a_terminal(80, "run", str(write(tmp_path, SLOW)), **environment)
    assert "iteration" in shown
    if environment.get("TERM") == "dumb":
        assert "\x1b" not in shown
    else:
        assert "\x1b[3" not in shown  # no colour; the cursor may move


def test_another_encoding(tmp_path: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    shown = on_a_terminal(80, "run", str(write(tmp_path, SLOW)), **plain)
    assert shown.isascii()
    assert "evaluating" in shown


@pytest.mark.parametrize("command", ["doctor", "examples", "check RUN", "plan RUN"])
def test_a_closed_pipe(command: str, tmp_path: Path) -> None:
    words = command.replace("RUN", str(write(tmp_path, ISING)))
    ended = subprocess.run(
        ["sh", "-c", f'"$0" -m hybrid {words} | true', sys.executable],
        capture_output=True, text=True, check=False, env=environment_of_a_job(), timeout=120,
    )  # fmt: skip
    assert "Traceback" not in ended.stderr
    assert "Exception" not in ended.stderr

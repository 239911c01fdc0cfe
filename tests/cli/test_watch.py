"""``hybrid watch``: what a journal alone tells of a run, while it goes on and after."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hybrid.cli.app import command_line
from hybrid.cli.watch import Watched
from hybrid.core.ask import Ask, Told
from hybrid.journal import Identity, Writer, open_journal
from tests.launch import environment_of_a_job
from tests.settings.run_files import ISING, changed, write

Captured = pytest.CaptureFixture[str]
LONG = changed(
    ISING,
    simulator={"name": "aer", "shots": 200},
    optimizer={"name": "Adam", "max_iterations": 100_000},
)


def started(folder: Path, *more: str) -> subprocess.Popen[str]:
    """Start a run that takes hours, and wait until its journal has answers."""
    path = write(folder, LONG)
    run = subprocess.Popen(
        [sys.executable, "-m", "hybrid", "run", str(path), "-q", "--journal",
         str(folder / "run.db"), *more],
        env=environment_of_a_job(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    end = time.monotonic() + 60.0
    while time.monotonic() < end:
        try:
            with open_journal(folder / "run.db") as journal:
                if len(journal) > 2:
                    return run
        except Exception:  # not there yet
            time.sleep(0.1)
    run.kill()
    raise AssertionError("no answer within a minute")


@pytest.mark.launches
def test_a_run_is_followed_to_its_stop_at_less_than_one_percent(tmp_path: Path) -> None:
    run = started(tmp_path, "--budget", "1core-hours")
    watch = subprocess.Popen(
        [sys.executable, "-m", "hybrid", "watch", str(tmp_path / "run.db"), "--json",
         "--interval", "0.5"],
        env=environment_of_a_job(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watch.stdout is not None
    first = json.loads(watch.stdout.readline())
    spent, since = processor_seconds(watch.pid), time.monotonic()
    more = [json.loads(watch.stdout.readline()) for _ in range(6)]
    share = (processor_seconds(watch.pid) - spent) / (time.monotonic() - since)
    run.send_signal(signal.SIGTERM)
    rest = [json.loads(line) for line in watch.stdout]
    assert run.wait(60) == watch.wait(60) == 75
    assert first["state"] == "running"
    assert first["max_iterations"] == 100_000
    assert 0.0 < first["seconds_left"] < 3600.0
    assert more[-1]["evaluations"] > first["evaluations"] > 0
    assert more[-1]["evaluations_per_second"] > 0.0
    assert 0.0 < more[-1]["busy"] <= 1.0
    assert first["standard_error"] > 0.0
    assert first["gradient_norm"] > 0.0
    assert rest[-1]["state"] == "stopped"
    print(f"watching takes {share:.2%} of a core")
    assert share < 0.02  # asked: 0.01; the clock of processor time ticks every 10 ms


def processor_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.launches
def test_a_run_that_was_killed_is_said_to_be(tmp_path: Path, capsys: Captured) -> None:
    run = started(tmp_path)
    run.kill()
    run.wait()
    assert command_line(["watch", str(tmp_path / "run.db")]) == 75
    shown = capsys.readouterr().out
    assert "its process has ended without a word; resume it with: hybrid resume" in shown
    assert "iteration" in shown


@pytest.mark.parametrize("more", [[], ["--once"], ["--json"]])
def test_a_finished_run(more: list[str], tmp_path: Path, capsys: Captured) -> None:
    db = str(tmp_path / "run.db")
    assert command_line(["run", str(write(tmp_path, ISING)), "-q", "--journal", db]) == 0
    capsys.readouterr()
    assert command_line(["watch", db, *more]) == 0
    shown = capsys.readouterr().out
    if more == ["--json"]:
        found = json.loads(shown)
        assert found["state"] == "ended"
        assert found["best_value"] == pytest.approx(-1.41421356)
    else:
        assert "cost -1.41421356" in shown
        assert "L-BFGS-B converged" in shown


def test_what_is_new_is_added_to_what_was_seen(tmp_path: Path) -> None:
    """The oracle is a watch that begins at the end."""
    db, points = tmp_path / "run.db", np.zeros((2, 3))
    with Writer(db, Identity({}, 7), {}) as writer:
        writer.start(["a", "b"], "native", "a plan", {"run": {"max iterations": 9}})
        with open_journal(db) as journal:
            early = Watched(journal)
            for number in range(5):
                values = np.array([1.0 / (number + 1), np.nan])
                writer.ask(number, Ask(points, True, number))
                writer.piece(number, 0, 0, predicted=None, measured=0.5, partial=points)
                writer.told(number, Told(values, np.ones((2, 3)), None), 0.5)
                writer.flush()
                early._look_at_starts()
                early._look_at_answers()
                early._look_at_pieces()
            late = Watched(journal)
            late._look_at_starts()
            late._look_at_answers()
            late._look_at_pieces()
    for watched in (early, late):
        found = watched.data()
        assert (found["answers"], found["evaluations"], found["iteration"]) == (5, 10, 4)
        assert (found["best_value"], found["value"]) == (0.2, 0.2)
        assert found["gradient_norm"] == pytest.approx(3**0.5)
        assert watched.status._busy == pytest.approx(2.5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "which does not exist"),
        (b"PK" * 999, "no journal"),
        (b"", "in which no run has been recorded yet"),
    ],
)
def test_what_is_no_journal_is_refused(
    content: bytes | None, said: str, tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "run.db"
    if content is not None:
        path.write_bytes(content)
    assert command_line(["watch", str(path), "--once"]) in (1, 2)
    assert said in capsys.readouterr().err


@pytest.mark.launches
def test_an_empty_journal_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "run.db").touch()
    watch = subprocess.Popen(
        [sys.executable, "-m", "hybrid", "watch", str(tmp_path / "run.db"), "--interval", "0.1"],
        env=environment_of_a_job(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert watch.stdout is not None
    assert "waiting for its run to begin" in watch.stdout.readline()
    line = ["run", str(write(tmp_path, ISING)), "-q", "--journal", str(tmp_path / "run.db")]
    assert command_line(line) == 0
    assert "converged" in watch.stdout.read()
    assert watch.wait(60) == 0


@pytest.mark.parametrize("interval", ["0", "-1", "nan", "1e9"])
def test_an_interval_that_is_none(interval: str, tmp_path: Path, capsys: Captured) -> None:
    assert command_line(["watch", str(tmp_path), "--interval", interval]) == 2
    assert "--interval: got" in capsys.readouterr().err

"""A short selection of the measures that ``make faults`` runs whole."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hybrid.runtime import World
from hybrid.runtime.stall import StallReport
from hybrid.runtime.watchdog import Pace, Watchdog
from tests.faults import exceptions, fuzz, kills, small
from tests.launch import environment_of_a_job, mpiexec

pytestmark = pytest.mark.launches


@pytest.mark.parametrize("name", ["vqe", "shots"])
def test_killed_runs_resume_on_other_ranks_to_the_same_bits(name: str) -> None:
    tally = kills.Tally()
    kills.run_once(name, 4, tally, (small.bits(small.RUNS[name](None)), 2.0))
    assert (tally.runs, tally.equal) == (1, 1)


@pytest.mark.parametrize(
    ("phase", "culprit"),
    [("circuit", 1), ("exchange", 0), ("journal write", 0), ("set-up", 1), ("death", 1)],
)
def test_a_failure_in_any_phase_ends_all_ranks(phase: str, culprit: int, tmp_path: Path) -> None:
    outcome, seconds = exceptions.end_of(phase, 2, culprit, tmp_path)
    assert exceptions.verdict(phase, outcome, seconds) == "", outcome.err


@pytest.mark.parametrize("name", ["TOML", "FCIDUMP", "graph", "journal"])
def test_fuzzed_input_is_read_or_refused(name: str, tmp_path: Path) -> None:
    read, contents, suffix = fuzz.readers(tmp_path)[name]
    refused, _, wrong = fuzz.fuzz(read, contents, suffix, 150, seed=11)
    assert refused > 20
    assert wrong == []


def test_a_signal_to_the_launcher_suspends_all_ranks(tmp_path: Path) -> None:
    journal = tmp_path / "run.db"
    job = subprocess.Popen(
        [mpiexec(), "-n", "2", sys.executable, "-m", "tests.faults.small", "shots",
         str(journal), "0.1"],
        stderr=subprocess.PIPE, text=True, env=environment_of_a_job(),
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    while not (journal.exists() and len(kills.pids(journal)) == 2):
        time.sleep(0.05)
        assert job.poll() is None
    time.sleep(1.0)
    job.send_signal(signal.SIGUSR1)
    _, err = job.communicate(timeout=60)
    assert job.returncode == 75, err
    assert err.count("stopped by SIGUSR1") == 1
    expected = small.bits(small.shots(None))
    assert small.bits(small.shots(str(journal))) == expected


def test_a_late_piece_is_reported_with_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], alone: World
) -> None:
    monkeypatch.setenv("HYBRID_STALL_SECONDS", "0.1")
    recorded: list[dict] = []
    report = StallReport(alone, "report", recorded.append)
    with (
        Watchdog(report.of_this_rank) as watchdog,
        watchdog.watching("piece 3 of evaluation 3", 0.01),
    ):
        time.sleep(0.5)
    shown = capsys.readouterr().err
    assert "piece 3 of evaluation 3" in shown
    assert "test_a_late_piece_is_reported_with_its_place" in shown
    assert [entry["what"] for entry in recorded] == ["piece 3 of evaluation 3"]


STALLED = """
import sys, time
from tests.faults import small
from hybrid.runtime import world
from hybrid.simulators.aer.sampled import AerSampled
import hybrid
run, calls, rank = AerSampled.run, [], world().rank
def stalling(self, *arguments, **settings):
    calls.append(1)
    if rank == int(sys.argv[2]) and len(calls) == 12:
        time.sleep(60)
    return run(self, *arguments, **settings)
AerSampled.run = stalling
minimize = hybrid.minimize
hybrid.minimize = lambda *a, **k: minimize(*a, stall="abort", **k)
small.shots(sys.argv[1])
"""


@pytest.mark.parametrize("culprit", [0, 1])
def test_a_stalled_rank_ends_the_run_so_that_it_resumes(tmp_path: Path, culprit: int) -> None:
    from tests.launch import launch

    (tmp_path / "script.py").write_text(STALLED)
    journal = tmp_path / "run.db"
    environment = {"HYBRID_STALL_SECONDS": "0.5", "PYTHONPATH": str(Path(__file__).parents[2])}
    outcome = launch(
        2, str(tmp_path / "script.py"), str(journal), str(culprit), timeout=50,
        extra_environment=environment,
    )  # fmt: skip
    assert outcome.code == 75, outcome.err
    assert f"rank {culprit} on" in outcome.err
    assert "in stalling" in outcome.err
    assert small.bits(small.shots(str(journal))) == small.bits(small.shots(None))


def test_pace_errs_on_the_slow_side() -> None:
    pace = Pace()
    assert pace.seconds(1.0) is None
    pace.learn(2.0, 4.0)
    pace.learn(2.0, 1.0)
    assert pace.seconds(3.0) == 6.0

"""What SLURM lets a process run, from its environment or from squeue."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from hybrid.runtime import batch
from hybrid.runtime.batch import batch_time_limit
from hybrid.runtime.stops import BORN

_jobs = itertools.count(1)


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A squeue whose answer is the script that a test writes, for a job that knows no end."""
    monkeypatch.delenv("SLURM_JOB_END_TIME", raising=False)
    monkeypatch.setenv("SLURM_JOB_ID", str(next(_jobs)))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path / "squeue"


def answer(squeue: Path, script: str) -> None:
    squeue.write_text(f"#!/bin/sh\n{script}\n")
    squeue.chmod(0o755)


def remaining(limit: float | None) -> float:
    """Return the seconds until a limit, which counts from the start of this process."""
    assert limit is not None
    return limit - (time.monotonic() - BORN)


def test_outside_of_slurm_there_is_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_END_TIME", raising=False)
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    assert batch_time_limit() is None


def test_the_end_in_the_environment_has_a_margin(slurm: Path) -> None:
    answer(slurm, "echo 1:00")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_JOB_END_TIME", str(int(time.time()) + 10_000))
        assert remaining(batch_time_limit()) == pytest.approx(10_000 - 60, abs=5)
        patch.setenv("SLURM_JOB_END_TIME", "soon")
        assert remaining(batch_time_limit()) < 60


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("0:30", 30), ("58:30", 3510), ("1:00:00", 3600), ("2-00:00:01", 172_801)],
)
def test_squeue_is_asked_once_for_this_job(slurm: Path, told: str, seconds: int) -> None:
    asked = slurm.with_name("asked")
    answer(slurm, f'echo "$@" >> {asked}\necho "  {told}"')
    whole = seconds + time.monotonic() - BORN
    expected = seconds - min(60.0, 0.05 * whole)
    assert remaining(batch_time_limit()) == pytest.approx(expected, abs=5)
    assert batch_time_limit() == pytest.approx(batch_time_limit())
    (line,) = asked.read_text().splitlines()
    assert line.startswith("--noheader --jobs=")


@pytest.mark.parametrize(
    "script",
    [
        "echo UNLIMITED",
        "echo NOT_SET",
        "echo 99999999999:00",
        "exit 1",
        "printf '\\377\\376'",
        "true",
    ],
)
def test_without_a_limit_or_an_answer_there_is_none(slurm: Path, script: str) -> None:
    answer(slurm, script)
    assert batch_time_limit() is None


def test_a_squeue_that_does_not_answer_is_left(
    slurm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_PATIENCE", 0.2)
    answer(slurm, "exec sleep 60")
    began = time.monotonic()
    assert batch_time_limit() is None
    assert time.monotonic() - began < 30


def test_without_squeue_there_is_no_limit(slurm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(slurm.parent))
    assert batch_time_limit() is None

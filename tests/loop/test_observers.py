"""Observers see points and gradients and can stop a run; outcomes say how it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes

import hybrid
from hybrid.core.outcome import Outcome
from hybrid.loop.result import Progress, Result, RunDescription
from hybrid.optimizers import Solution
from tests.docs.blocks import ROOT
from tests.launch import environment_of_a_job
from tests.loop.test_minimize import CHAIN, PROBLEM, Listener


class Stopper(Listener):
    """Asks to stop at an evaluation."""

    def __init__(self, at: int, reason: object = "enough seen") -> None:
        super().__init__()
        self.at, self.reason = at, reason

    def progressed(self, progress: Progress) -> object:
        super().progressed(progress)
        return self.reason if progress.evaluations >= self.at else None


def progress_of(listener: Listener) -> list[Progress]:
    return [each for each in listener.heard if isinstance(each, Progress)]


@pytest.mark.ranks
def test_an_observer_stops_a_run_with_its_reason(job: hybrid.runtime.World) -> None:
    one, other = Stopper(4), Listener()
    result = hybrid.minimize(PROBLEM, seed=3, observer=[one, other])
    assert result.outcome is Outcome.STOPPED
    assert not result.success
    assert result.message.startswith("Stopped by an observer in iteration ")
    assert "(enough seen); the best point so far is kept." in result.message
    assert result.evaluations == 4
    assert result.value == result.history.values.min()
    if job.rank == 0:
        assert [type(each) for each in one.heard] == [type(each) for each in other.heard]
        assert isinstance(one.heard[0], RunDescription)
        assert isinstance(one.heard[-1], Result)


def test_observers_see_the_point_and_the_gradient() -> None:
    listener = Listener()
    result = hybrid.minimize(PROBLEM, seed=3, observer=listener)
    steps = progress_of(listener)
    points = np.array([each.point for each in steps])
    values, gradients = hybrid.expectation(real_amplitudes(3, reps=2), CHAIN, points, gradient=True)
    np.testing.assert_allclose(values, [each.value for each in steps], atol=1e-12)
    np.testing.assert_allclose(gradients, [each.gradient for each in steps], atol=1e-12)
    best = min(steps, key=lambda each: each.value)
    assert best.point.tobytes() == result.x.tobytes()
    listener = Listener()
    hybrid.minimize(PROBLEM, "SPSA", seed=3, max_iterations=3, observer=listener)
    assert {each.gradient for each in progress_of(listener)} == {None}


@pytest.mark.ranks
@pytest.mark.parametrize(
    ("observer", "message"),
    [
        (object(), r"observer: got <object .*> without started\(\)"),
        ([Listener(), None], r"observer: got None without started\(\)"),
        (Listener, "observer: got <class"),
        (Stopper(1, reason=True), r"progressed\(\) of an observer: got True, expected None, or a"),
    ],
)
def test_bad_observers_are_refused(observer: object, message: str) -> None:
    with pytest.raises(Exception, match=message):
        hybrid.minimize(PROBLEM, seed=3, observer=observer)


class Interrupted(hybrid.Workload):
    """Is interrupted in the first of many pieces."""

    num_parameters, axis, sizes, grain = 2, "samples", {"samples": 50}, 1

    def run(self, piece, simulator):
        os.kill(os.getpid(), signal.SIGINT)
        return 1.0, np.ones(2)


@pytest.mark.ranks
@pytest.mark.parametrize("name", ["L-BFGS-B", "SPSA"])
def test_a_run_that_is_interrupted_before_its_first_value_says_so(name: str) -> None:
    result = hybrid.minimize(Interrupted(), name, x0=[0.1, 0.2], seed=3)
    assert result.outcome is Outcome.INTERRUPTED
    assert np.isnan(result.value)
    assert result.x.tolist() == [0.1, 0.2]
    assert result.evaluations == len(result.history) == 0
    assert result.message == (
        "Interrupted by SIGINT before the first value: x is the start, its value unknown."
    )


@pytest.mark.parametrize(
    ("name", "options", "outcome"),
    [
        ("L-BFGS-B", {}, Outcome.CONVERGED),
        ("L-BFGS-B", {"max_iterations": 2}, Outcome.LIMIT),
        ("COBYLA", {"max_iterations": 20}, Outcome.LIMIT),
        ("Adam", {"max_iterations": 2}, Outcome.LIMIT),
        ("SPSA", {"max_iterations": 2}, Outcome.FINISHED),
    ],
)
def test_outcomes(name: str, options: dict, outcome: Outcome) -> None:
    result = hybrid.minimize(PROBLEM, name, seed=3, **options)
    assert result.outcome is outcome
    assert result.success == (outcome in (Outcome.CONVERGED, Outcome.FINISHED))
    assert str(result).startswith(outcome.verdict)
    assert "converged" not in str(result) or name != "SPSA"


def test_every_outcome_has_a_sentence_and_a_verdict() -> None:
    for outcome in Outcome:
        assert outcome.sentence.endswith(".")
        assert outcome.value in outcome.verdict


class NumPyNumbers:
    """An optimizer of a user's own that answers in number types of NumPy."""

    name = "own"

    def steps(self, x0, seed):
        told = yield hybrid.core.ask.Ask(
            np.asarray(x0, dtype=np.float32)[None], np.bool_(True), np.int64(0)
        )
        value = np.float32(told.values[0])
        return Solution(
            np.asarray(x0, dtype=np.float32), value, np.bool_(True), "Done.", np.int64(1)
        )


@pytest.mark.ranks
def test_a_result_in_number_types_of_numpy_is_not_lost() -> None:
    result = hybrid.minimize(PROBLEM, NumPyNumbers(), seed=3)
    assert result.success
    assert result.outcome is Outcome.CONVERGED
    assert type(result.value) is float
    assert type(result.iterations) is int


class Failing(Listener):
    """Raises when it is told the result."""

    def finished(self, result: Result) -> None:
        raise OSError("no space left for the report")


@pytest.mark.ranks
def test_an_observer_that_fails_at_the_end_does_not_cost_the_result(
    job: hybrid.runtime.World, capsys: pytest.CaptureFixture[str]
) -> None:
    listener = Listener()
    result = hybrid.minimize(PROBLEM, seed=3, max_iterations=2, observer=[Failing(), listener])
    assert result.iterations == 2
    shown = capsys.readouterr().err
    if job.rank == 0:
        assert "finished() of an observer failed; the result is returned" in shown
        assert "OSError: no space left for the report" in shown
        assert isinstance(listener.heard[-1], Result)
    else:
        assert shown == ""


SUSPENDED = """
import hybrid
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
hybrid.minimize(
    hybrid.VQE(real_amplitudes(2), SparsePauliOp("ZZ")), "SPSA",
    seed=1, journal="run.db", time_limit=0.001,
)
"""


@pytest.mark.launches
@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_a_suspended_run_ends_with_its_exit_code_wherever_messages_go(
    redirection: str, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(SUSPENDED)
    command = f"PYTHONPATH={ROOT} exec {sys.executable} script.py {redirection}"
    where = {"cwd": tmp_path, "env": environment_of_a_job()}
    ended = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, **where)
    assert (ended.returncode, ended.stdout) == (75, b"")

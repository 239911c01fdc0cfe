"""The harness: turns are taken, ratios are paired, and neither a miss nor an error is hidden."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from bench import pairs
from bench.contention import watched
from bench.hardware_efficient import hardware_efficient
from bench.measure import Measured
from bench.pairs import Comparison, Side, compare
from bench.probes import Limits, nominal_gigaflops
from bench.process import Ready, Timing, Worker, WorkerError
from bench.qaoa import maxcut_qaoa
from bench.report import Report, line
from bench.rows import FULL, QUICK, Row, rows
from dense_workload import value_and_gradient

READY = Ready(first_seconds=1.0, warm_seconds=0.1, calls=2, value=-3.0, gradient_norm=1.5)
ROW = Row("hea", "HEA", "a peer", lambda: hardware_efficient(2, 1), "aer", target=3.0)


class Scripted:
    """Stands in for a worker: known timings, and a diary of who ran."""

    def __init__(self, name: str, seconds: list[float], diary: list[str]) -> None:
        self.name, self.seconds, self.diary = name, iter(seconds), diary

    def run(self, calls: int) -> Timing:
        self.diary.append(f"{self.name}{calls}")
        return Timing(next(self.seconds), cores=1.0)


def side(*seconds: float, **changes: object) -> Side:
    return Side(replace(READY, **changes), tuple(Timing(s, 1.0) for s in seconds))


def measured(comparison: Comparison | None, **changes: object) -> Measured:
    return Measured(ROW, comparison, {"numpy": "2"}, **changes)


def report(*found: Measured) -> str:
    limits = Limits(100.0, 200.0, 20.0, 30.0)
    return Report("run", "2026-01-01", 2, {"processor": "p"}, limits, found, ()).markdown()


def test_runs_take_turns_and_are_paired(monkeypatch):
    monkeypatch.setattr(pairs, "SETTLE_SECONDS", 0)
    diary: list[str] = []
    ours = Scripted("a", [1.0, 2.0, 4.0], diary)
    other = Scripted("b", [8.0, 10.0, 12.0], diary)
    found = compare((ours, READY), (other, READY), tolerance=1e-8, repeat=3, seconds=60)
    assert diary == ["a2", "b2"] * 3
    assert found.ratios == (3.0, 5.0, 8.0)
    assert (found.ratio, found.ours.seconds, found.other.seconds) == (5.0, 2.0, 10.0)


def test_long_work_gets_fewer_pairs_but_three(monkeypatch):
    monkeypatch.setattr(pairs, "SETTLE_SECONDS", 0)
    slow = replace(READY, warm_seconds=30.0, calls=1)
    diary: list[str] = []
    workers = [Scripted(name, [1.0] * 7, diary) for name in "ab"]
    compare((workers[0], READY), (workers[1], slow), tolerance=None, repeat=7, seconds=40)
    assert len(diary) == 6


@pytest.mark.parametrize(
    "changes",
    [{"value": -3.0 + 1e-6}, {"gradient_norm": 1.5001}, {"gradient_norm": None}],
)
def test_answers_that_differ_are_a_disagreement(changes):
    assert Comparison(side(1.0), side(2.0, **changes), 1e-8).disagreement
    assert not Comparison(side(1.0), side(2.0, **changes), None).disagreement


def test_nan_disagrees_with_everything():
    nan = float("nan")
    assert Comparison(side(1.0, value=nan), side(2.0, value=nan), 1e-8).disagreement


def test_rounding_is_no_disagreement():
    assert not Comparison(side(1.0), side(2.0, value=-3.0 + 1e-13), 1e-8).disagreement


def test_a_missed_ratio_is_seen():
    text = report(measured(Comparison(side(1.0), side(2.0), 1e-8)))
    assert "**missed**" in text
    assert "**0 of 1 targets reached, 1 missed.**" in text


def test_a_reached_ratio_is_not_called_missed():
    text = report(measured(Comparison(side(1.0), side(3.5), 1e-8)))
    assert "missed" not in text
    assert "3.50 / **3.50** / 3.50" in text


def test_a_disagreement_shows_no_ratio():
    comparison = Comparison(side(1.0), side(9.0, value=0.0), 1e-8)
    cells = line(measured(comparison, failure=f"disagree: {comparison.disagreement}"))
    assert "9.00" not in " ".join(cells)
    assert "disagree" in cells[-1]


def test_a_failed_engine_shows_as_failed():
    text = report(measured(None, failure="failed: no such thing"))
    assert "**failed: no such thing**" in text
    assert "1 rows without a ratio" in text


def test_a_noisy_machine_is_named():
    comparison = Comparison(side(1.0), side(3.5), 1e-8)
    assert "quiet machine" in report(measured(comparison, others=0.8))
    assert "quiet machine" not in report(measured(comparison, others=0.01))


def test_own_work_is_taken_off_what_the_machine_did(monkeypatch):
    clocks = {"time.perf_counter": [0.0, 2.0], "_machine_seconds": [10, 16], "_our_seconds": [1, 5]}
    for name, readings in clocks.items():
        monkeypatch.setattr(f"bench.contention.{name}", iter(readings).__next__)
    with watched() as others:
        pass
    assert others.cores == 1.0


def test_operations_of_the_adjoint_method():
    # 240 rotations at 22 and 21 X masks at 4 operations, and one overlap, for each amplitude.
    expected = (240 * 22 + 21 * 4 + 4) * 2**20 * 1e-9
    assert nominal_gigaflops(hardware_efficient(20, 5), gradient=True) == pytest.approx(expected)
    assert nominal_gigaflops(maxcut_qaoa(4, 1), gradient=False) == pytest.approx(
        (5 * 6 + 4 + 4) * 16e-9
    )


def test_a_worker_answers_over_its_pipe():
    workload = hardware_efficient(3, 1)
    with Worker("aer", sys.executable, threads=1) as worker:
        ready = worker.prepare(workload, gradient=False)
        timing = worker.run(3)
    assert ready.value == pytest.approx(value_and_gradient(workload)[0], abs=1e-11)
    assert ready.gradient_norm is None
    assert timing.seconds > 0
    assert worker.versions["qiskit-aer"]


def test_a_worker_that_fails_says_why():
    with (
        Worker("aer", sys.executable, threads=1) as worker,
        pytest.raises(WorkerError, match="energy alone"),
    ):
        worker.prepare(hardware_efficient(3, 1), gradient=True)


def test_quick_and_full_have_the_same_rows():
    names = [[(row.name, row.target) for row in rows(sizes)] for sizes in (FULL, QUICK)]
    assert names[0] == names[1]

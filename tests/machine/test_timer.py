"""Calls are timed in passes; the usual time is not the best one."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from hybrid.machine.timer import timings_of_calls


def test_calls_are_measured_in_passes() -> None:
    order: list[int] = []
    calls = [lambda k=k: order.append(k) for k in range(3)]
    assert all(
        spent > 0.0
        for spent in (timing.least for timing in timings_of_calls(calls, budget=1e-5, passes=2))
    )
    firsts = [k for before, k in zip([None, *order], order, strict=False) if k != before]
    assert firsts == [0, 1, 2, 0, 1, 2]


def test_under_contention_usual_calls_take_longer_than_the_best(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    durations, now = itertools.cycle([0.002, 0.012]), [0.0]

    def call() -> None:
        now[0] += next(durations)

    clock = SimpleNamespace(perf_counter=lambda: now[0])
    monkeypatch.setattr("hybrid.machine.timer.time", clock)
    (timing,) = timings_of_calls([call], budget=1e-4, passes=2)
    assert timing.least < 0.005 < timing.usual

"""Seconds of calls, undisturbed as far as that can be had."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_ROUNDS = 2
_LONG = 8.0
"""A call that takes so many times the budget is a round of its own, in two passes only."""


def seconds_of_call(call: Callable[[], object], budget: float = 0.03, rounds: int = 5) -> float:
    """Return the least mean seconds of a call over some rounds, after one to warm up.

    What disturbs a measurement only ever makes it longer, so the least is nearest the truth.

    Args:
        call: what is measured.
        budget: seconds of each round; a longer call makes a round of its own.
        rounds: how many.
    """
    start = time.perf_counter()
    call()
    first = time.perf_counter() - start
    if first > 8 * budget:
        # Long calls are disturbed less, and once more is enough to be warm.
        start = time.perf_counter()
        call()
        return min(first, time.perf_counter() - start)
    repeats = 1
    best = float("inf")
    while rounds > 0:
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        spent = time.perf_counter() - start
        best = min(best, spent / repeats)
        if spent < budget / 2 and repeats < 1 << 16:
            repeats *= 2 if spent > budget / 8 else 4
        else:
            rounds -= 1
    return best


@dataclass(frozen=True)
class Timing:
    """Seconds of a call: the least of some rounds, and their mean, which others lengthen."""

    least: float
    mean: float


def timings_of_calls(
    calls: Sequence[Callable[[], object]], budget: float = 0.003, passes: int = 3
) -> list[Timing]:
    """Return the seconds of each of many calls, over several passes through all.

    A machine that others use too is slow for seconds on end: passes meet each call at different
    times, so that no call is measured in a slow spell alone.

    Args:
        calls: what is measured.
        budget: seconds of a round; each call has two in a pass.
        passes: how many.
    """
    rounds: list[list[float]] = [[] for _ in calls]
    for number in range(passes):
        for mine, call in zip(rounds, calls, strict=True):
            if number < 2 or min(mine) < _LONG * budget:
                mine += _in_one_pass(call, budget)
    return [Timing(min(mine), sum(mine) / len(mine)) for mine in rounds]


def seconds_of_calls(
    calls: Sequence[Callable[[], object]], budget: float = 0.003, passes: int = 3
) -> list[float]:
    """Return the least seconds of each of many calls; see :func:`timings_of_calls`."""
    return [timing.least for timing in timings_of_calls(calls, budget, passes)]


def _in_one_pass(call: Callable[[], object], budget: float) -> list[float]:
    start = time.perf_counter()
    call()
    first = time.perf_counter() - start
    if first > _LONG * budget:
        return [first]
    repeats = max(1, min(1 << 14, round(budget / first)))
    rounds = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        for _ in range(repeats):
            call()
        rounds.append((time.perf_counter() - start) / repeats)
    return rounds

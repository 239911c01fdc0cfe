"""Timing calls on machines that other processes may use too."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_ROUNDS = 2
_LONG = 8.0
"""A call that takes longer than this many budgets is a round of its own."""
_ENOUGH = 0.02
"""Seconds of measurement after which a call skips further passes; two passes are the minimum."""


def seconds_of_call(call: Callable[[], object], budget: float = 0.03, rounds: int = 5) -> float:
    """Return the minimum over rounds of the mean seconds of a call, after a warm-up call.

    Contention only ever lengthens a measurement, so the minimum is nearest the truth.

    Args:
        call: function to measure.
        budget: seconds of each round; a call longer than 8 budgets is measured twice only.
        rounds: number of rounds.
    """
    start = time.perf_counter()
    call()
    first = time.perf_counter() - start
    if first > 8 * budget:
        # Long calls suffer less from contention, and a second one runs warm.
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
    """Seconds of a call, over several rounds.

    Attributes:
        usual: mean of the middle half of the rounds.
        least: minimum of all rounds.
    """

    usual: float
    least: float

    @staticmethod
    def of(rounds: Sequence[float]) -> Timing:
        """Return the timing of one or more rounds.

        Example:
            >>> Timing.of([1.0, 9.0, 2.0, 4.0])
            Timing(usual=3.0, least=1.0)
        """
        ordered = sorted(rounds)
        aside = len(ordered) // 4
        middle = ordered[aside : len(ordered) - aside]
        return Timing(sum(middle) / len(middle), ordered[0])


def timings_of_calls(
    calls: Sequence[Callable[[], object]], budget: float = 0.001, passes: int = 8
) -> list[Timing]:
    """Return the timings of many calls, measured in several passes over all of them.

    Contention slows a machine for moments or for seconds on end. Rounds are short, and each pass
    measures a call at another time, so no call is measured in slow spells only.

    Args:
        calls: functions to measure.
        budget: seconds of a round; a call has two rounds in a pass.
        passes: maximum number of passes; long calls take part in fewer.
    """
    rounds: list[list[float]] = [[] for _ in calls]
    spent = [0.0] * len(calls)
    for number in range(passes):
        for place, call in enumerate(calls):
            if number < 2 or spent[place] < _ENOUGH:
                start = time.perf_counter()
                rounds[place] += _in_one_pass(call, budget)
                spent[place] += time.perf_counter() - start
    return [Timing.of(mine) for mine in rounds]


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

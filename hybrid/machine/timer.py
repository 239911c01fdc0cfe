"""Seconds of a call, undisturbed as far as that can be had."""

from __future__ import annotations

import time
from collections.abc import Callable


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

"""Alternating runs of two engines, and their comparison."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from statistics import median

from bench.process import Ready, Timing, Worker

SETTLE_SECONDS = 0.25
"""Pause between runs: some thread pools spin for up to 0.2 s after their last work."""


@dataclass(frozen=True)
class Side:
    """One engine's part of a comparison: its first call, and its timed runs."""

    ready: Ready
    runs: tuple[Timing, ...]

    @property
    def seconds(self) -> float:
        """Median over runs of the seconds per call."""
        return median(run.seconds for run in self.runs)

    @property
    def cores(self) -> float:
        """Median over runs of the number of busy cores."""
        return median(run.cores for run in self.runs)


@dataclass(frozen=True)
class Comparison:
    """Alternating runs of ours and another engine; run k of one is paired with run k of the other.

    Attributes:
        tolerance: how far, relative to their size, energies and gradient norms may differ; None
            where the two compute different things by intention.
    """

    ours: Side
    other: Side
    tolerance: float | None

    @property
    def ratios(self) -> tuple[float, ...]:
        """The other's time over ours, for each pair, ascending."""
        pairs = zip(self.ours.runs, self.other.runs, strict=True)
        return tuple(sorted(b.seconds / a.seconds for a, b in pairs))

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return median(self.ratios)

    @property
    def disagreement(self) -> str | None:
        """The difference between the two answers beyond the tolerance, or None."""
        if self.tolerance is None:
            return None
        for what, a, b in (
            ("value", self.ours.ready.value, self.other.ready.value),
            ("gradient norm", self.ours.ready.gradient_norm, self.other.ready.gradient_norm),
        ):
            if (a is None) != (b is None):
                return f"{what}: {a} here, {b} there"
            if a is not None and not abs(a - b) <= self.tolerance * max(1.0, abs(a), abs(b)):
                return f"{what}: {a!r} here, {b!r} there"
        return None


def compare(
    ours: tuple[Worker, Ready],
    other: tuple[Worker, Ready],
    *,
    tolerance: float | None,
    repeat: int,
    seconds: float,
) -> Comparison:
    """Run both alternately, ``repeat`` times each; fewer if that takes long, but at least 3."""
    expected = sum(ready.warm_seconds * ready.calls for _, ready in (ours, other))
    pairs = min(repeat, max(3, math.floor(seconds / (expected + 2 * SETTLE_SECONDS))))
    timings: tuple[list[Timing], list[Timing]] = ([], [])
    for _ in range(pairs):
        for (worker, ready), found in zip((ours, other), timings, strict=True):
            time.sleep(SETTLE_SECONDS)
            found.append(worker.run(ready.calls))
    sides = (Side(ours[1], tuple(timings[0])), Side(other[1], tuple(timings[1])))
    return Comparison(*sides, tolerance)

"""What every optimizer is, what it returns, and the rules that all of them keep."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told


@dataclass(frozen=True, slots=True)
class Solution:
    """Where an optimizer ended, and why.

    Attributes:
        x: shape (P,), float64; the point it recommends.
        value: the value it was told there.
        success: whether it stopped because its own test of convergence was met; for a method that
            has no such test, whether it finished its steps.
        message: one sentence saying why it stopped.
        iterations: how many iterations it took, in its own count.
    """

    x: FloatArray
    value: float
    success: bool
    message: str
    iterations: int


Steps: TypeAlias = Generator[Ask, Told, Solution]


@runtime_checkable
class Optimizer(Protocol):
    """Anything with a name that can be stepped; frozen dataclasses in this package."""

    @property
    def name(self) -> str:
        """The name that :func:`hybrid.optimizers.make` knows it by."""
        ...

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return a generator that yields Asks, is sent Tolds and returns a Solution.

        Args:
            x0: shape (P,), float64; where to start. It is not modified.
            seed: non-negative; all randomness is a function of it and of the iteration.
        """
        ...


def keep_best(steps: Steps) -> Steps:
    """Pass ``steps`` through, and see to the three things that no optimizer should forget.

    - A value or gradient that is not finite ends the run, and so does an Ask for a point that is
      not (a method's own arithmetic can overflow): no method here can go on from it, and several
      would loop or crash. The Solution is the best point before that.
    - Exact values: the Solution is the lowest point that was evaluated, which is not always where
      a method ends (a failed line search, a finite-difference probe that was lucky).
    - Sampled values (``Told.standard_errors``): the Solution is the method's own answer. The
      lowest of many noisy values is low by luck, and its value is biased by that luck. Only a run
      cut short by a value that is not finite has no answer of its own and falls back to the lowest.
    """
    lowest = _Lowest()
    with closing(steps):
        ask = next(steps)
        while True:
            if not np.isfinite(ask.points).all():
                return lowest.solution(ask, "the next point it chose was not finite")
            told = yield ask
            lowest.see(ask, told)
            reason = _not_finite(told)
            if reason:
                return lowest.solution(ask, reason)
            try:
                ask = steps.send(told)
            except StopIteration as end:
                own: Solution = end.value
                break
    own_is_best = np.isfinite(own.value) and (lowest.sampled or own.value <= lowest.value)
    if lowest.x is None or own_is_best:
        return own
    return replace(own, x=lowest.x, value=lowest.value)


@dataclass(slots=True)
class _Lowest:
    """The point with the lowest finite value so far; the very first one while there is none."""

    x: FloatArray | None = None
    value: float = np.nan
    sampled: bool = False

    def see(self, ask: Ask, told: Told) -> None:
        values = np.where(np.isfinite(told.values), told.values, np.inf)
        row = int(np.argmin(values))
        if self.x is None or values[row] < self.value:
            self.x, self.value = ask.points[row].copy(), float(told.values[row])
        if told.standard_errors is not None:
            self.sampled = self.sampled or bool(np.any(told.standard_errors > 0.0))

    def solution(self, ask: Ask, reason: str) -> Solution:
        """Return the end of a run that cannot go on after ``ask``."""
        if self.x is None or not np.isfinite(self.value):
            message = f"Stopped at the first evaluation because {reason}."
        else:
            message = (
                f"Stopped in iteration {ask.iteration} because {reason}; "
                "the best point before that is kept."
            )
        x = ask.points[0].copy() if self.x is None else self.x
        return Solution(x, self.value, False, message, ask.iteration)


def _not_finite(told: Told) -> str:
    """Say what is not finite in an answer, or return an empty string."""
    if not np.isfinite(told.values).all():
        culprit = told.values[~np.isfinite(told.values)][0]
        return f"the cost was {culprit}"
    if told.gradients is not None and not np.isfinite(told.gradients).all():
        return "the gradient had a component that is not finite"
    return ""

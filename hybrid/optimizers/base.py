"""What every optimizer is, what it returns, and the rules that all of them keep."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from hybrid.arrays import FloatArray
from hybrid.ask import Ask, Told


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

    - A value or gradient that is not finite ends the run: no method here can go on from it, and
      several would loop or crash. The Solution is the best point before that.
    - Exact values: the Solution is the lowest point that was evaluated, which is not always where
      a method ends (a failed line search, a finite-difference probe that was lucky).
    - Sampled values (``Told.standard_errors``): the Solution is the method's own answer. The
      lowest of many noisy values is low by luck, and its value is biased by that luck. Only a run
      cut short by a value that is not finite has no answer of its own and falls back to the lowest.
    """
    best_x, best_value, sampled = None, np.inf, False
    with closing(steps):
        ask = next(steps)
        while True:
            told = yield ask
            finite = np.isfinite(told.values)
            lowest = int(np.argmin(np.where(finite, told.values, np.inf)))
            if finite[lowest] and (best_x is None or told.values[lowest] < best_value):
                best_x, best_value = ask.points[lowest].copy(), float(told.values[lowest])
            sampled = sampled or (
                told.standard_errors is not None and bool(np.any(told.standard_errors > 0.0))
            )
            reason = _not_finite(told)
            if reason:
                if best_x is None:
                    message = f"Stopped at the first evaluation because {reason}."
                    first = ask.points[0].copy()
                    return Solution(first, float(told.values[0]), False, message, ask.iteration)
                message = (
                    f"Stopped in iteration {ask.iteration} because {reason}; "
                    "the best point before that is kept."
                )
                return Solution(best_x, best_value, False, message, ask.iteration)
            try:
                ask = steps.send(told)
            except StopIteration as end:
                own: Solution = end.value
                break
    if sampled or best_x is None or own.value <= best_value:
        return own
    return Solution(best_x, best_value, own.success, own.message, own.iterations)


def _not_finite(told: Told) -> str:
    """Say what is not finite in an answer, or return an empty string."""
    if not np.all(np.isfinite(told.values)):
        culprit = told.values[~np.isfinite(told.values)][0]
        return f"the cost was {culprit}"
    if told.gradients is not None and not np.all(np.isfinite(told.gradients)):
        return "the gradient had a component that is not finite"
    return ""

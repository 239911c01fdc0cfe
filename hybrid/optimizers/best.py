"""The rule that selects the best point of a run."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from hybrid.core.arrays import FloatArray, is_finite
from hybrid.core.ask import Ask, Told
from hybrid.core.outcome import Outcome
from hybrid.optimizers.base import Solution, Steps


@dataclass(slots=True)
class Best:
    """The point with the lowest finite value so far.

    - Exact values: the solution is the lowest point evaluated, which is not always the method's
      last one (after a failed line search, or a lower finite-difference probe).
    - Sampled values (``Told.standard_errors``): the solution is the method's own, because the
      lowest of many noisy values is biased. Only a run that is cut short, and so has no solution
      of its own, falls back to the lowest value.

    Attributes:
        x: shape (P,), float64; the first point while no value is finite, None before that.
        value: the value at ``x``; NaN before the first value.
        sampled: whether any value had a standard error.
    """

    x: FloatArray | None = None
    value: float = np.nan
    sampled: bool = False

    def see(self, ask: Ask, told: Told) -> None:
        """Update from an answer; idempotent."""
        row = lowest_row(told.values)
        value = float(told.values[row])
        known = math.isfinite(self.value)
        if self.x is None or (math.isfinite(value) and not (known and self.value <= value)):
            self.x, self.value = ask.points[row].copy(), value
        if told.standard_errors is not None:
            self.sampled = self.sampled or bool(np.any(told.standard_errors > 0.0))

    def of(self, own: Solution) -> Solution:
        """Return the solution of a run whose optimizer returned ``own``."""
        own_is_best = np.isfinite(own.value) and (self.sampled or own.value <= self.value)
        if self.x is None or own_is_best:
            return own
        return replace(own, x=self.x, value=self.value)

    def cut_short(
        self, outcome: Outcome, verb: str, because: str, iteration: int, start: FloatArray
    ) -> Solution:
        """Return the solution of a run that stopped before its optimizer finished.

        Args:
            outcome: how the run ended.
            verb: start of the message, for instance "Interrupted by SIGINT".
            because: the reason, appended to the clause; may be empty.
            iteration: iteration in which it stopped.
            start: the starting point, returned if the run stopped before its first value.
        """
        if self.x is None:
            message = f"{verb} before the first value{because}: x is the start, its value unknown."
            return Solution(start.copy(), np.nan, False, message, 0, outcome)
        found = np.isfinite(self.value)
        kept = "the best point so far is kept" if found else "no value so far is finite"
        message = f"{verb} in iteration {iteration}{because}; {kept}."
        return Solution(self.x, self.value, False, message, iteration, outcome)


def lowest_row(values: FloatArray) -> int:
    """Return the index of the lowest finite value; 0 if no value is finite.

    Example:
        >>> lowest_row(np.array([np.nan, 2.0, -np.inf, 1.0]))
        3
    """
    if len(values) == 1:  # as in most Asks; the search takes longer than the rest of the step
        return 0
    return int(np.where(np.isfinite(values), values, np.inf).argmin())


def keep_best(steps: Steps) -> Steps:
    """Pass ``steps`` through, and return the best point by the rule of :class:`Best`.

    A value, gradient or point that is not finite ends the run (a method's own arithmetic can
    overflow): no method here can continue from it, and several would loop or crash.
    """
    best = Best()
    with closing(steps):
        ask = next(steps)
        start = ask.points[0]
        while True:
            if not is_finite(ask.points):
                because = " because the next point it chose was not finite"
                return best.cut_short(Outcome.NOT_FINITE, "Stopped", because, ask.iteration, start)
            told = yield ask
            best.see(ask, told)
            reason = _not_finite(told)
            if reason:
                because = f" because {reason}"
                return best.cut_short(Outcome.NOT_FINITE, "Stopped", because, ask.iteration, start)
            try:
                ask = steps.send(told)
            except StopIteration as end:
                return best.of(end.value)


def _not_finite(told: Told) -> str:
    """Name what is not finite in an answer; empty if everything is."""
    if not is_finite(told.values):
        culprit = told.values[~np.isfinite(told.values)][0]
        return f"the cost was {culprit}"
    for name, what in _PARTS.items():
        part = getattr(told, name)
        if part is not None and not is_finite(part):
            return f"{what} had a component that is not finite"
    return ""


_PARTS = {
    "gradients": "the gradient",
    "metric": "the metric",
    "variances": "the variance",
    "overlaps": "the overlaps",
    "overlap_gradients": "the gradient of the overlaps",
    "forces": "the force",
}
"""The further answers that optimizers compute with, and their names in messages."""

"""The rule that selects the best point of a run."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from hybrid.core.arrays import FloatArray
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
        values = np.where(np.isfinite(told.values), told.values, np.inf)
        row = int(np.argmin(values))
        if self.x is None or values[row] < self.value or not np.isfinite(self.value):
            self.x, self.value = ask.points[row].copy(), float(told.values[row])
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


def keep_best(steps: Steps, best: Best | None = None) -> Steps:
    """Pass ``steps`` through, and return the best point by the rule of :class:`Best`.

    A value, gradient or point that is not finite ends the run (a method's own arithmetic can
    overflow): no method here can continue from it, and several would loop or crash.

    Args:
        steps: the steps of an optimizer.
        best: receives every answer. If None, a new one.
    """
    best = Best() if best is None else best
    start: FloatArray | None = None
    with closing(steps):
        ask = next(steps)
        while True:
            start = ask.points[0] if start is None else start
            if not np.isfinite(ask.points).all():
                because = " because the next point it chose was not finite"
                return best.cut_short(Outcome.NOT_FINITE, "Stopped", because, ask.iteration, start)
            ask = plain(ask)
            told = yield ask
            best.see(ask, told)
            reason = _not_finite(told)
            if reason:
                because = f" because {reason}"
                return best.cut_short(Outcome.NOT_FINITE, "Stopped", because, ask.iteration, start)
            try:
                ask = steps.send(told)
            except StopIteration as end:
                own: Solution = end.value
                return best.of(own)


def plain(ask: Ask) -> Ask:
    """Convert an Ask to the plain types that messages and journals hold."""
    points = np.ascontiguousarray(ask.points, dtype=np.float64)
    if points is ask.points and type(ask.gradient) is bool and type(ask.iteration) is int:
        return ask
    return replace(
        ask,
        points=points,
        gradient=bool(ask.gradient),
        iteration=int(ask.iteration),
        metric=bool(ask.metric),
        variance=bool(ask.variance),
    )


def _not_finite(told: Told) -> str:
    """Name what is not finite in an answer; empty if everything is."""
    if not np.isfinite(told.values).all():
        culprit = told.values[~np.isfinite(told.values)][0]
        return f"the cost was {culprit}"
    if told.gradients is not None and not np.isfinite(told.gradients).all():
        return "the gradient had a component that is not finite"
    if told.metric is not None and not np.isfinite(told.metric).all():
        return "the metric had a component that is not finite"
    return ""

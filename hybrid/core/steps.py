"""The steps of a run: a generator that yields Asks, receives Tolds and returns a Solution."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Solution:
    """The end of a run.

    Attributes:
        x: shape (P,), float64; the recommended point. Shape (K, P) if ``values`` has K states.
        value: the value at ``x``.
        success: whether the optimizer's own test of convergence was met; for an optimizer without
            one, whether it finished its steps.
        message: why the run stopped, as one sentence.
        iterations: number of iterations, as counted by the optimizer.
        how: the outcome; None derives it from ``success``.
        values: see :class:`hybrid.loop.result.Result`; None if there is one value only.
        operators: see :class:`hybrid.loop.result.Result`.
        at: the point of the Ask that gave ``value``, if ``x`` has another form.
        error_bounds: see :class:`hybrid.loop.result.Result`; None if there are none.
    """

    x: FloatArray
    value: float
    success: bool
    message: str
    iterations: int
    how: Outcome | None = None
    values: FloatArray | None = None
    operators: tuple[str, ...] = ()
    at: FloatArray | None = None
    error_bounds: FloatArray | None = None

    @property
    def outcome(self) -> Outcome:
        """How the run ended."""
        if self.how is not None:
            return self.how
        return Outcome.CONVERGED if self.success else Outcome.FAILED


Steps: TypeAlias = Generator[Ask, Told, Solution]
"""A generator that yields Asks, receives Tolds and returns a Solution."""

Drive: TypeAlias = Callable[[FloatArray, int], Steps]
"""Makes the steps of the run's optimizer from a start, shape (P,), and a seed."""


class CutShort(BaseException):
    """Thrown into the steps of a run to stop it.

    Steps that know more than the best point so far catch it and return their Solution. Not an
    Exception, so that user code does not handle it as an error.

    Args:
        outcome: how the run ends.
        verb: start of the message, for instance "Interrupted by SIGINT".
        because: remainder of the clause, or an empty string.
    """

    def __init__(self, outcome: Outcome, verb: str, because: str) -> None:
        super().__init__(verb)
        self.outcome = outcome
        self.verb = verb
        self.because = because

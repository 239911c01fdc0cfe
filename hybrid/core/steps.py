"""How a run goes, step by step: questions out, answers in, and a solution at its end."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeAlias

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Solution:
    """Where a run ended, and why.

    Attributes:
        x: shape (P,), float64; the point it recommends. Shape (K, P) where ``values`` has K
            states.
        value: the value it was told there.
        success: whether it stopped because its own test of convergence was met; for a method that
            has no such test, whether it finished its steps.
        message: one sentence saying why it stopped.
        iterations: how many iterations it took, in its own count.
        how: why it stopped, for programs; None derives it from ``success``.
        values: see :class:`hybrid.loop.result.Result`; None where there is one value only.
        operators: see :class:`hybrid.loop.result.Result`.
        at: the point of the Ask whose value it is, where ``x`` is written in another form.
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

    @property
    def outcome(self) -> Outcome:
        """Why it stopped."""
        if self.how is not None:
            return self.how
        return Outcome.CONVERGED if self.success else Outcome.FAILED


Steps: TypeAlias = Generator[Ask, Told, Solution]
"""What yields Asks, is sent Tolds and returns a Solution."""

Drive: TypeAlias = Callable[[FloatArray, int], Steps]
"""From a start, shape (P,), and a seed to the steps of the run's optimizer."""


class CutShort(BaseException):
    """Thrown into the steps of a run that is stopped from outside.

    Steps that know more than the best point so far catch it and return their Solution. No
    Exception, so that no handler of a user's takes it for an error.

    Args:
        outcome: how the run ends.
        verb: how the message begins, for instance "Interrupted by SIGINT".
        because: the rest of the clause, or an empty string.
    """

    def __init__(self, outcome: Outcome, verb: str, because: str) -> None:
        super().__init__(verb)
        self.outcome = outcome
        self.verb = verb
        self.because = because

"""How a run ended."""

from __future__ import annotations

from enum import Enum


class Outcome(Enum):
    """How a run ended; values are short names.

    Example:
        >>> Outcome.LIMIT.value, Outcome.LIMIT.verdict
        ('limit', 'not converged: limit')
    """

    CONVERGED = "converged"
    FINISHED = "finished"
    LIMIT = "limit"
    FAILED = "failed"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    NOT_FINITE = "not finite"
    STATIONARY_START = "stationary start"

    @property
    def sentence(self) -> str:
        """One sentence that explains the outcome."""
        return _SENTENCES[self]

    @property
    def verdict(self) -> str:
        """The outcome in a few words, as the heading of a report."""
        short = str(self.value)
        ended = (Outcome.CONVERGED, Outcome.FINISHED, Outcome.STATIONARY_START)
        return short if self in ended else f"not converged: {short}"


_SENTENCES = {
    Outcome.CONVERGED: "The optimizer's test of convergence was met.",
    Outcome.FINISHED: "The optimizer took all its steps; it has no test of convergence.",
    Outcome.LIMIT: "The limit of iterations or evaluations was reached before convergence.",
    Outcome.FAILED: "The optimizer gave up before it converged.",
    Outcome.STOPPED: "An observer asked to stop.",
    Outcome.INTERRUPTED: "A signal or the time limit ended the run.",
    Outcome.NOT_FINITE: "A value, a gradient or the next point was NaN or infinite.",
    Outcome.STATIONARY_START: (
        "The gradient vanishes at the start, and no lower value was found near it."
    ),
}

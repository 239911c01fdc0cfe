"""Replay recorded answers, then compute and record new ones.

A resumed run restarts its optimizer and sends it the recorded answers. The optimizer is
deterministic, so it yields the same Asks and reaches the same state; no optimizer has to save or
restore itself.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import JournalError, Suspended
from hybrid.core.units import count
from hybrid.journal import Answer, Unfinished, Writer
from hybrid.runtime import Done, Stopped, Team, Used


class Answers(Protocol):
    """Where the loop's answers come from."""

    def ask(self, ask: Ask) -> Told:
        """Return the answer to the optimizer's next Ask."""

    def stopped(self, reason: str) -> None:
        """Raise Suspended if the run can be resumed, else return."""

    def completed(self, end: Mapping[str, object]) -> None:
        """Record how the run ended."""

    def stalled(self, report: Mapping[str, object]) -> None:
        """Record a stalled rank; called from any thread."""

    @property
    def replayed(self) -> int:
        """Number of points whose answers were recorded before."""

    @property
    def description(self) -> str | None:
        """The journal and the number of recorded answers, as text; or None."""


class Direct:
    """Answers that the ranks compute, without a journal."""

    description = None
    replayed = 0

    def __init__(self, team: Team[Told]) -> None:
        self._team = team

    def ask(self, ask: Ask) -> Told:
        """Return the answer that the ranks compute."""
        return self._team.ask(ask)

    def stopped(self, reason: str) -> None:
        """Return, because there is nothing to resume from."""

    def completed(self, end: Mapping[str, object]) -> None:
        """Nothing is written down."""

    def stalled(self, report: Mapping[str, object]) -> None:
        """Nothing is written down."""


class Recorded:
    """Answers that are replayed from a journal first, then computed and recorded.

    Args:
        team: the ranks.
        writer: the journal of this run.
        answers: the recorded answers, in order from number 0.
        unfinished: the recorded pieces of the next Ask, if any.
        reproducible: whether a lost answer can be recomputed to the same bits. If not, each one is
            committed before the optimizer sees it.
        strict: whether a differing Ask is an error. If not (a fork), replay ends there.
        ended: whether the journal records the end of the run.
    """

    def __init__(
        self,
        team: Team[Told],
        writer: Writer,
        answers: Iterator[Answer],
        unfinished: Unfinished | None,
        *,
        reproducible: bool,
        strict: bool = True,
        ended: bool = False,
    ) -> None:
        self.replayed = 0
        self._team = team
        self._writer = writer
        self._recorded = answers
        self._unfinished = unfinished
        self._reproducible = reproducible
        self._strict = strict
        self._asked = 0.0
        self._moments = array("d")
        answers_there = count(writer.count, "answer")
        there = f", resumes after {answers_there}" if writer.resumes else ""
        if ended:
            there = f", which holds the whole run: {answers_there}"
        self.description = f"{writer.path}{there}"

    def ask(self, ask: Ask) -> Told:
        """Return the recorded answer, or compute and record it.

        Raises:
            JournalError: the recorded Ask differs, or the journal cannot be written.
        """
        answer = next(self._recorded, None)
        if answer is None:
            return self._computed(ask)
        if not answer.ask.asks_the_same(ask):
            self._diverge(answer.number)
            return self._computed(ask)
        self._team.skip()
        self.replayed += len(ask.points)
        if answer.number >= self._writer.count:
            self._writer.ask(answer.number, ask)
            self._writer.told(answer.number, answer.told, answer.seconds)
        return answer.told

    def stopped(self, reason: str) -> None:
        """Record why the run stops, and raise Suspended."""
        self._writer.event("usage", **_usage(self._team.used()))
        self._writer.event("stop", reason=reason, answers=self._writer.count)
        self._writer.flush()
        answers = count(self._writer.count, "answer")
        raise Suspended(
            reason,
            f"hybrid: stopped by {reason} after {answers}, recorded "
            f"in {self._writer.path}. Start it again in the same way to resume (exit code 75).",
        )

    def completed(self, end: Mapping[str, object]) -> None:
        """Record what the ranks have used, and how the run ended."""
        self._writer.event("usage", **_usage(self._team.used()))
        self._writer.event("completed", **end)
        self._writer.flush()

    def stalled(self, report: Mapping[str, object]) -> None:
        """Record a stalled rank."""
        self._writer.event("stall", **report)
        self._writer.flush()

    def _computed(self, ask: Ask) -> Told:
        number = self._team.number
        known = self._known(number, ask)
        if not known:
            self._writer.ask(number, ask)
        self._moments = array("d")
        self._asked = time.perf_counter()
        try:
            told = self._team.ask(ask, known, self._heard)
        except Stopped:
            self._writer.moments(number, self._moments)
            raise
        self._writer.moments(number, self._moments)
        self._writer.told(number, told, time.perf_counter() - self._asked)
        if not self._reproducible:
            self._writer.flush()
        return told

    def _known(self, number: int, ask: Ask) -> Mapping[int, FloatArray]:
        """Return the recorded partials of an Ask that was not finished."""
        unfinished, self._unfinished = self._unfinished, None
        if unfinished is None or unfinished.number != number:
            return {}
        if not unfinished.ask.asks_the_same(ask):
            self._diverge(number)
            return {}
        return unfinished.partials

    def _diverge(self, number: int) -> None:
        if self._strict or number < self._writer.count:
            raise JournalError(
                f"{self._writer.path}: the optimizer's Ask number {number} differs from the "
                "recorded one although nothing else does: the optimizer, or its input, is not "
                "deterministic. Fork the journal to continue from there"
            )
        self._recorded, self._unfinished = iter(()), None
        self._writer.event("fork", left_record_at=number)

    def _heard(self, done: Done) -> None:
        self._moments.extend((done.piece, done.began - self._asked, done.quantum))
        self._writer.piece(
            self._team.number,
            done.piece,
            done.rank,
            predicted=done.predicted,
            measured=done.seconds,
            partial=done.partial,
        )
        if not self._reproducible:
            self._writer.flush()


def _usage(used: Sequence[Used]) -> dict[str, object]:
    """Return what the ranks have used, by rank, as plain data."""
    return {name: [getattr(each, name) for each in used] for name in Used.__slots__}

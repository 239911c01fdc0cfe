"""Answers from a record as long as it lasts, then from the ranks; new ones are recorded.

A run is resumed by starting its optimizer afresh and giving it the recorded answers. The
optimizer, which is deterministic, asks the same questions again and ends up in the same state,
so no optimizer needs to know how to save itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Protocol

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import JournalError, Suspended
from hybrid.journal import Answer, Unfinished, Writer
from hybrid.runtime import Done, Team


class Answers(Protocol):
    """Where the loop's answers come from."""

    def ask(self, ask: Ask) -> Told:
        """Return the answer to the next question of the optimizer."""

    def stopped(self, reason: str) -> None:
        """End a run that can be resumed: raise Suspended; return where it cannot."""

    def completed(self, end: Mapping[str, object]) -> None:
        """Hear how the run ended."""

    def stalled(self, report: Mapping[str, object]) -> None:
        """Hear of a rank that is late; called from any thread."""

    @property
    def description(self) -> str | None:
        """Where answers are recorded and how many are there, in words; or None."""


class Direct:
    """Answers that the ranks compute, and nobody writes down."""

    description = None

    def __init__(self, team: Team[Told]) -> None:
        self._team = team

    def ask(self, ask: Ask) -> Told:
        """Return the answer of the ranks."""
        return self._team.ask(ask)

    def stopped(self, reason: str) -> None:
        """Return: there is nothing to resume from."""

    def completed(self, end: Mapping[str, object]) -> None:
        """Nothing is written down."""

    def stalled(self, report: Mapping[str, object]) -> None:
        """Nothing is written down."""


class Recorded:
    """Answers that come from a record first, and go into a journal.

    Args:
        team: the ranks.
        writer: the journal of this run.
        answers: what was recorded, in order from number 0.
        unfinished: what was recorded of the question after those.
        reproducible: whether an answer that is lost can be computed again to the same bits. If
            not, each is on the disk before the optimizer sees it.
        strict: whether the record must hold what is asked; a fork leaves its source there.
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
    ) -> None:
        self._team = team
        self._writer = writer
        self._recorded = answers
        self._unfinished = unfinished
        self._reproducible = reproducible
        self._strict = strict
        there = f", goes on after {writer.count} answers" if writer.resumes else ""
        self.description = f"{writer.path}{there}"

    def ask(self, ask: Ask) -> Told:
        """Return the answer from the record, or computed and recorded.

        Raises:
            JournalError: the record holds the answer to another question, or cannot be written.
        """
        answer = next(self._recorded, None)
        if answer is None:
            return self._computed(ask)
        if not answer.ask.asks_the_same(ask):
            self._diverge(answer.number)
            return self._computed(ask)
        self._team.skip()
        if answer.number >= self._writer.count:
            self._writer.ask(answer.number, ask)
            self._writer.told(answer.number, answer.told, answer.seconds)
        return answer.told

    def stopped(self, reason: str) -> None:
        """Write down that and why the run stops, and raise Suspended."""
        self._writer.event("stop", reason=reason, answers=self._writer.count)
        self._writer.flush()
        count = self._writer.count
        raise Suspended(
            reason,
            f"hybrid: stopped by {reason} after {count} answer{'s' * (count != 1)}, kept in "
            f"{self._writer.path}. Start it again in the same way to go on (exit code 75).",
        )

    def completed(self, end: Mapping[str, object]) -> None:
        """Write down how the run ended."""
        self._writer.event("completed", **end)
        self._writer.flush()

    def stalled(self, report: Mapping[str, object]) -> None:
        """Write down that a rank is late."""
        self._writer.event("stall", **report)
        self._writer.flush()

    def _computed(self, ask: Ask) -> Told:
        number = self._team.number
        known = self._known(number, ask)
        if not known:
            self._writer.ask(number, ask)
        start = time.perf_counter()
        told = self._team.ask(ask, known, self._heard)
        self._writer.told(number, told, time.perf_counter() - start)
        if not self._reproducible:
            self._writer.flush()
        return told

    def _known(self, number: int, ask: Ask) -> Mapping[int, FloatArray]:
        """Return what the record holds of a question that was not answered to its end."""
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
                f"{self._writer.path}: the optimizer's question {number} is not the one that was "
                "recorded, though nothing else differs: the optimizer, or what feeds it, is not "
                "deterministic. Fork the journal to go on from there"
            )
        self._recorded, self._unfinished = iter(()), None
        self._writer.event("fork", left_record_at=number)

    def _heard(self, done: Done) -> None:
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

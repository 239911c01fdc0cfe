"""How finished pieces travel from the ranks that ran them to rank 0, and the word to stop back.

Pieces of a short question arrive with one message at its end. Those of a long one arrive a few
times a second, so that rank 0 can write them down while the work goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.runtime.communicator import Communicator
from hybrid.runtime.protocol import Failure, Message, Report, Stall, Stop, decode, encode

_SECONDS_BETWEEN_MESSAGES = 0.25


@dataclass(frozen=True, slots=True)
class Done:
    """A piece that was run.

    Attributes:
        piece: its index.
        rank: who ran it.
        predicted: how long it was expected to take, in seconds, or None.
        seconds: how long it took.
        partial: its partial answer.
    """

    piece: int
    rank: int
    predicted: float | None
    seconds: float
    partial: FloatArray


class Outbox:
    """What a rank other than 0 sends of the question that it works on.

    Args:
        communicator: of the job.
        serial: number of the question in this job, which the word to stop names.
    """

    def __init__(self, communicator: Communicator, serial: int) -> None:
        self._communicator = communicator
        self._serial = serial
        self._waiting: list[Done] = []
        self._sent = time.perf_counter()

    def add(self, done: Done) -> None:
        """Send a finished piece, now or with one of the next."""
        self._waiting.append(done)
        if time.perf_counter() - self._sent > _SECONDS_BETWEEN_MESSAGES:
            self._communicator.post(encode(self._report(is_last=False)), 0)
            self._waiting, self._sent = [], time.perf_counter()

    def close(self, stop: str | None) -> None:
        """Send the rest, and why this rank was told to stop if it was."""
        self._communicator.send(encode(self._report(is_last=True, stop=stop)), 0)

    def give_up(self) -> None:
        """Send the rest; this rank could not go on because another, which says why, has failed."""
        self._communicator.post(encode(self._report(is_last=True)), 0)

    def is_stopped(self) -> bool:
        """Return whether rank 0 has said to stop this question."""
        while self._communicator.has_message(0):
            if decode(self._communicator.receive(0)) == Stop(self._serial):
                return True
        return False

    def _report(self, *, is_last: bool, stop: str | None = None) -> Report:
        waiting = self._waiting
        return Report(
            [done.piece for done in waiting],
            [done.predicted for done in waiting],
            [done.seconds for done in waiting],
            _stacked([done.partial for done in waiting]),
            is_last,
            stop,
        )


def _stacked(partials: list[FloatArray]) -> FloatArray | list[FloatArray]:
    """Return arrays of one kind as one, which is packed and unpacked at once."""
    kinds = {(partial.shape, partial.dtype) for partial in partials}
    alike = len(kinds) == 1 and partials[0].ndim > 0  # the rows of a list of numbers are no arrays
    return np.array(partials) if alike else partials


class Inbox:
    """What rank 0 receives of a question.

    Args:
        communicator: of the job.
        serial: number of the question in this job.
        ranks: that have pieces of it, without rank 0.
        heard: called with every finished piece.
        late: called with what a rank reports of its own lateness.

    Attributes:
        waiting: ranks that have not sent their last message.
        failure: the first failure that came.
        stop: why a rank stopped early, where one did.
    """

    def __init__(
        self,
        communicator: Communicator,
        serial: int,
        ranks: Iterable[int],
        heard: Callable[[Done], None],
        late: Callable[[Stall], None],
    ) -> None:
        self._communicator = communicator
        self._serial = serial
        self._heard = heard
        self._late = late
        self._told_to_stop = False
        self.waiting = set(ranks)
        self.failure: Failure | None = None
        self.stop: str | None = None

    def look(self) -> bool:
        """Take in what has come; return whether everything has."""
        for rank in sorted(self.waiting):
            while rank in self.waiting and self._communicator.has_message(rank):
                self._take(rank, decode(self._communicator.receive(rank)))
        return not self.waiting

    def tell_to_stop(self) -> None:
        """Tell the ranks that still work to stop after the piece at hand; once."""
        if not self._told_to_stop:
            self._told_to_stop = True
            for rank in sorted(self.waiting):
                self._communicator.post(encode(Stop(self._serial)), rank)

    def _take(self, rank: int, message: Message) -> None:
        match message:
            case Failure():
                self.waiting.discard(rank)
                self.failure = self.failure or message
            case Stall():
                self._late(message)
            case Report(pieces, predicted, seconds, partials, is_last, stop):
                for columns in zip(pieces, predicted, seconds, partials, strict=True):
                    piece, expected, took, partial = columns
                    self._heard(Done(piece, rank, expected, took, partial))
                if is_last:
                    self.waiting.discard(rank)
                    self.stop = self.stop or stop

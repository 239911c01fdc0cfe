"""Send finished pieces to rank 0, and stops back to the ranks.

The pieces of a short Ask are sent in one message at its end. Those of a long Ask are sent a few
times per second, so that rank 0 can record them during the Ask.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.runtime.clocks import Clocks
from hybrid.runtime.communicator import Communicator
from hybrid.runtime.protocol import Failure, Message, Report, Stall, Stop, decode, encode

_SECONDS_BETWEEN_MESSAGES = 0.25


@dataclass(frozen=True, slots=True)
class Done:
    """A finished piece.

    Attributes:
        piece: index of the piece.
        rank: the rank that ran it.
        predicted: predicted duration in seconds, or None.
        began: when it began, on the performance counter; on rank 0, that of rank 0.
        seconds: measured duration.
        quantum: how much of it was spent in circuits; the rest is classical.
        partial: the partial answer.
    """

    piece: int
    rank: int
    predicted: float | None
    began: float
    seconds: float
    quantum: float
    partial: FloatArray


class Outbox:
    """Sends the finished pieces of a rank to rank 0.

    Args:
        communicator: communicator of the job.
        serial: number of the Ask in this job, referred to by :class:`Stop`.
    """

    def __init__(self, communicator: Communicator, serial: int) -> None:
        self._communicator = communicator
        self._serial = serial
        self._waiting: list[Done] = []
        self._heard = self._sent = time.perf_counter()

    def add(self, done: Done) -> None:
        """Send a finished piece, now or together with later ones."""
        self._waiting.append(done)
        if time.perf_counter() - self._sent > _SECONDS_BETWEEN_MESSAGES:
            self._communicator.post(encode(self._report(is_last=False)), 0)
            self._waiting, self._sent = [], time.perf_counter()

    def close(self, stop: str | None) -> None:
        """Send the remaining pieces, and the reason if this rank stopped early."""
        self._communicator.send(encode(self._report(is_last=True, stop=stop)), 0)

    def give_up(self) -> None:
        """Send the remaining pieces, after another rank of the group has failed."""
        self._communicator.post(encode(self._report(is_last=True)), 0)

    def is_stopped(self) -> bool:
        """Return whether rank 0 has sent a stop for this Ask."""
        while self._communicator.has_message(0):
            if decode(self._communicator.receive(0)) == Stop(self._serial):
                return True
        return False

    def _report(self, *, is_last: bool, stop: str | None = None) -> Report:
        waiting = self._waiting
        return Report(
            [done.piece for done in waiting],
            [done.predicted for done in waiting],
            [done.began for done in waiting],
            [done.seconds for done in waiting],
            [done.quantum for done in waiting],
            _stacked([done.partial for done in waiting]),
            self._heard,
            is_last,
            stop,
        )


def _stacked(partials: list[FloatArray]) -> FloatArray | list[FloatArray]:
    """Stack arrays of equal shape and dtype into one, which is faster to serialise."""
    kinds = {(partial.shape, partial.dtype) for partial in partials}
    alike = len(kinds) == 1 and partials[0].ndim > 0  # rows of a 1-d array are not arrays
    return np.array(partials) if alike else partials


class Inbox:
    """Receives the pieces of an Ask on rank 0.

    Args:
        communicator: communicator of the job.
        serial: number of the Ask in this job.
        ranks: ranks with pieces, without rank 0.
        heard: called with every finished piece.
        late: called with a rank's report of a stall.
        clocks: the clocks of the ranks.

    Attributes:
        waiting: ranks that have not sent their last message.
        failure: the first failure received, or None.
        stop: why a rank stopped early, or None.
    """

    def __init__(
        self,
        communicator: Communicator,
        serial: int,
        ranks: Iterable[int],
        heard: Callable[[Done], None],
        late: Callable[[Stall], None],
        clocks: Clocks,
    ) -> None:
        self._communicator = communicator
        self._serial = serial
        self._heard = heard
        self._late = late
        self._clocks = clocks
        self._told = time.perf_counter()
        self._told_to_stop = False
        self.waiting = set(ranks)
        self.failure: Failure | None = None
        self.stop: str | None = None

    def look(self) -> bool:
        """Receive pending messages; return whether all ranks have sent their last."""
        for rank in sorted(self.waiting):
            while rank in self.waiting and self._communicator.has_message(rank):
                self._take(rank, decode(self._communicator.receive(rank)))
        return not self.waiting

    def tell_to_stop(self) -> None:
        """Tell the remaining ranks, once, to stop after their current piece."""
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
            case Report():
                self._take_pieces(rank, message)
                if message.is_last:
                    self.waiting.discard(rank)
                    self.stop = self.stop or message.stop

    def _take_pieces(self, rank: int, report: Report) -> None:
        ahead = self._clocks.ahead(rank, report.heard, self._told)
        columns = (report.predicted, report.began, report.seconds, report.quantum, report.partials)
        for piece, expected, began, *rest in zip(report.pieces, *columns, strict=True):
            self._heard(Done(piece, rank, expected, began - ahead, *rest))

"""The overhead of an Ask besides its pieces: sending it, its partials, and work on rank 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hybrid.core.piece import Piece
from hybrid.machine import Machine

RECEIVE_SECONDS = 3e-5
"""Time of rank 0 per report: probe, receive, unpack; measured on one host."""
_UNKNOWN_BYTES = 64
"""Assumed size of a partial answer of unknown size."""
_COPIES = 4
"""Copies of the partials' bytes on their way into the answer."""


@dataclass(frozen=True)
class Traffic:
    """The bytes of an Ask.

    Attributes:
        asked: size of the Ask, which every rank with work receives.
        answered: total size of all partial answers.
    """

    asked: int
    answered: int

    @staticmethod
    def of(pieces: Sequence[Piece]) -> Traffic:
        """Return the traffic of all pieces of an Ask."""
        asked = max((piece.work.asked for piece in pieces if piece.work is not None), default=0)
        return Traffic(asked, sum(map(answer_bytes, pieces)))

    def seconds(self, machine: Machine, count: int) -> float:
        """Return the overhead of an Ask, in seconds, if ``count`` ranks have work."""
        around = around_seconds(machine, self.answered)
        if count == 1:
            return around
        from_others = self.answered * (count - 1) / count
        back = machine.latency + (count - 1) * RECEIVE_SECONDS + from_others / machine.bandwidth
        return around + down_seconds(machine, count, self.asked) + back


def answer_bytes(piece: Piece) -> int:
    """Return the bytes of a piece's partial answer."""
    return _UNKNOWN_BYTES if piece.work is None else piece.work.answered


def down_seconds(machine: Machine, count: int, asked: int) -> float:
    """Return the seconds a tree of messages takes to bring the Ask to ``count`` ranks."""
    return math.ceil(math.log2(count)) * (machine.latency + asked / machine.bandwidth)


def around_seconds(machine: Machine, answered: int) -> float:
    """Return seconds of rank 0 around the pieces: planning, and combining the partials."""
    return machine.ask_seconds + _COPIES * answered / machine.copy_bandwidth

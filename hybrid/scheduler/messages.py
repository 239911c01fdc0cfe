"""What an Ask takes beside its pieces: on its way out, on its way back, and on rank 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hybrid.core.piece import Piece
from hybrid.machine import Machine

RECEIVE_SECONDS = 3e-5
"""What rank 0 does for each rank's report: probe, receive, unpack; measured on one host."""
_UNKNOWN_BYTES = 64
"""Taken for a partial answer of which nothing is known."""
_COPIES = 4
"""How often the bytes of all partials are moved until they are the answer."""


@dataclass(frozen=True)
class Traffic:
    """The bytes of an Ask.

    Attributes:
        asked: of the question, which every rank with work receives.
        answered: of all partial answers together.
    """

    asked: int
    answered: int

    @staticmethod
    def of(pieces: Sequence[Piece]) -> Traffic:
        """Return the traffic of all pieces of an Ask."""
        asked = max((piece.work.asked for piece in pieces if piece.work is not None), default=0)
        return Traffic(asked, sum(map(answer_bytes, pieces)))

    def seconds(self, machine: Machine, count: int) -> float:
        """Return what an Ask takes beside its pieces, where ``count`` ranks have work."""
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
    """Return after how long the last of ``count`` ranks with work has the question, by a tree."""
    return math.ceil(math.log2(count)) * (machine.latency + asked / machine.bandwidth)


def around_seconds(machine: Machine, answered: int) -> float:
    """Return what rank 0 does around the pieces: it finds the plan and combines the partials."""
    return machine.ask_seconds + _COPIES * answered / machine.copy_bandwidth

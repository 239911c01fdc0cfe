"""Several evaluations combined into one, so that their pieces share the ranks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.piece import Piece
from hybrid.core.work import Sharding, Work
from hybrid.sharding import Group
from hybrid.simulators.base import Evaluation


@dataclass(frozen=True)
class Part:
    """One of several evaluations.

    Attributes:
        evaluation: answers the Ask.
        ask: the Ask.
        num_qubits: width of its circuits.
    """

    evaluation: Evaluation[Any]
    ask: Ask
    num_qubits: int


@dataclass(frozen=True)
class Together(Evaluation[list[Any]]):
    """Evaluations of different circuits; its pieces are those of all parts, in order.

    It ignores the points of its Ask: each part has an Ask of its own.

    Attributes:
        parts: evaluations with their Asks.
    """

    parts: tuple[Part, ...]

    @property
    def description(self) -> str:
        """One line."""
        kinds = dict.fromkeys(part.evaluation.description for part in self.parts)
        return f"{len(self.parts)} evaluations: {'; '.join(kinds)}"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return the pieces of all parts, numbered consecutively."""
        return tuple(
            replace(piece, index=start + piece.index)
            for start, pieces in zip(self._starts, self._pieces, strict=True)
            for piece in pieces
        )

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Run a piece in its part."""
        part, own = self._own(piece)
        return part.evaluation.run(part.ask, own, seed=seed, threads=threads)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> list[Any]:
        """Return the answers of all parts, in order."""
        return [
            part.evaluation.combine(part.ask, partials[start : start + len(pieces)])
            for part, start, pieces in zip(self.parts, self._starts, self._pieces, strict=True)
        ]

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the work of a piece in its part."""
        part, own = self._own(piece)
        return part.evaluation.work(part.ask, own)

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a partial answer in its part."""
        part, own = self._own(piece)
        return part.evaluation.partial_bytes(part.ask, own)

    @property
    def may_distribute(self) -> bool:
        """Whether all parts may."""
        return bool(self.parts) and all(part.evaluation.may_distribute for part in self.parts)

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return the distributions that all parts share, each with the needs of the largest."""
        found = [
            {each.shards: each for each in part.evaluation.shardings(part.ask)}
            for part in self.parts
        ]
        common = set[int]().union(*found).intersection(*found) if found else set()
        return tuple(
            max((each[shards] for each in found), key=lambda sharding: sharding.memory_bytes)
            for shards in sorted(common)
        )

    def on_group(self, group: Group) -> Together:
        """Return the evaluations of all parts on a group."""
        return Together(
            tuple(replace(each, evaluation=each.evaluation.on_group(group)) for each in self.parts)
        )

    @property
    def reproducible(self) -> bool:
        """Whether all parts are reproducible."""
        return all(part.evaluation.reproducible for part in self.parts)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the most bytes that a piece of any part allocates."""
        return max((part.evaluation.memory_bytes(part.ask) for part in self.parts), default=0)

    def _own(self, piece: Piece) -> tuple[Part, Piece]:
        number = bisect_right(self._starts, piece.index) - 1
        return self.parts[number], self._pieces[number][piece.index - self._starts[number]]

    @cached_property
    def _pieces(self) -> tuple[tuple[Piece, ...], ...]:
        return tuple(part.evaluation.pieces(part.ask) for part in self.parts)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        """Index of the first piece of each part."""
        ends = accumulate((len(pieces) for pieces in self._pieces), initial=0)
        return tuple(ends)[: len(self.parts)]

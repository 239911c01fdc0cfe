"""Arguments of user-defined workloads: a piece with its Ask, and partials with theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.piece import EVERY_POINT, Piece


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of an Ask on the rank that runs it.

    Attributes:
        piece: the piece; its ``index``, ``axis``, ``start`` and ``stop`` are attributes here too.
        ask: the whole Ask.
        seed: seed of the piece, the same on every rank.
        threads: number of threads of the piece.

    Example:
        >>> task = Task(Piece(0, "samples", 2, 4, point=0), Ask(np.zeros((1, 3))), 7, 1)
        >>> list("abcdef"[task.slice]), task.point.shape
        (['c', 'd'], (3,))
    """

    piece: Piece
    ask: Ask
    seed: int
    threads: int

    @property
    def index(self) -> int:
        """Position in the order in which partials are combined."""
        return self.piece.index

    @property
    def axis(self) -> str:
        """The axis along which the Ask was split."""
        return self.piece.axis

    @property
    def start(self) -> int:
        """First unit along the axis."""
        return self.piece.start

    @property
    def stop(self) -> int:
        """One past the last unit."""
        return self.piece.stop

    @property
    def slice(self) -> slice:
        """The units as a slice, to index data."""
        return slice(self.piece.start, self.piece.stop)

    @property
    def points(self) -> FloatArray:
        """The parameter points of the piece, shape (k, P)."""
        if self.piece.axis == "points":
            return self.ask.points[self.slice]
        if self.piece.point == EVERY_POINT:
            return self.ask.points
        return self.ask.points[self.piece.point : self.piece.point + 1]

    @property
    def point(self) -> FloatArray:
        """The parameter point of the piece, shape (P,)."""
        point: FloatArray = self.points[0]
        return point

    @property
    def gradient(self) -> bool:
        """Whether a gradient is requested."""
        return self.ask.gradient

    def rng(self) -> np.random.Generator:
        """Return a random generator, seeded by the piece."""
        return np.random.default_rng(self.seed)

    def __str__(self) -> str:
        """Return a description of the piece, for messages."""
        return name_of(self.piece)


@dataclass(frozen=True, slots=True)
class Partials(Sequence[FloatArray]):
    """All partial answers of an Ask, in the order of the pieces.

    Attributes:
        ask: the Ask.
        pieces: the pieces of the Ask.
        arrays: the result of ``run`` for each piece, as float64 arrays.
    """

    ask: Ask
    pieces: tuple[Piece, ...]
    arrays: tuple[FloatArray, ...]

    @overload
    def __getitem__(self, index: int) -> FloatArray: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[FloatArray]: ...

    def __getitem__(self, index: int | slice) -> FloatArray | Sequence[FloatArray]:
        """Return the partial of a piece, or of several."""
        return self.arrays[index]

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self.arrays)

    def __iter__(self) -> Iterator[FloatArray]:
        """Yield the partials in the order of the pieces."""
        return iter(self.arrays)

    def of_point(self, point: int) -> tuple[FloatArray, ...]:
        """Return the partials of one point of the Ask."""
        pairs = zip(self.pieces, self.arrays, strict=True)
        return tuple(array for piece, array in pairs if piece.point in (point, EVERY_POINT))


def name_of(piece: Piece) -> str:
    """Return a description of a piece, for messages.

    Example:
        >>> name_of(Piece(3, "samples", 30, 40, point=0))
        'piece 3 (samples 30 to 39 of point 0)'
    """
    last = piece.stop - 1
    units = f"{piece.start}" if last == piece.start else f"{piece.start} to {last}"
    where = "" if piece.point == EVERY_POINT else f" of point {piece.point}"
    return f"piece {piece.index} ({piece.axis} {units}{where})"

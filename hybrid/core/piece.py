"""The smallest unit of scheduling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from hybrid.core.work import Work

EVERY_POINT = -1
"""Marks a piece that belongs to no single point of its Ask."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A slice of the work of one Ask; depends on the problem only, never on the machine.

    Attributes:
        index: position in the order of combining partial answers; also keys the seed.
        axis: sliced axis: ``points``, ``circuits`` (points and parameter-shift components in one
            list), ``components`` of a gradient, ``samples`` of data, ``terms``, ``shots``, or a
            user-defined name.
        start: first unit along that axis.
        stop: one past the last unit.
        cost: relative cost, comparable between pieces of one Ask.
        point: index of its point in the Ask, or ``EVERY_POINT``.
        work: counted work, or None if unknown; priced by the scheduler.
    """

    index: int
    axis: str
    start: int
    stop: int
    cost: float = 1.0
    point: int = EVERY_POINT
    work: Work | None = None

    def __len__(self) -> int:
        """Return the number of units."""
        return self.stop - self.start


@lru_cache(maxsize=4)
def slices(num_units: int, grain: int, axis: str, cost_per_unit: float = 1.0) -> tuple[Piece, ...]:
    """Return pieces of at most ``grain`` consecutive units that cover ``num_units`` in order.

    Example:
        >>> [(piece.start, piece.stop) for piece in slices(5, 2, "points")]
        [(0, 2), (2, 4), (4, 5)]
    """
    starts = range(0, num_units, grain)
    return tuple(
        Piece(index, axis, start, stop, (stop - start) * cost_per_unit)
        for index, start in enumerate(starts)
        for stop in [min(start + grain, num_units)]
    )

"""A few integers that any rank may read and change while their owner is busy."""

from __future__ import annotations

from typing import Protocol

NUM_CELLS = 2
"""Cells of each owner."""
GROUP = 64
"""At most so many ranks share the cells of one owner."""


class Cells(Protocol):
    """Integers of 64 bits at owners, zero at first; every operation is atomic and one-sided."""

    def fetch_add(self, owner: int, cell: int, amount: int) -> int:
        """Add to a cell of a rank, and return what was there before."""

    def put(self, owner: int, cell: int, value: int) -> None:
        """Set a cell of a rank; it is seen by all when this returns."""


class LocalCells:
    """The cells of a job of one rank."""

    def __init__(self) -> None:
        self._cells = [0] * NUM_CELLS

    def fetch_add(self, owner: int, cell: int, amount: int) -> int:
        """Add, and return what was there before."""
        before = self._cells[cell]
        self._cells[cell] += amount
        return before

    def put(self, owner: int, cell: int, value: int) -> None:
        """Set a cell."""
        self._cells[cell] = value


def owners(size: int, group: int = GROUP) -> list[int]:
    """Return the first rank of each group, as even as can be, of a job of ``size`` ranks.

    Example:
        >>> owners(64), owners(9, group=4)
        ([0], [0, 3, 6])
    """
    groups = num_groups(size, group)
    return [-(-number * size // groups) for number in range(groups)]


def owner_of(rank: int, size: int, group: int = GROUP) -> int:
    """Return the first rank of a rank's group, which owns the cells of the group.

    Example:
        >>> [owner_of(rank, 9, group=4) for rank in range(9)]
        [0, 0, 0, 3, 3, 3, 6, 6, 6]
    """
    groups = num_groups(size, group)
    return -(-(rank * groups // size) * size // groups)


def num_groups(size: int, group: int = GROUP) -> int:
    """Return how many groups a job of ``size`` ranks has.

    Example:
        >>> num_groups(64), num_groups(10_000)
        (1, 157)
    """
    return -(-size // group)

"""Shared integers that any rank may access while their owner is busy."""

from __future__ import annotations

from typing import Protocol

NUM_CELLS = 2
"""Number of cells of each owner."""
GROUP = 64
"""Maximum number of ranks that share the cells of one owner."""


class Cells(Protocol):
    """64-bit integers at owners, initially zero; operations are atomic and one-sided."""

    def fetch_add(self, owner: int, cell: int, amount: int) -> int:
        """Add to a cell of a rank; return its previous value."""

    def put(self, owner: int, cell: int, value: int) -> None:
        """Set a cell of a rank; visible to all ranks on return."""


class LocalCells:
    """The cells of a job of one rank."""

    def __init__(self) -> None:
        self._cells = [0] * NUM_CELLS

    def fetch_add(self, owner: int, cell: int, amount: int) -> int:
        """Add to a cell; return its previous value."""
        before = self._cells[cell]
        self._cells[cell] += amount
        return before

    def put(self, owner: int, cell: int, value: int) -> None:
        """Set a cell."""
        self._cells[cell] = value


def owners(size: int, group: int = GROUP) -> list[int]:
    """Return the first rank of each group; groups of ``size`` ranks are as even as possible.

    Example:
        >>> owners(64), owners(9, group=4)
        ([0], [0, 3, 6])
    """
    groups = num_groups(size, group)
    return [-(-number * size // groups) for number in range(groups)]


def owner_of(rank: int, size: int, group: int = GROUP) -> int:
    """Return the owner of a rank's cells, the first rank of its group.

    Example:
        >>> [owner_of(rank, 9, group=4) for rank in range(9)]
        [0, 0, 0, 3, 3, 3, 6, 6, 6]
    """
    groups = num_groups(size, group)
    return -(-(rank * groups // size) * size // groups)


def num_groups(size: int, group: int = GROUP) -> int:
    """Return the number of groups in a job of ``size`` ranks.

    Example:
        >>> num_groups(64), num_groups(10_000)
        (1, 157)
    """
    return -(-size // group)

"""A few integers that any rank may read and change while their owner is busy."""

from __future__ import annotations

from typing import Protocol

NUM_CELLS = 4096
"""Cells of each owner."""
OWNER_STEP = 64
"""Every so many ranks, one owns cells."""


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

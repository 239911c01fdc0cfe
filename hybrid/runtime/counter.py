"""Pieces handed out by counters in shared cells: each index once, to whoever is free.

Up to 64 ranks draw from one counter. In larger jobs each 64 ranks draw from a counter at the
first of them, which is refilled from rank 0 in chunks, so that rank 0 is asked seldom.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from hybrid.runtime.cells import NUM_CELLS, OWNER_STEP, Cells

_ROOT, _TICKETS, _SLOTS = 0, 1, 2
"""Cells: the counter at rank 0, the tickets of a group, and the first of its chunks."""

_MOST = 1 << 40
"""Counters do not come this far."""
_EPOCH = 1 << 42
_CHUNKS_PER_GROUP = 16
"""Chunks that each group draws if all are equally fast: few draws, and a short tail."""


class SharedCounter:
    """Hands out the numbers 0, 1, 2 .. once each to the ranks that ask.

    Args:
        cells: shared by all ranks.
        rank, size: of this process and of the job.
        group: so many ranks share a counter of their own where there are more than that.

    Example:
        >>> from hybrid.runtime.cells import LocalCells
        >>> list(SharedCounter(LocalCells(), 0, 1).draw(3, epoch=1))
        [0, 1, 2]
    """

    def __init__(self, cells: Cells, rank: int, size: int, group: int = OWNER_STEP) -> None:
        self._cells = cells
        self._leader = rank - rank % group
        self._leaders = range(0, size, group)
        self._hierarchical = size > group

    def reset(self) -> None:
        """Start again from 0; by rank 0, while no rank draws."""
        self._cells.put(0, _ROOT, 0)
        if self._hierarchical:
            for leader in self._leaders:
                self._cells.put(leader, _TICKETS, 0)

    def draw(self, total: int, epoch: int) -> Iterator[int]:
        """Yield numbers below ``total`` that no other rank gets, until there are no more.

        Args:
            total: the same on all ranks.
            epoch: at least 1, the same on all ranks, another after each :meth:`reset`.
        """
        take = self._from_group if self._hierarchical else self._from_root
        while (number := take(total, epoch)) < total:
            yield number

    def _from_root(self, total: int, epoch: int) -> int:
        return self._cells.fetch_add(0, _ROOT, 1)

    def _from_group(self, total: int, epoch: int) -> int:
        """Draw a ticket of the group; whoever opens a chunk fetches it for the others."""
        chunk = chunk_size(total, len(self._leaders))
        number, place = divmod(self._cells.fetch_add(self._leader, _TICKETS, 1), chunk)
        slot = _SLOTS + number
        if slot >= NUM_CELLS:
            return total
        if place == 0:
            start = min(self._cells.fetch_add(0, _ROOT, chunk), _MOST)
            self._cells.put(self._leader, slot, epoch * _EPOCH + start)
            return start
        pause = 1e-6
        while (published := self._cells.fetch_add(self._leader, slot, 0)) // _EPOCH != epoch:
            time.sleep(pause)
            pause = min(2.0 * pause, 1e-3)
        return published % _EPOCH + place


def chunk_size(total: int, num_groups: int) -> int:
    """Return how many numbers a group draws at once from rank 0.

    Example:
        >>> chunk_size(1_000_000, 157), chunk_size(100, 157)
        (398, 1)
    """
    enough = -(-total // (NUM_CELLS - _SLOTS - 2 * OWNER_STEP))
    return max(1, total // (num_groups * _CHUNKS_PER_GROUP), enough)

"""Dynamic distribution of pieces by shared counters.

Up to 64 ranks draw single pieces from one counter. In larger jobs, groups of at most 64 ranks share
a chunk of pieces, and draw the next chunk from rank 0 when it is used up. Chunks shrink towards the
end (factoring: Hummel, Schonberg and Flynn, Commun. ACM 35, 90 (1992)), so that rank 0 has few
requests and all groups still end together.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np

from hybrid.runtime.cells import GROUP, Cells, num_groups, owner_of, owners

_NEXT, _AT_HAND = 0, 1
"""Cells: the next chunk, at rank 0; a group's current chunk and place in it, at its owner."""
_PLACES = 1 << 32
"""A current chunk is encoded as number * _PLACES + place, with numbers from 1; 0 means none."""
_SHARE = 0.25
"""Fraction of the remaining work in the next chunks of all groups together."""


class SharedCounter:
    """Distributes the numbers 0, 1, 2, ..., each to one rank.

    Args:
        cells: cells shared by all ranks.
        rank, size: rank of this process and size of the job.
        group: maximum number of ranks that share a chunk.

    Example:
        >>> from hybrid.runtime.cells import LocalCells
        >>> list(SharedCounter(LocalCells(), 0, 1).draw(chunks([1.0] * 3, 1)))
        [0, 1, 2]
    """

    def __init__(self, cells: Cells, rank: int, size: int, group: int = GROUP) -> None:
        self._cells = cells
        self._size = size
        self._group = group
        self._owner = owner_of(rank, size, group)

    def reset(self) -> None:
        """Restart from 0; on rank 0, while no rank draws."""
        self._cells.put(0, _NEXT, 0)
        if self._grouped:
            for owner in owners(self._size, self._group):
                self._cells.put(owner, _AT_HAND, 0)

    def draw(self, bounds: Sequence[int]) -> Iterator[int]:
        """Yield the numbers of this rank until all are taken.

        Args:
            bounds: bounds of the chunks, see :func:`chunks`; the same on all ranks.
        """
        return self._from_group(bounds) if self._grouped else self._from_all(bounds)

    @property
    def _grouped(self) -> bool:
        return self._size > self._group

    def _from_all(self, bounds: Sequence[int]) -> Iterator[int]:
        while (chunk := self._cells.fetch_add(0, _NEXT, 1)) < len(bounds) - 1:
            yield from range(bounds[chunk], bounds[chunk + 1])

    def _from_group(self, bounds: Sequence[int]) -> Iterator[int]:
        """Take places of the current chunk; the first rank past its end fetches the next chunk."""
        cells, owner = self._cells, self._owner
        while True:
            chunk, place = divmod(cells.fetch_add(owner, _AT_HAND, 1), _PLACES)
            if chunk >= len(bounds):
                return
            size = bounds[chunk] - bounds[chunk - 1] if chunk else 0
            if place < size:
                yield bounds[chunk - 1] + place
            elif place == size:
                chunk = 1 + cells.fetch_add(0, _NEXT, 1)
                cells.put(owner, _AT_HAND, chunk * _PLACES + 1)
                if chunk < len(bounds):
                    yield bounds[chunk - 1]
            else:
                self._wait_for_more(chunk)

    def _wait_for_more(self, used_up: int) -> None:
        pause = 1e-6
        while self._cells.fetch_add(self._owner, _AT_HAND, 0) // _PLACES == used_up:
            time.sleep(pause)
            pause = min(2.0 * pause, 1e-3)


def chunks(costs: Sequence[float], size: int, group: int = GROUP) -> Sequence[int]:
    """Return the starts of the chunks, and the end of the last; the same on every rank.

    Args:
        costs: costs of the pieces, in order, in any unit; all equal if unknown.
        size: size of the job.
        group: maximum number of ranks that share a chunk.

    Example:
        >>> chunks([1.0] * 12, 2, group=1), chunks([1.0] * 3, 2)
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], range(0, 4))
    """
    groups, total = num_groups(size, group), len(costs)
    if groups == 1:
        return range(total + 1)
    weights = np.asarray(costs, dtype=np.float64)
    done = np.concatenate([[0.0], np.cumsum(weights if weights.any() else np.ones(total))])
    bounds = [0]
    while bounds[-1] < total:
        start = bounds[-1]
        share = done[start] + _SHARE * (done[-1] - done[start]) / groups
        bounds.append(max(start + 1, int(np.searchsorted(done, share, side="right")) - 1))
    return bounds

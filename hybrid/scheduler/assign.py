"""Pieces to ranks: longest first, each to the rank that is free first."""

from __future__ import annotations

import heapq
from functools import lru_cache

from hybrid.piece import Piece
from hybrid.plan import Plan


@lru_cache(maxsize=64)
def assign(pieces: tuple[Piece, ...], num_ranks: int) -> Plan:
    """Return the plan that gives each piece, longest first, to the rank that is free first.

    Longest-processing-time scheduling ends within 4/3 of the best possible time
    (Graham, SIAM J. Appl. Math. 17, 416 (1969)). Ties go to the lower rank.

    Args:
        pieces: by index from 0.
        num_ranks: at least 1.

    Example:
        >>> from hybrid.piece import slices
        >>> assign(slices(4, 1, "points"), 2).assignment
        ((0, 2), (1, 3))
    """
    loads = [(0.0, rank) for rank in range(num_ranks)]
    assignment: list[list[int]] = [[] for _ in range(num_ranks)]
    for piece in sorted(pieces, key=_longest_first):
        load, rank = heapq.heappop(loads)
        assignment[rank].append(piece.index)
        heapq.heappush(loads, (load + piece.cost, rank))
    return Plan(pieces, tuple(tuple(sorted(indices)) for indices in assignment))


def _longest_first(piece: Piece) -> tuple[float, int]:
    return -piece.cost, piece.index

"""Assigning pieces to ranks, longest first."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from hybrid.core.piece import Piece
from hybrid.core.plan import Plan


def assign(pieces: tuple[Piece, ...], num_ranks: int) -> Plan:
    """Return a plan that assigns pieces, longest first, to the rank that is free first.

    Uses ``cost`` as the time of a piece and assumes identical ranks. Ties go to the lower rank.

    Args:
        pieces: pieces with indices 0, 1, ...
        num_ranks: number of ranks, at least 1.

    Example:
        >>> from hybrid.core.piece import slices
        >>> assign(slices(4, 1, "points"), 2).assignment
        ((0, 2), (1, 3))
    """
    costs = [piece.cost for piece in pieces]
    places = longest_first(costs, range(num_ranks), [1.0] * num_ranks)
    return Plan(pieces, by_index(pieces, places))


def by_index(
    pieces: tuple[Piece, ...], assignment: tuple[tuple[int, ...], ...]
) -> tuple[tuple[int, ...], ...]:
    """Convert an assignment of positions in ``pieces`` to one of piece indices."""
    if all(piece.index == place for place, piece in enumerate(pieces)):
        return assignment
    return tuple(tuple(pieces[place].index for place in places) for places in assignment)


def longest_first(
    costs: Sequence[float], ranks: Sequence[int], speeds: Sequence[float]
) -> tuple[tuple[int, ...], ...]:
    """Return the positions of each rank's pieces, ascending.

    Longest-processing-time scheduling is within 4/3 of the optimal makespan for identical ranks
    (Graham, SIAM J. Appl. Math. 17, 416 (1969)) and within 2 for ranks of different speeds
    (Gonzalez, Ibarra and Sahni, SIAM J. Comput. 6, 155 (1977)); the gap never exceeds one piece.

    Args:
        costs: costs of the pieces, on a rank of speed 1.
        ranks: ranks that may get pieces, in order of preference.
        speeds: speeds of all ranks.
    """
    assignment: list[list[int]] = [[] for _ in speeds]
    order = sorted(range(len(costs)), key=lambda index: (-costs[index], index))
    chosen = [speeds[rank] for rank in ranks]
    if len(set(chosen)) == 1:
        _alike(costs, order, ranks, assignment)
    else:
        _unlike(costs, order, ranks, speeds, assignment)
    return tuple(tuple(sorted(indices)) for indices in assignment)


def _alike(
    costs: Sequence[float], order: Sequence[int], ranks: Sequence[int], to: list[list[int]]
) -> None:
    ends = [(0.0, place) for place in range(len(ranks))]
    for index in order:
        end, place = ends[0]
        to[ranks[place]].append(index)
        heapq.heapreplace(ends, (end + costs[index], place))


def _unlike(
    costs: Sequence[float],
    order: Sequence[int],
    ranks: Sequence[int],
    speeds: Sequence[float],
    to: list[list[int]],
) -> None:
    """Keep one heap per speed: of ranks of one speed, the first free finishes first."""
    heaps: dict[float, list[tuple[float, int]]] = {}
    for place, rank in enumerate(ranks):
        heaps.setdefault(speeds[rank], []).append((0.0, place))
    for index in order:
        ends = [
            (heap[0][0] + costs[index] / speed, heap[0][1], speed) for speed, heap in heaps.items()
        ]
        end, place, speed = min(ends)
        to[ranks[place]].append(index)
        heapq.heapreplace(heaps[speed], (end, place))


def seconds_of_ranks(
    seconds: Sequence[float], assignment: Sequence[Sequence[int]], speeds: Sequence[float]
) -> np.ndarray:
    """Return seconds of work for each rank, shape (ranks,)."""
    return np.array(
        [
            sum(seconds[index] for index in indices) / speed
            for indices, speed in zip(assignment, speeds, strict=True)
        ]
    )

"""Pieces to ranks: longest first, each to the rank that would end it first."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from hybrid.core.piece import Piece
from hybrid.core.plan import Plan


def assign(pieces: tuple[Piece, ...], num_ranks: int) -> Plan:
    """Return the plan that gives each piece, longest first, to the rank that is free first.

    Takes the pieces' own ``cost`` for granted and all ranks to be alike. Ties go to the lower
    rank.

    Args:
        pieces: by index from 0.
        num_ranks: at least 1.

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
    """Return an assignment of places as one of the indices of the pieces at those places."""
    if all(piece.index == place for place, piece in enumerate(pieces)):
        return assignment
    return tuple(tuple(pieces[place].index for place in places) for places in assignment)


def longest_first(
    costs: Sequence[float], ranks: Sequence[int], speeds: Sequence[float]
) -> tuple[tuple[int, ...], ...]:
    """Return for each rank the indices of its pieces, ascending.

    Longest-processing-time scheduling ends within 4/3 of the best possible time where ranks are
    alike (Graham, SIAM J. Appl. Math. 17, 416 (1969)), and within 2 where they are not (Gonzalez,
    Ibarra and Sahni, SIAM J. Comput. 6, 155 (1977)); with many pieces a rank, within a piece.

    Args:
        costs: of the pieces, on a rank of speed 1.
        ranks: which may have pieces, in the order of preference.
        speeds: of all ranks.
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
    loads = [(0.0, place) for place in range(len(ranks))]
    for index in order:
        load, place = loads[0]
        to[ranks[place]].append(index)
        heapq.heapreplace(loads, (load + costs[index], place))


def _unlike(
    costs: Sequence[float],
    order: Sequence[int],
    ranks: Sequence[int],
    speeds: Sequence[float],
    to: list[list[int]],
) -> None:
    """Keep one heap for each speed: of ranks alike, the one free first ends a piece first."""
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


def loads_of(
    seconds: Sequence[float], assignment: Sequence[Sequence[int]], speeds: Sequence[float]
) -> np.ndarray:
    """Return the seconds of work of each rank, shape (ranks,)."""
    return np.array(
        [
            sum(seconds[index] for index in indices) / speed
            for indices, speed in zip(assignment, speeds, strict=True)
        ]
    )

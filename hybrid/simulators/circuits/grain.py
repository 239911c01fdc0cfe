"""How circuit evaluations, and the shots of a few, are cut into pieces: by the problem alone."""

from __future__ import annotations

from itertools import pairwise

from hybrid.core.piece import Piece, slices

_COUNTS = (1, 2, 4, 6, 8, 12, 16, 24, 48)
"""Numbers of pieces: some dozens of ranks share them, and few ranks share them evenly."""
_PIECES = _COUNTS[-1]
_LEAST = 12
"""Exact values of so many circuits take about as long as a start of Aer, which each piece is."""
_MOST = 256
_MOST_SHOTS = 1 << 20
"""Shots of a slice: more take more memory than they save in starts."""


def cut(num_evaluations: int, *, wide: bool, least: int = _LEAST) -> tuple[Piece, ...]:
    """Return pieces along the axis of circuits, of sizes that differ by one at most.

    Args:
        num_evaluations: of the whole Ask, at least 1.
        wide: whether a single evaluation outweighs the cost of starting the simulator.
        least: evaluations that a piece should have, where they are narrow; 12 at most.

    Example:
        >>> [len(piece) for piece in cut(41, wide=False)]
        [20, 21]
        >>> len(cut(41, wide=True)), len(cut(241, wide=False)), len(cut(241, wide=False, least=6))
        (41, 16, 24)
    """
    if wide:
        return slices(num_evaluations, 1, "circuits")
    most = max(1, num_evaluations // min(max(least, 1), _LEAST))
    count = max(-(-num_evaluations // _MOST), max(each for each in _COUNTS if each <= most))
    ends = [num_evaluations * part // count for part in range(count + 1)]
    return tuple(
        Piece(index, "circuits", start, stop, float(stop - start))
        for index, (start, stop) in enumerate(pairwise(ends))
    )


def shot_slices(num_circuits: int, shots: int, chunk: int) -> list[int]:
    """Return how the shots of each circuit are cut.

    Where there are many circuits, only what is more than a million is cut.

    Args:
        num_circuits: of the whole Ask.
        shots: of each circuit.
        chunk: shots that are worth a start of the circuit.

    Example:
        >>> shot_slices(1, 250, 100), shot_slices(1000, 250, 100)
        ([84, 83, 83], [250])
    """
    count = max(1, min(-(-shots // chunk), -(-_PIECES // max(num_circuits, 1))))
    count = max(count, -(-shots // _MOST_SHOTS))
    return [shots // count + (part < shots % count) for part in range(count)]

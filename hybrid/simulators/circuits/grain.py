"""Split circuit evaluations and shots into pieces; depends on the problem alone."""

from __future__ import annotations

from itertools import pairwise

from hybrid.core.piece import Piece, slices

_COUNTS = (1, 2, 4, 6, 8, 12, 16, 24, 48)
"""Numbers of pieces that few ranks share evenly, and several dozen ranks can share."""
_PIECES = _COUNTS[-1]
_LEAST = 12
"""Minimum circuits per piece: exact values of this many take about as long as starting Aer."""
_MOST = 256
_MOST_SHOTS = 1 << 20
"""Maximum shots per slice: more cost more memory than they save in starts."""


def cut(num_evaluations: int, *, wide: bool, least: int = _LEAST) -> tuple[Piece, ...]:
    """Return pieces along the axis of circuits, whose sizes differ by at most one.

    Args:
        num_evaluations: evaluations of the whole Ask, at least 1.
        wide: whether a single evaluation outweighs the cost of starting the simulator.
        least: minimum evaluations per piece of narrow circuits; at most 12.

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
    """Return the sizes of the slices of each circuit's shots.

    With many circuits, shots are split only above a million per circuit.

    Args:
        num_circuits: circuits of the whole Ask.
        shots: shots per circuit.
        chunk: shots that justify simulating the circuit again.

    Example:
        >>> shot_slices(1, 250, 100), shot_slices(1000, 250, 100)
        ([84, 83, 83], [250])
    """
    count = max(1, min(-(-shots // chunk), -(-_PIECES // max(num_circuits, 1))))
    count = max(count, -(-shots // _MOST_SHOTS))
    return [shots // count + (part < shots % count) for part in range(count)]

"""How many circuit evaluations share a piece."""

from __future__ import annotations

_PIECES = 48
"""Enough to keep some dozens of ranks busy, few enough that a simulator's start is spread."""

_MOST = 256


def grain(num_evaluations: int, *, wide: bool) -> int:
    """Return how many evaluations a piece holds, from the problem alone.

    Args:
        num_evaluations: of the whole Ask.
        wide: whether a single evaluation outweighs the cost of starting the simulator.

    Example:
        >>> grain(241, wide=False), grain(241, wide=True)
        (6, 1)
    """
    return 1 if wide else min(-(-num_evaluations // _PIECES) or 1, _MOST)


def shot_slices(num_circuits: int, shots: int, chunk: int) -> list[int]:
    """Return how the shots of each circuit are cut; they are not where there are many circuits.

    Args:
        num_circuits: of the whole Ask.
        shots: of each circuit.
        chunk: shots that are worth a start of the circuit.

    Example:
        >>> shot_slices(1, 250, 100), shot_slices(1000, 250, 100)
        ([84, 83, 83], [250])
    """
    count = max(1, min(-(-shots // chunk), -(-_PIECES // max(num_circuits, 1))))
    return [shots // count + (part < shots % count) for part in range(count)]

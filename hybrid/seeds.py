"""Seeds keyed by what is computed, so that they do not depend on who computes it."""

from __future__ import annotations

import numpy as np


def derive(seed: int, *keys: int) -> int:
    """Return a 63-bit seed for the part of a run that the keys name.

    Args:
        seed: the run's seed, not negative.
        keys: for instance the number of the Ask and of the Piece, not negative.

    Example:
        >>> derive(7, 0, 1) == derive(7, 0, 1), derive(7, 0, 1) == derive(7, 1, 0)
        (True, False)
    """
    word = np.random.SeedSequence(seed, spawn_key=keys).generate_state(1, np.uint64)[0]
    return int(word) >> 1


def fresh() -> int:
    """Return a seed from the operating system's entropy, for a run that was given none."""
    return int(np.random.SeedSequence().generate_state(1, np.uint32)[0])

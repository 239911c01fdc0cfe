"""Pairwise summation in a fixed order."""

from __future__ import annotations

from collections.abc import Sequence

from hybrid.core.arrays import FloatArray


def pairwise_sum(terms: Sequence[FloatArray]) -> FloatArray:
    """Return the pairwise sum of arrays of one shape; rounding errors grow as log(terms).

    Args:
        terms: at least one array.

    Example:
        >>> import numpy as np
        >>> pairwise_sum([np.array([1.0]), np.array([2.0]), np.array([3.0])])
        array([6.])
    """
    level = list(terms)
    while len(level) > 1:
        paired = [level[k] + level[k + 1] for k in range(0, len(level) - 1, 2)]
        level = paired if len(level) % 2 == 0 else [*paired, level[-1]]
    return level[0]

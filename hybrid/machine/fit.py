"""Fitting the cost of each kind of operation to the times of whole circuits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import nnls


def costs_of(
    counts: Sequence[Mapping[str, float]], seconds: Sequence[float], kinds: Sequence[str]
) -> dict[str, float]:
    """Return non-negative seconds of each kind, by least squares of the relative errors.

    Args:
        counts: for each measurement, the number of operations of each kind.
        seconds: measured times, positive, as many as ``counts``.
        kinds: kinds to fit.

    Example:
        >>> found = costs_of([{"a": 1.0}, {"a": 1.0, "b": 2.0}], [3.0, 7.0], ["a", "b"])
        >>> {kind: round(cost, 6) for kind, cost in found.items()}
        {'a': 3.0, 'b': 2.0}
    """
    shares = np.array([[row.get(kind, 0.0) for kind in kinds] for row in counts])
    shares /= np.asarray(seconds)[:, None]
    found, _ = nnls(shares, np.ones(len(seconds)))
    return dict(zip(kinds, found.tolist(), strict=True))

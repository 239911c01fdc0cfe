"""Mini-batches: for each evaluation some of the samples, drawn from slices of all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.errors import InputError

_PIECES = 48
"""A batch is cut into no more pieces than this."""


@dataclass(frozen=True)
class Batches:
    """How samples are drawn: from each of several slices (strata), without replacement.

    Each slice gives its share of the batch, so a mean over the batch, weighted by the slices'
    sizes, has the mean over all samples as its expectation value (stratified sampling, W. G.
    Cochran, "Sampling techniques", 3rd edition, sections 5.3 and 5.4).

    Attributes:
        size: samples in a batch, at least 2.
        total: N, the number of samples.
        least: a slice gives at least so many where the batch is large enough.
    """

    size: int
    total: int
    least: int

    @classmethod
    def checked(cls, size: object, total: int, least: int) -> Batches | None:
        """Return it, or None where batches are all samples.

        Raises:
            InputError: neither None nor an integer from 2 to N.
        """
        if size is None:
            return None
        good = isinstance(size, int | np.integer) and not isinstance(size, bool)
        if not good or not 2 <= size <= total:  # type: ignore[operator]
            raise InputError(
                "batch_size",
                got=repr(size),
                expected=f"an integer from 2 to {total}, the number of samples",
                advice="leave it out to take all samples",
            )
        return cls(int(size), total, least)  # type: ignore[call-overload]

    @property
    def grain(self) -> int:
        """Samples in a slice."""
        slices = min(max(1, self.size // self.least), _PIECES)
        return -(-self.total // slices)

    def count(self, start: int, stop: int) -> int:
        """Return how many samples a slice gives."""
        share = self.size * stop // self.total - self.size * start // self.total
        return min(max(2, share), stop - start)

    def drawn(self, start: int, stop: int, seed: int) -> IntArray:
        """Return samples of a slice, in ascending order.

        Example:
            >>> Batches(4, 100, 8).drawn(0, 100, seed=1).tolist()
            [45, 50, 74, 95]
        """
        random = np.random.default_rng(seed)
        count = self.count(start, stop)
        found: IntArray = start + np.sort(random.choice(stop - start, count, replace=False))
        return found

    def variance(self, losses: FloatArray, start: int, stop: int) -> float:
        """Return the estimated variance of the sum over a slice, estimated from some losses."""
        whole, count = stop - start, len(losses)
        if count == whole:
            return 0.0
        return float(whole * (whole - count) * np.var(losses, ddof=1) / count)

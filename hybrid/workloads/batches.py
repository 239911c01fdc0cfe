"""Mini-batches: a fresh stratified sample of the data for each evaluation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.errors import InputError

_PIECES = 48
"""Maximum number of pieces of a batch."""


@dataclass(frozen=True)
class Batches:
    """Stratified sampling without replacement; strata are slices of the data.

    Each slice contributes its share of the batch, so the mean over the batch, weighted by the
    slices' sizes, is an unbiased estimate of the mean over all samples (W. G. Cochran, "Sampling
    techniques", 3rd edition, sections 5.3 and 5.4).

    Attributes:
        size: samples per batch, at least 2.
        total: N, the number of samples.
        least: minimum number of samples per slice, if the batch is large enough.
    """

    size: int
    total: int
    least: int

    @classmethod
    def checked(cls, size: object, total: int, least: int) -> Batches | None:
        """Validate a batch size; return None for all samples.

        Raises:
            InputError: not None or an integer from 2 to N.
        """
        if size is None:
            return None
        good = isinstance(size, int | np.integer) and not isinstance(size, bool)
        if not good or not 2 <= size <= total:  # type: ignore[operator]
            raise InputError(
                "batch_size",
                got=repr(size),
                expected=f"an integer from 2 to {total}, the number of samples",
                advice="omit it to use all samples",
            )
        return cls(int(size), total, least)  # type: ignore[call-overload]

    @property
    def grain(self) -> int:
        """Samples per slice."""
        slices = min(max(1, self.size // self.least), _PIECES)
        return -(-self.total // slices)

    def count(self, start: int, stop: int) -> int:
        """Return the number of samples to draw from a slice."""
        share = self.size * stop // self.total - self.size * start // self.total
        return min(max(2, share), stop - start)

    def drawn(self, start: int, stop: int, seed: int) -> IntArray:
        """Draw samples from a slice; return their indices in ascending order.

        Example:
            >>> Batches(4, 100, 8).drawn(0, 100, seed=1).tolist()
            [45, 50, 74, 95]
        """
        random = np.random.default_rng(seed)
        count = self.count(start, stop)
        found: IntArray = start + np.sort(random.choice(stop - start, count, replace=False))
        return found

    def variance(self, losses: FloatArray, start: int, stop: int) -> float:
        """Estimate the variance of the estimated sum over a slice, from the drawn losses."""
        whole, count = stop - start, len(losses)
        if count == whole:
            return 0.0
        return float(whole * (whole - count) * np.var(losses, ddof=1) / count)

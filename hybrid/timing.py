"""What the pieces of an Ask took, beside what was predicted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid.arrays import FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Timing:
    """Predicted and measured seconds of the pieces of one Ask; known on rank 0.

    Attributes:
        number: of the Ask in its run, from 0.
        ranks: shape (pieces,), int64; who ran each piece.
        measured: shape (pieces,), float64; seconds of each.
        predicted: shape (pieces,), float64, seconds; None where costs were not known.
        wall: seconds from Ask to answer.
    """

    number: int
    ranks: IntArray
    measured: FloatArray
    predicted: FloatArray | None
    wall: float

    @property
    def ratio(self) -> float | None:
        """Measured over predicted seconds of all pieces together."""
        if self.predicted is None or not np.sum(self.predicted) > 0.0:
            return None
        return float(np.sum(self.measured) / np.sum(self.predicted))

"""A weighted sum of gradients over many points, without an array of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.arrays import FloatArray
from hybrid.ask import Ask
from hybrid.piece import Piece
from hybrid.simulators.native import NativeEvaluation


@dataclass(frozen=True)
class WeightedEvaluation:
    """Values at all points, and the sum of their gradients with weights.

    Each piece contracts the gradients of its own points, and only the sum leaves it.

    Attributes:
        inner: gives values and gradients.
        weights: shape (B,), one for each point of the Ask.
    """

    inner: NativeEvaluation
    weights: FloatArray

    @property
    def description(self) -> str:
        """One line."""
        return f"{self.inner.description}, summed over points"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the points."""
        return self.inner.pieces(ask)

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the values of the piece's points, then the weighted sum of their gradients."""
        rows = self.inner.run(ask, piece, seed=seed, threads=threads)
        summed = self.weights[piece.start : piece.stop] @ rows[:, 1:]
        return np.concatenate([rows[:, 0], summed])

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> list[FloatArray]:
        """Return values of shape (B,) and the gradient of shape (P,), added in piece order."""
        width = ask.points.shape[1]
        sums = np.stack([partial[len(partial) - width :] for partial in partials])
        values = np.concatenate([partial[: len(partial) - width] for partial in partials])
        return [values, np.add.reduce(sums, axis=0)]

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the states that one piece holds."""
        return self.inner.memory_bytes(ask)

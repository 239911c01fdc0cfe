"""A weighted sum of gradients over many points, without an array of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.piece import Piece, slices
from hybrid.simulators.base import CotangentsOf, Evaluation
from hybrid.simulators.native import NativeEvaluation


@dataclass(frozen=True)
class WeightedEvaluation(Evaluation[list[FloatArray]]):
    """Values at all points, and the sum of their gradients with weights.

    Each piece sums the gradients of its own points, and only the sum leaves it.

    Attributes:
        inner: gives values and sums.
        cotangents: gives the weights.
    """

    inner: NativeEvaluation
    cotangents: CotangentsOf

    @property
    def description(self) -> str:
        """One line."""
        return f"{self.inner.description}, summed over points"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the points, each as many as are taken at a time."""
        return slices(len(ask.points), self.inner.points_at_once, "points")

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the values of the piece's points, then the weighted sum of their gradients."""

        def cotangents(values: FloatArray, which: slice) -> FloatArray:
            return self.cotangents(
                values, slice(piece.start + which.start, piece.start + which.stop)
            )

        values, summed = self.inner.pull_back(
            ask.points[piece.start : piece.stop], cotangents, threads=threads
        )
        return np.concatenate([values, summed])

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> list[FloatArray]:
        """Return values of shape (B,) and the gradient of shape (P,), added in piece order."""
        width = ask.points.shape[1]
        sums = np.stack([partial[len(partial) - width :] for partial in partials])
        values = np.concatenate([partial[: len(partial) - width] for partial in partials])
        return [values, np.add.reduce(sums, axis=0)]

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the states that one piece holds."""
        return self.inner.memory_bytes(ask)

"""Weighted sums of gradients over many points, without an array of all gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.piece import Piece, slices
from hybrid.simulators.base import CotangentsOf, Estimator, Evaluation, PulledBack


@dataclass(frozen=True)
class WeightedEvaluation(Evaluation[PulledBack]):
    """Values at all points, and the weighted sum of their gradients.

    Each piece returns the sum over its own points only.

    Attributes:
        inner: computes values and sums.
        cotangents: computes the weights.
        inputs: columns of the points for which derivatives are returned point by point.
        observables: M, the number of observables.
    """

    inner: Estimator
    cotangents: CotangentsOf
    inputs: tuple[int, ...] = ()
    observables: int = 1

    @property
    def description(self) -> str:
        """One line."""
        return f"{self.inner.description}, summed over points"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of ``points_at_once`` points."""
        return slices(len(ask.points), self.inner.points_at_once, "points")

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return values, weighted sum and derivatives by inputs, concatenated."""

        def cotangents(values: FloatArray, which: slice) -> FloatArray:
            return self.cotangents(
                values, slice(piece.start + which.start, piece.start + which.stop)
            )

        points = ask.points[piece.start : piece.stop]
        found = self.inner.pull_back(
            points, cotangents, inputs=self.inputs, seed=seed, threads=threads
        )
        return np.concatenate([part.ravel() for part in found])

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> PulledBack:
        """Return values, the sum of shape (P,), added in piece order, and derivatives by inputs."""
        several = self.observables
        inputs, width = len(self.inputs), ask.points.shape[1]
        values, sums, by_input = [], [], []
        for piece, partial in zip(self.pieces(ask), partials, strict=True):
            first, second = len(piece) * several, len(piece) * several + width
            values.append(partial[:first].reshape(len(piece), several))
            sums.append(partial[first:second])
            by_input.append(partial[second:].reshape(len(piece), inputs))
        table = np.concatenate(values)
        return PulledBack(
            table if several > 1 else np.ascontiguousarray(table[:, 0]),
            np.add.reduce(np.stack(sums), axis=0),
            np.concatenate(by_input),
        )

    @property
    def reproducible(self) -> bool:
        """Whether the inner evaluation is reproducible."""
        return self.inner.reproducible

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the states that one piece holds."""
        return self.inner.memory_bytes(ask)

    def complex64_halves_memory(self, ask: Ask) -> bool:
        """Return whether it would for the inner evaluation."""
        return self.inner.complex64_halves_memory(ask)

"""The global phase of a circuit's states, apart from the angles that drive gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.programs.parameters import ParameterMap


@dataclass(frozen=True)
class GlobalPhase:
    """``phase = fixed + weights @ angles + sum of further expressions``, in radians.

    Expectation values and gradients do not depend on it, so it is no part of what the kernels run.

    Attributes:
        fixed: the part that no parameter moves.
        weights: shape (K,); the part that each angle of the circuit brings with it.
        further: expressions of the parameters that drive no gate.
    """

    fixed: float
    weights: FloatArray
    further: ParameterMap

    def at(self, points: FloatArray, angles: FloatArray) -> FloatArray:
        """Return phases, shape (B,), at points of shape (B, P) with angles of shape (B, K)."""
        phases = self.fixed + angles @ self.weights
        if self.further.num_angles:
            phases = phases + self.further.angles(points).sum(axis=1)
        return np.asarray(phases, dtype=np.float64)

    def on_slots(self, new_slot: Sequence[int], num_slots: int) -> GlobalPhase:
        """Return the phase where angle k of this one is number ``new_slot[k]`` of others."""
        weights = np.zeros(num_slots)
        np.add.at(weights, np.asarray(new_slot[: len(self.weights)], dtype=np.int64), self.weights)
        return GlobalPhase(self.fixed, weights, self.further)

    def content(self) -> tuple[object, ...]:
        """Return what identifies this phase, for a content digest."""
        return (self.fixed, self.weights, *self.further.content())

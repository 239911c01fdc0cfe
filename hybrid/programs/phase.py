"""The global phase of a circuit as a function of its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.programs.parameters import ParameterMap


@dataclass(frozen=True)
class GlobalPhase:
    """``phase = fixed + weights @ angles + sum of further expressions``, in radians.

    Expectation values and gradients do not depend on it, so the kernels omit it.

    Attributes:
        fixed: the constant part.
        weights: shape (K,); the phase per unit of each angle of the circuit.
        further: expressions of the parameters that are not gate angles.
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
        """Return the phase with angle k renumbered to ``new_slot[k]``."""
        weights = np.zeros(num_slots)
        np.add.at(weights, np.asarray(new_slot[: len(self.weights)], dtype=np.int64), self.weights)
        return GlobalPhase(self.fixed, weights, self.further)

    def content(self) -> tuple[object, ...]:
        """Return the identity of this phase, for a content digest."""
        return (self.fixed, self.weights, *self.further.content())

"""Which Pauli strings are measured together, and what the measured bits say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray, MaskArray
from hybrid.programs import Observable
from hybrid.programs.masks import masks_of

_BLOCK = 1 << 22
"""Signs are tabled for so many pairs of outcome and string at once."""


@dataclass(frozen=True)
class Group:
    """Strings that agree qubit by qubit, so that one measured circuit serves them all.

    Attributes:
        x_basis: qubits that are measured in the eigenbasis of X.
        y_basis: qubits that are measured in the eigenbasis of Y.
        z_basis: qubits that are measured as they are.
        masks: shape (T,), uint64; for each string the bits whose parity is its outcome.
        coefficients: shape (T,), float64.
    """

    x_basis: int
    y_basis: int
    z_basis: int
    masks: MaskArray
    coefficients: FloatArray

    @property
    def support(self) -> int:
        """The qubits that are measured."""
        return self.x_basis | self.y_basis | self.z_basis

    def outcomes(self, bits: MaskArray) -> FloatArray:
        """Return what each measured bit string contributes to the value, shape (D,)."""
        total = np.empty(len(bits))
        step = max(1, _BLOCK // len(self.masks))
        for start in range(0, len(bits), step):
            block = slice(start, start + step)
            parity = np.bitwise_count(bits[block, None] & self.masks) & 1
            total[block] = np.where(parity, -self.coefficients, self.coefficients).sum(axis=1)
        return total

    def mean_and_spread(self, counts: Mapping[str, int]) -> tuple[float, float]:
        """Return the mean over shots, and the sum of squared deviations from it.

        The deviations are those of the whole group's sum in each shot, so the covariance of
        strings that are read from the same shots is counted.

        Args:
            counts: from bit strings, as hexadecimal numbers, to how often they were seen.
        """
        ordered = sorted((int(key, 16), times) for key, times in counts.items())
        bits = np.array([key for key, _ in ordered], dtype=np.uint64)
        times = np.array([times for _, times in ordered], dtype=np.float64)
        seen = self.outcomes(bits)
        mean = float((times * seen).sum() / times.sum())
        return mean, float((times * (seen - mean) ** 2).sum())


def measurement_groups(observable: Observable) -> tuple[float, tuple[Group, ...]]:
    """Return the coefficient of the identity, and the other strings in groups.

    Groups are qubit-wise commuting, found by greedy colouring (Qiskit's ``group_commuting``).
    """
    identity = (observable.x_masks | observable.z_masks) == 0
    constant = float(observable.coefficients[identity].sum())
    if identity.all():
        return constant, ()
    sampled = observable.operator[np.flatnonzero(~identity)]
    groups = []
    for part in sampled.group_commuting(qubit_wise=True):
        x, z, coefficients = masks_of(part)
        any_x = int(np.bitwise_or.reduce(x))
        any_z = int(np.bitwise_or.reduce(z))
        groups.append(Group(any_x & ~any_z, any_x & any_z, any_z & ~any_x, x | z, coefficients))
    return constant, tuple(groups)

"""Group Pauli strings for joint measurement, and evaluate the measured bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray, MaskArray
from hybrid.programs import Observable

_BLOCK = 1 << 18
"""Number of (outcome, string) pairs whose signs are tabulated at once."""
TABLE_BYTES = 32 * _BLOCK
"""Maximum bytes of such a table."""


@dataclass(frozen=True)
class Group:
    """Qubit-wise commuting strings of M observables, measured by a single circuit.

    Attributes:
        x_basis: qubits measured in the eigenbasis of X.
        y_basis: qubits measured in the eigenbasis of Y.
        z_basis: qubits measured in the eigenbasis of Z.
        masks: shape (T,), uint64; for each string, the bits whose parity is its outcome.
        coefficients: shape (M, T), float64.
    """

    x_basis: int
    y_basis: int
    z_basis: int
    masks: MaskArray
    coefficients: FloatArray

    @property
    def nbytes(self) -> int:
        """Bytes of its strings."""
        return self.masks.nbytes + self.coefficients.nbytes

    @property
    def support(self) -> int:
        """The measured qubits."""
        return self.x_basis | self.y_basis | self.z_basis

    def outcomes(self, bits: MaskArray) -> FloatArray:
        """Return the value of each observable for D measured bit strings, shape (M, D)."""
        total = np.empty((len(self.coefficients), len(bits)))
        step = max(1, _BLOCK // len(self.masks))
        for start in range(0, len(bits), step):
            block = slice(start, start + step)
            parity = np.bitwise_count(bits[block, None] & self.masks) & 1
            for row, own in zip(total, self.coefficients, strict=True):
                row[block] = np.where(parity, -own, own).sum(axis=1)
        return total

    def means_and_spreads(self, counts: Mapping[str, int]) -> FloatArray:
        """Return the mean over shots, and the sum of squared deviations from it, shape (M, 2).

        Deviations are those of the whole group's sum in each shot, so they include the covariance
        of strings that are read from the same shots.

        Args:
            counts: counts of bit strings, keyed by hexadecimal numbers.
        """
        ordered = sorted((int(key, 16), times) for key, times in counts.items())
        bits = np.array([key for key, _ in ordered], dtype=np.uint64)
        times = np.array([times for _, times in ordered], dtype=np.float64)
        found = np.empty((len(self.coefficients), 2))
        for row, seen in zip(found, self.outcomes(bits), strict=True):
            mean = (times * seen).sum() / times.sum()
            row[:] = mean, (times * (seen - mean) ** 2).sum()
        return found


def measurement_groups(observables: Sequence[Observable]) -> tuple[FloatArray, tuple[Group, ...]]:
    """Return the coefficients of the identity, shape (M,), and groups of the other strings.

    Groups are qubit-wise commuting, and each is measured once for all observables. Strings are
    inserted in descending order of the magnitude of their coefficients, each into the first
    compatible group (sorted insertion). Memory is linear in the number of strings, and the variance
    of the sum is low.

    Source: Crawford, van Straaten, Wang, Parks, Campbell and Brierley, Quantum 5, 385 (2021).
    """
    x, z, coefficients = _union(observables)
    identity = (x | z) == 0
    constants = coefficients[:, identity].sum(axis=1)
    sizes = np.abs(coefficients).max(axis=0)
    measured = np.flatnonzero(~identity & (sizes != 0.0))
    order = measured[np.argsort(-sizes[measured], kind="stable")]
    members = _inserted(x[order], z[order])
    return constants, tuple(
        _group(x[rows], z[rows], coefficients[:, rows])
        for rows in (np.sort(order[places]) for places in members)
    )


def _union(observables: Sequence[Observable]) -> tuple[MaskArray, MaskArray, FloatArray]:
    """Return all distinct strings, and their coefficients in each observable, shape (M, T)."""
    if len(observables) == 1:
        (only,) = observables
        return only.x_masks, only.z_masks, only.coefficients[None]
    place: dict[tuple[int, int], int] = {}
    for each in observables:
        for string in zip(each.x_masks.tolist(), each.z_masks.tolist(), strict=True):
            place.setdefault(string, len(place))
    coefficients = np.zeros((len(observables), len(place)))
    for own, each in zip(coefficients, observables, strict=True):
        strings = zip(each.x_masks.tolist(), each.z_masks.tolist(), strict=True)
        np.add.at(own, [place[string] for string in strings], each.coefficients)
    masks = np.array(list(place), dtype=np.uint64).reshape(-1, 2)
    return masks[:, 0].copy(), masks[:, 1].copy(), coefficients


def _inserted(x: MaskArray, z: MaskArray) -> list[list[int]]:
    """Return the indices of the strings in each group, inserted in order."""
    members: list[list[int]] = []
    # Masks of all groups so far, with spare capacity, to compare a string with all at once.
    group_x, group_z = np.zeros(64, np.uint64), np.zeros(64, np.uint64)
    for place, (own_x, own_z) in enumerate(zip(x, z, strict=True)):
        count = len(members)
        their_x, their_z = group_x[:count], group_z[:count]
        shared = (their_x | their_z) & (own_x | own_z)
        agree = (((their_x ^ own_x) | (their_z ^ own_z)) & shared) == 0
        found = int(agree.argmax()) if count else 0
        if not count or not agree[found]:
            found = count
            members.append([])
            if count == len(group_x):
                group_x, group_z = (
                    np.append(each, np.zeros_like(each)) for each in (group_x, group_z)
                )
        members[found].append(place)
        group_x[found] |= own_x
        group_z[found] |= own_z
    return members


def _group(x: MaskArray, z: MaskArray, coefficients: FloatArray) -> Group:
    any_x, any_z = int(np.bitwise_or.reduce(x)), int(np.bitwise_or.reduce(z))
    return Group(any_x & ~any_z, any_x & any_z, any_z & ~any_x, x | z, coefficients)

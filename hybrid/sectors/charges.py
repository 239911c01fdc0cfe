"""Conserved charges: integer weights of the ones that no move changes, and parities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

import numpy as np
from numpy.typing import NDArray

from hybrid.core.arrays import IntArray
from hybrid.sectors.moves import Move


@dataclass(frozen=True)
class Charges:
    """All charges that some moves conserve.

    Attributes:
        weights: shape (C, n), int64, in reduced echelon form: the charge ``weights @ bits`` is
            conserved. If numbers of ones on disjoint sets are all there is, each row has the ones
            of a set.
        parities: masks of qubits whose number of ones stays even or odd, independent of the
            weights.
    """

    weights: IntArray
    parities: tuple[int, ...]

    def of(self, states: NDArray[np.uint64]) -> IntArray:
        """Return the charges and parities of basis states, shape (states, C + parities)."""
        width = self.weights.shape[1]
        bits = (states[:, None] >> np.arange(width, dtype=np.uint64) & np.uint64(1)).astype(
            np.int64
        )
        odd = [np.bitwise_count(states & np.uint64(mask)) & 1 for mask in self.parities]
        return np.column_stack([bits @ self.weights.T, *odd]).astype(np.int64)

    @property
    def are_none(self) -> bool:
        """Whether nothing is conserved."""
        return not len(self.weights) and not self.parities

    @property
    def sets(self) -> tuple[int, ...] | None:
        """Masks of the sets whose numbers of ones are all the charges; None if there are others."""
        if self.parities or np.any((self.weights != 0) & (self.weights != 1)):
            return None
        if np.any(self.weights.sum(axis=0) > 1):
            return None
        return tuple(_mask(row) for row in self.weights)

    @property
    def supports(self) -> tuple[int, ...]:
        """Masks of the qubits of each charge."""
        return tuple(_mask(row != 0) for row in self.weights) + self.parities


def charges_of(moves: Iterable[Move], num_qubits: int) -> Charges:
    """Return the charges conserved by all moves: the null space of their differences.

    Example:
        >>> charges_of([Move(0b0010, 0b0001), Move(0b1000, 0b0100)], 4).weights
        array([[1, 1, 0, 0],
               [0, 0, 1, 1]])
    """
    distinct = sorted(set(moves))
    changes = np.array(
        [[(m.up >> q & 1) - (m.down >> q & 1) for q in range(num_qubits)] for m in distinct],
        dtype=object,
    ).reshape(len(distinct), num_qubits)
    weights = _echelon(_null_space(changes))
    flips = {move.up | move.down for move in distinct}
    return Charges(weights, _parities(flips, weights))


def _null_space(changes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return integer vectors that span the null space, as rows.

    One violated row after the other removes a vector and changes the others.
    """
    space = np.eye(changes.shape[1], dtype=np.int64).astype(object)
    products = changes.T.copy()  # (vectors, rows)
    while True:
        violated = np.flatnonzero((products != 0).any(axis=0))
        if not len(violated):
            return space
        here = products[:, violated[0]]
        pivot = min(np.flatnonzero(here != 0), key=lambda k: abs(here[k]))
        for k in np.flatnonzero(here != 0):
            if k == pivot:
                continue
            common = gcd(int(here[k]), int(here[pivot]))
            a, b = here[pivot] // common, here[k] // common
            space[k] = a * space[k] - b * space[pivot]
            products[k] = a * products[k] - b * products[pivot]
        space, products = np.delete(space, pivot, 0), np.delete(products, pivot, 0)


def _echelon(space: NDArray[np.object_]) -> IntArray:
    """Return the reduced echelon form of integer vectors, without common factors."""
    rows = [[Fraction(int(entry)) for entry in row] for row in space]
    place = 0
    for column in range(space.shape[1]):
        found = next((k for k in range(place, len(rows)) if rows[k][column]), None)
        if found is None:
            continue
        rows[place], rows[found] = rows[found], rows[place]
        lead = rows[place][column]
        rows[place] = [entry / lead for entry in rows[place]]
        for k, row in enumerate(rows):
            if k != place and row[column]:
                factor = row[column]
                rows[k] = [a - factor * b for a, b in zip(row, rows[place], strict=True)]
        place += 1
    whole = [[int(entry * _denominator(row)) for entry in row] for row in rows]
    return np.array(whole, dtype=np.int64).reshape(len(rows), space.shape[1])


def _denominator(row: list[Fraction]) -> int:
    return lcm(*(entry.denominator for entry in row))


def _parities(flips: Iterable[int], weights: IntArray) -> tuple[int, ...]:
    """Return masks that meet every flip in an even number, and are not sums of the weights."""
    num_qubits = weights.shape[1]
    space = [1 << q for q in range(num_qubits)]
    for flip in sorted(flips):
        odd = [mask for mask in space if (mask & flip).bit_count() & 1]
        if odd:
            space = [
                mask ^ odd[0] if (mask & flip).bit_count() & 1 else mask
                for mask in space
                if mask != odd[0]
            ]
    known: list[int] = []
    for row in weights:
        _independent(_mask(row % 2 != 0), known)
    return tuple(mask for mask in sorted(space) if _independent(mask, known))


def _independent(mask: int, basis: list[int]) -> bool:
    """Return whether a mask is no sum of the basis, and add it if so."""
    for member in basis:
        mask = min(mask, mask ^ member)
    if mask:
        basis.append(mask)
        basis.sort(reverse=True)
    return bool(mask)


def _mask(row: IntArray | NDArray[np.bool_]) -> int:
    return sum(1 << q for q, entry in enumerate(row.tolist()) if entry)

"""The basis states of a sector, as rows and columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hybrid import _kernels
from hybrid.core.arrays import IntArray, MaskArray
from hybrid.sectors.charges import Charges

ONE_ROW = 1 << 11
"""Sectors of up to this many states are one row: a plain list of states."""
_MOST_STRINGS = 1 << 22
"""Sectors with more strings on one side are not listed."""


@dataclass(frozen=True)
class Basis:
    """All basis states with given charges.

    A row is a string on ``row_qubits``, and has the columns of its class, strings on the others.

    Attributes:
        num_qubits: width.
        row_qubits: mask.
        rows: shape (R,), uint64.
        row_class: shape (R,), int32.
        columns: shape (C,), uint64, by class.
        column_start: shape (classes + 1,), int64; where the columns of each class begin, and end.
    """

    num_qubits: int
    row_qubits: int
    rows: MaskArray
    row_class: NDArray[np.int32]
    columns: MaskArray
    column_start: IntArray

    @property
    def size(self) -> int:
        """The number of basis states."""
        return int(np.diff(self.column_start)[self.row_class].sum())

    @cached_property
    def states(self) -> MaskArray:
        """All basis states, row by row."""
        start = self.column_start
        parts = [
            row | self.columns[start[k] : start[k + 1]]
            for row, k in zip(self.rows, self.row_class.tolist(), strict=True)
        ]
        return np.concatenate(parts)

    @cached_property
    def kernel(self) -> _kernels.SectorBasis:
        """The basis in the kernels."""
        return _kernels.SectorBasis(
            self.num_qubits,
            self.row_qubits,
            self.rows,
            self.row_class,
            self.columns,
            self.column_start,
        )

    def in_one_row(self) -> Basis:
        """Return the same states in ascending order, in one row."""
        states = np.sort(self.states)
        return Basis(
            self.num_qubits,
            0,
            np.zeros(1, dtype=np.uint64),
            np.zeros(1, dtype=np.int32),
            states,
            np.array([0, len(states)]),
        )


def basis_of(charges: Charges, state: int, num_qubits: int) -> Basis | None:
    """Return the basis states with the charges of one of them, or None if there are too many."""
    target = charges.of(np.array([state], dtype=np.uint64))[0]
    count = len(charges.weights)
    row_qubits = _row_qubits(charges, num_qubits)
    sides = []
    for mask in (row_qubits, ~row_qubits & (1 << num_qubits) - 1):
        strings = _strings(charges.weights, mask, target[:count])
        if strings is None:
            return None
        sides.append((strings, charges.of(strings)))
    (rows, of_rows), (columns, of_columns) = sides
    needed = target - of_rows
    needed[:, count:] %= 2
    classes, place = np.unique(np.concatenate([needed, of_columns]), axis=0, return_inverse=True)
    place = place.ravel()
    row_class, column_class = place[: len(rows)], place[len(rows) :]
    used = np.intersect1d(row_class, column_class)
    new = np.full(len(classes), -1)
    new[used] = np.arange(len(used))
    keep = new[row_class] >= 0
    kept_columns = np.flatnonzero(new[column_class] >= 0)
    order = kept_columns[np.lexsort((columns[kept_columns], new[column_class[kept_columns]]))]
    start = np.searchsorted(new[column_class[order]], np.arange(len(used) + 1))
    basis = Basis(
        num_qubits,
        row_qubits,
        rows[keep],
        new[row_class[keep]].astype(np.int32),
        columns[order],
        start.astype(np.int64),
    )
    return basis.in_one_row() if basis.size <= ONE_ROW else basis


def _row_qubits(charges: Charges, num_qubits: int) -> int:
    """Return the qubits of the rows: whole sets if they balance, else the upper half.

    The sets are joined supports of charges; a qubit alone is constant, and counts as a column.
    """
    sets = _joined([mask for mask in charges.supports if mask.bit_count() > 1])
    moving = sum(mask.bit_count() for mask in sets)
    rows, size = 0, 0
    for mask in sorted(sets, key=lambda mask: (-mask.bit_count(), -mask)):
        if size + mask.bit_count() <= (moving + 1) // 2:
            rows, size = rows | mask, size + mask.bit_count()
    if 3 * size >= moving:
        return rows
    free = [q for q in range(num_qubits) if any(mask >> q & 1 for mask in sets)] or list(
        range(num_qubits)
    )
    return sum(1 << q for q in free[len(free) // 2 :])


def _joined(masks: list[int]) -> list[int]:
    """Return the unions of masks that overlap."""
    joined: list[int] = []
    for mask in masks:
        apart = [each for each in joined if not each & mask]
        for each in joined:
            mask |= each if each & mask else 0
        joined = [*apart, mask]
    return joined


def _strings(weights: IntArray, mask: int, target: IntArray) -> MaskArray | None:
    """Return the strings on the qubits of a mask that others can complete to the target."""
    strings = np.zeros(1, dtype=np.uint64)
    sums = np.zeros((1, len(weights)), dtype=np.int64)
    least = np.minimum(weights, 0).sum(axis=1)
    most = np.maximum(weights, 0).sum(axis=1)
    for qubit in range(weights.shape[1]):
        if not mask >> qubit & 1:
            continue
        weight = weights[:, qubit]
        least, most = least - np.minimum(weight, 0), most - np.maximum(weight, 0)
        strings = np.concatenate([strings, strings | np.uint64(1 << qubit)])
        sums = np.concatenate([sums, sums + weight])
        fits = ((sums + least <= target) & (sums + most >= target)).all(axis=1)
        strings, sums = strings[fits], sums[fits]
        if len(strings) > _MOST_STRINGS:
            return None
    return np.sort(strings)

"""Map the circuit's parameters to gate angles, and pull derivatives back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from qiskit.circuit import Parameter, ParameterExpression
from scipy.sparse import csr_array

from hybrid.core.arrays import FloatArray, is_finite
from hybrid.core.errors import InputError
from hybrid.programs.expressions import Nonlinear, affine_of


@dataclass(frozen=True)
class ParameterMap:
    """``angles = matrix @ theta + offsets`` for affine expressions; others are listed separately.

    Attributes:
        parameters: the P parameters of the circuit, in the order of ``circuit.parameters``.
        matrix: shape (K, P), sparse; the affine part.
        offsets: shape (K,), float64.
        nonlinear: the angles that are not affine functions of the parameters.
        varied: the columns to differentiate by; None for all. Derivatives of non-affine angles by
            other columns are reported as 0 and need not exist.
    """

    parameters: tuple[Parameter, ...]
    matrix: csr_array
    offsets: FloatArray
    nonlinear: tuple[Nonlinear, ...]
    varied: frozenset[int] | None = None

    @classmethod
    def from_expressions(
        cls,
        parameters: Sequence[Parameter],
        expressions: Sequence[ParameterExpression | float],
    ) -> ParameterMap:
        """Return the map whose K angles are the given expressions of the parameters."""
        column_of = {parameter: column for column, parameter in enumerate(parameters)}
        rows: list[int] = []
        columns: list[int] = []
        slopes: list[float] = []
        offsets = np.zeros(len(expressions))
        nonlinear = []
        for slot, expression in enumerate(expressions):
            affine = affine_of(expression)
            if affine is None and isinstance(expression, ParameterExpression):
                used = tuple(sorted(column_of[p] for p in expression.parameters))
                nonlinear.append(Nonlinear(slot, expression, used))
                continue
            assert affine is not None
            offsets[slot], slope_of = affine
            for parameter, slope in slope_of.items():
                rows.append(slot)
                columns.append(column_of[parameter])
                slopes.append(slope)
        shape = (len(expressions), len(column_of))
        matrix = csr_array((slopes, (rows, columns)), shape=shape, dtype=np.float64)
        matrix.sort_indices()
        return cls(tuple(parameters), matrix, offsets, tuple(nonlinear))

    @property
    def num_parameters(self) -> int:
        """P, the number of parameters."""
        return len(self.parameters)

    @property
    def num_angles(self) -> int:
        """K, the number of angles."""
        return len(self.offsets)

    @cached_property
    def _transposed(self) -> csr_array:
        transposed = csr_array(self.matrix.T)
        transposed.sort_indices()
        return transposed

    def angles(self, points: FloatArray) -> FloatArray:
        """Return the angles, shape (B, K), at points of shape (B, P).

        Raises:
            InputError: an angle is not a finite real number at one of the points.
        """
        angles = np.ascontiguousarray((self.matrix @ points.T).T)
        angles += self.offsets
        for row in self.nonlinear:
            for angle, point in zip(angles, points, strict=True):
                angle[row.slot] = row.value(point, self.parameters)
        if not is_finite(angles):
            place = np.argwhere(~np.isfinite(angles))[0]
            raise InputError(
                f"angle {place[1]} at point {place[0]}",
                got=f"{angles[tuple(place)]}, a parameter times its factor",
                expected="a finite number",
            )
        return angles

    def pull_back(self, points: FloatArray, by_angle: FloatArray) -> FloatArray:
        """Return derivatives by parameter, shape (B, P), from those by angle, shape (B, K).

        Axes in between, as for several observables, are allowed.
        """
        *before, num_angles = by_angle.shape
        flat = by_angle.reshape(math.prod(before), num_angles)  # num_angles can be 0
        by_parameter = np.ascontiguousarray((self._transposed @ flat.T).T)
        by_parameter = by_parameter.reshape(*before, self.num_parameters)
        for row in self.nonlinear:
            for b, point in enumerate(points):
                for column, slope in self._slopes(row, point):
                    by_parameter[b, ..., column] += slope * by_angle[b, ..., row.slot]
        return by_parameter

    def _slopes(self, row: Nonlinear, point: FloatArray) -> Iterator[tuple[int, float]]:
        """Yield the derivatives of an angle by the varied parameters."""
        for column in row.columns:
            if self.varied is None or column in self.varied:
                yield column, row.slope(column, point, self.parameters)

    @cached_property
    def nonlinear_slots(self) -> tuple[int, ...]:
        """The angles whose derivatives by parameter differ from point to point."""
        return tuple(row.slot for row in self.nonlinear)

    def slots_of(self, columns: Sequence[int]) -> tuple[int, ...]:
        """Return the angles that depend on given parameters, ascending."""
        key = tuple(columns)
        found = self._slots.get(key)
        if found is None:
            moved = set(self.matrix[:, list(columns)].nonzero()[0].tolist())
            moved |= {row.slot for row in self.nonlinear if set(columns) & set(row.columns)}
            found = self._slots[key] = tuple(sorted(moved))
        return found

    @cached_property
    def _slots(self) -> dict[tuple[int, ...], tuple[int, ...]]:
        """Answers of :meth:`slots_of`: indexing a sparse matrix takes longer than a small piece."""
        return {(): ()}

    def pull_back_sum(
        self, points: FloatArray, by_angle: FloatArray, nonlinear: FloatArray
    ) -> FloatArray:
        """Return the sum over points of derivatives by parameter, shape (P,).

        Args:
            points: shape (B, P).
            by_angle: the sum over points of derivatives by angle, shape (K,).
            nonlinear: the terms of that sum for ``nonlinear_slots``, shape (B, slots).
        """
        by_parameter: FloatArray = self._transposed @ by_angle
        for row, terms in zip(self.nonlinear, nonlinear.T, strict=True):
            for point, term in zip(points, terms, strict=True):
                for column, slope in self._slopes(row, point):
                    by_parameter[column] += slope * term
        return by_parameter

    def with_constants(self, constants: Sequence[float]) -> ParameterMap:
        """Return the map with constant angles appended."""
        num_angles = self.num_angles + len(constants)
        matrix = self.matrix.copy()
        matrix.resize((num_angles, self.num_parameters))
        offsets = np.append(self.offsets, np.asarray(constants, dtype=np.float64))
        return replace(self, matrix=matrix, offsets=offsets)

    def merged(self) -> tuple[ParameterMap, list[int]]:
        """Return the map with equal angles merged, and the new slot of each old one."""
        apart = set(self.nonlinear_slots)
        found: dict[object, int] = {}
        order: list[int] = []
        new_slot: list[int] = []
        for slot in range(self.num_angles):
            key = slot if slot in apart else self._affine(slot)
            if key not in found:
                found[key] = len(order)
                order.append(slot)
            new_slot.append(found[key])
        nonlinear = tuple(replace(row, slot=new_slot[row.slot]) for row in self.nonlinear)
        merged = replace(
            self, matrix=self.matrix[order], offsets=self.offsets[order], nonlinear=nonlinear
        )
        return merged, new_slot

    def _affine(self, slot: int) -> tuple[float, bytes, bytes]:
        """Return the offset and slopes of an affine angle, to compare."""
        span = slice(self.matrix.indptr[slot], self.matrix.indptr[slot + 1])
        return (
            float(self.offsets[slot]),
            self.matrix.indices[span].tobytes(),
            self.matrix.data[span].tobytes(),
        )

    def content(self) -> tuple[object, ...]:
        """Return the identity of this map, for a content digest."""
        return (
            [parameter.name for parameter in self.parameters],
            self.matrix.indptr.astype(np.int64),
            self.matrix.indices.astype(np.int64),
            self.matrix.data,
            self.offsets,
            [row.identity(self.parameters) for row in self.nonlinear],
        )

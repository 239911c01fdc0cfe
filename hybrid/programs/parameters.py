"""From the user's parameters to the angles of the gates, and derivatives the other way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit.circuit import Parameter, ParameterExpression
from scipy.sparse import csr_array

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import NoExactGradientError

_GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it spread evenly over [0, 1)."""


@dataclass(frozen=True, slots=True)
class _Nonlinear:
    """An angle that is not an affine function of the parameters."""

    slot: int
    expression: ParameterExpression
    columns: tuple[int, ...]

    def value(self, point: FloatArray, parameters: Sequence[Parameter]) -> float:
        return _number(self.expression, point, parameters, self.columns)

    def slopes(self, point: FloatArray, parameters: Sequence[Parameter]) -> list[float]:
        return [
            _number(self._derivative(parameters[column]), point, parameters, self.columns)
            for column in self.columns
        ]

    def identity(self, parameters: Sequence[Parameter]) -> tuple[object, ...]:
        """Return what identifies the expression: its slot, its columns, its values at two points.

        Not its text: Qiskit writes ``a - b`` or ``-b + a``, differently from process to process.
        """
        probes = np.modf(np.outer([1.0, 2.0], np.arange(1, len(parameters) + 1)) * _GOLDEN)[0]
        values = []
        for probe in probes:
            try:
                values.append(self.value(0.1 + 0.8 * probe, parameters))
            except Exception:  # outside the domain of a function of the expression
                values.append(float("nan"))
        return (self.slot, list(self.columns), values)

    def _derivative(self, parameter: Parameter) -> ParameterExpression | float:
        try:
            return self.expression.gradient(parameter)
        except Exception as cause:
            raise NoExactGradientError(
                f"parameter expression {self.expression}",
                got="an expression that has no derivative",
                expected="a differentiable expression of the parameters",
                advice="ask for gradient='finite-difference' or rewrite the expression",
            ) from cause


@dataclass(frozen=True)
class ParameterMap:
    """``angles = matrix @ theta + offsets`` for affine expressions, and rows apart for the rest.

    Attributes:
        parameters: the P parameters of the circuit, in the order of ``circuit.parameters``.
        matrix: shape (K, P), sparse; the affine part.
        offsets: shape (K,), float64.
        nonlinear: the angles that are other functions of the parameters.
    """

    parameters: tuple[Parameter, ...]
    matrix: csr_array
    offsets: FloatArray
    nonlinear: tuple[_Nonlinear, ...]

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
            affine = _affine(expression)
            if affine is None and isinstance(expression, ParameterExpression):
                used = tuple(sorted(column_of[p] for p in expression.parameters))
                nonlinear.append(_Nonlinear(slot, expression, used))
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
        """Return the angles, shape (B, K), at points of shape (B, P)."""
        angles = np.ascontiguousarray((self.matrix @ points.T).T)
        angles += self.offsets
        for row in self.nonlinear:
            for angle, point in zip(angles, points, strict=True):
                angle[row.slot] = row.value(point, self.parameters)
        return angles

    def pull_back(self, points: FloatArray, by_angle: FloatArray) -> FloatArray:
        """Return derivatives by parameter, shape (B, P), from those by angle, shape (B, K).

        There may be axes between the two, as of several observables.
        """
        flat = by_angle.reshape(-1, by_angle.shape[-1])
        by_parameter = np.ascontiguousarray((self._transposed @ flat.T).T)
        by_parameter = by_parameter.reshape(*by_angle.shape[:-1], self.num_parameters)
        for row in self.nonlinear:
            for b, point in enumerate(points):
                slopes = row.slopes(point, self.parameters)
                for column, slope in zip(row.columns, slopes, strict=True):
                    by_parameter[b, ..., column] += slope * by_angle[b, ..., row.slot]
        return by_parameter

    @cached_property
    def nonlinear_slots(self) -> tuple[int, ...]:
        """The angles whose derivatives by parameter differ from point to point."""
        return tuple(row.slot for row in self.nonlinear)

    def slots_of(self, columns: Sequence[int]) -> tuple[int, ...]:
        """Return the angles that some of the parameters move, ascending."""
        moved = set(self.matrix[:, list(columns)].nonzero()[0].tolist())
        moved |= {row.slot for row in self.nonlinear if set(columns) & set(row.columns)}
        return tuple(sorted(moved))

    def pull_back_sum(
        self, points: FloatArray, by_angle: FloatArray, nonlinear: FloatArray
    ) -> FloatArray:
        """Return the sum over points of derivatives by parameter, shape (P,).

        Args:
            points: shape (B, P).
            by_angle: the sum over points of derivatives by angle, shape (K,).
            nonlinear: for ``nonlinear_slots`` the terms of that sum, shape (B, their number).
        """
        by_parameter: FloatArray = self._transposed @ by_angle
        for row, terms in zip(self.nonlinear, nonlinear.T, strict=True):
            for point, term in zip(points, terms, strict=True):
                slopes = row.slopes(point, self.parameters)
                for column, slope in zip(row.columns, slopes, strict=True):
                    by_parameter[column] += slope * term
        return by_parameter

    def with_constants(self, constants: Sequence[float]) -> ParameterMap:
        """Return the map with further angles, after its own, that no parameter moves."""
        num_angles = self.num_angles + len(constants)
        matrix = self.matrix.copy()
        matrix.resize((num_angles, self.num_parameters))
        offsets = np.append(self.offsets, np.asarray(constants, dtype=np.float64))
        return ParameterMap(self.parameters, matrix, offsets, self.nonlinear)

    def merged(self) -> tuple[ParameterMap, list[int]]:
        """Return the map with equal angles taken once, and for each old slot its new one."""
        new_slot: dict[object, int] = {}
        order: list[int] = []
        for slot in range(self.num_angles):
            key = self._identity(slot)
            if key not in new_slot:
                new_slot[key] = len(order)
                order.append(slot)
        renamed = {old: new for new, old in enumerate(order)}
        nonlinear = tuple(
            _Nonlinear(renamed[row.slot], row.expression, row.columns)
            for row in self.nonlinear
            if row.slot in renamed
        )
        merged = ParameterMap(self.parameters, self.matrix[order], self.offsets[order], nonlinear)
        return merged, [new_slot[self._identity(slot)] for slot in range(self.num_angles)]

    def _identity(self, slot: int) -> object:
        for row in self.nonlinear:
            if row.slot == slot:
                return ("nonlinear", slot)
        span = slice(self.matrix.indptr[slot], self.matrix.indptr[slot + 1])
        return (
            float(self.offsets[slot]),
            self.matrix.indices[span].tobytes(),
            self.matrix.data[span].tobytes(),
        )

    def content(self) -> tuple[object, ...]:
        """Return what identifies this map, for a content digest."""
        return (
            [parameter.name for parameter in self.parameters],
            self.matrix.indptr.astype(np.int64),
            self.matrix.indices.astype(np.int64),
            self.matrix.data,
            self.offsets,
            [row.identity(self.parameters) for row in self.nonlinear],
        )


def _affine(
    expression: ParameterExpression | float,
) -> tuple[float, dict[Parameter, float]] | None:
    """Return offset and slopes of an affine expression, or None if it is not affine."""
    if not isinstance(expression, ParameterExpression):
        return float(expression), {}
    if isinstance(expression, Parameter):
        return 0.0, {expression: 1.0}
    slopes = {}
    for parameter in expression.parameters:
        try:
            slope = expression.gradient(parameter)
        except Exception:
            # Qiskit differentiates few functions; such an expression is certainly not affine.
            return None
        if isinstance(slope, ParameterExpression):
            if slope.parameters:
                return None
            slope = slope.numeric()
        slopes[parameter] = float(np.real(slope)) + 0.0
    zeros = dict.fromkeys(expression.parameters, 0.0)
    # Qiskit orders the operands of a sum differently from process to process, and with them the
    # sign of a zero; adding zero makes it positive.
    return float(np.real(expression.bind(zeros).numeric())) + 0.0, slopes


def _number(
    expression: ParameterExpression | float,
    point: FloatArray,
    parameters: Sequence[Parameter],
    columns: Sequence[int],
) -> float:
    if not isinstance(expression, ParameterExpression):
        return float(np.real(expression))
    used = expression.parameters
    values = {
        parameters[column]: float(point[column]) for column in columns if parameters[column] in used
    }
    return float(np.real(expression.bind(values).numeric()))

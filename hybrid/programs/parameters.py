"""From the user's parameters to the angles of the gates, and derivatives the other way."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from qiskit.circuit import Parameter, ParameterExpression
from scipy.sparse import csr_array

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError, NoExactGradientError

_GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it spread evenly over [0, 1)."""


@dataclass(frozen=True)
class _Nonlinear:
    """An angle that is not an affine function of the parameters.

    Attributes:
        slot: which angle.
        expression: of the parameters.
        columns: the parameters in the expression, ascending.
    """

    slot: int
    expression: ParameterExpression
    columns: tuple[int, ...]

    def value(self, point: FloatArray, parameters: Sequence[Parameter]) -> float:
        """Return the angle at a point; InputError where it is no finite real number."""
        return real_value(self.expression, self._bound(point, parameters))

    def slope(self, column: int, point: FloatArray, parameters: Sequence[Parameter]) -> float:
        """Return the derivative by a parameter; InputError where it is no finite real number."""
        what = f"derivative of angle {self.expression} by {parameters[column].name}"
        return real_value(
            self._derivative(column, parameters), self._bound(point, parameters), what
        )

    def identity(self, parameters: Sequence[Parameter]) -> tuple[object, ...]:
        """Return what identifies the expression: its slot, its columns, its values at two points.

        Not its text: Qiskit writes ``a - b`` or ``-b + a``, differently from process to process.
        """
        values = []
        for probe in probes(len(parameters)):
            try:
                values.append(self.value(probe, parameters))
            except InputError:  # outside the domain of a function of the expression
                values.append(float("nan"))
        return (self.slot, list(self.columns), values)

    @cached_property
    def _derivatives(self) -> dict[int, ParameterExpression | complex]:
        return {}

    def _derivative(
        self, column: int, parameters: Sequence[Parameter]
    ) -> ParameterExpression | complex:
        """Return the derivative by a parameter, taken and checked when it is first asked for."""
        if column not in self._derivatives:
            parameter = parameters[column]
            try:
                derivative = self.expression.gradient(parameter)
            except Exception as cause:
                raise self._no_derivative("an expression that has no derivative") from cause
            self._derivatives[column] = derivative
            self._check(column, parameters)
        return self._derivatives[column]

    def _check(self, column: int, parameters: Sequence[Parameter]) -> None:
        """Compare the derivative with differences of values, at a point where both exist."""
        for probe in probes(len(parameters)):
            try:
                slope = self.slope(column, probe, parameters)
                far, near = (self._difference(column, probe, parameters, h) for h in (2e-5, 1e-5))
                size = abs(self.value(probe, parameters))
            except InputError:  # outside the domain; another point may do
                continue
            # How far the two differences are apart tells how far to trust them.
            allowed = 10 * abs(far - near) + 1e-6 * (abs(slope) + abs(near)) + 1e-9 * size
            if abs(slope - near) > allowed:
                del self._derivatives[column]
                raise self._no_derivative(
                    f"{slope:.6g} from Qiskit for its derivative by {parameters[column].name}, "
                    f"where differences of its values give {near:.6g}"
                )
            return

    def _difference(
        self, column: int, point: FloatArray, parameters: Sequence[Parameter], step: float
    ) -> float:
        moved = np.array([point, point])
        moved[:, column] += (step, -step)
        above, below = (self.value(row, parameters) for row in moved)
        return (above - below) / (2 * step)

    def _no_derivative(self, got: str) -> NoExactGradientError:
        return NoExactGradientError(
            f"parameter expression {self.expression}",
            got=got,
            expected="a differentiable expression of the parameters",
            advice="ask for gradient='finite-difference' or rewrite the expression",
        )

    def _bound(
        self, point: FloatArray, parameters: Sequence[Parameter]
    ) -> Mapping[Parameter, float]:
        return {parameters[column]: float(point[column]) for column in self.columns}


@dataclass(frozen=True)
class ParameterMap:
    """``angles = matrix @ theta + offsets`` for affine expressions, and rows apart for the rest.

    Attributes:
        parameters: the P parameters of the circuit, in the order of ``circuit.parameters``.
        matrix: shape (K, P), sparse; the affine part.
        offsets: shape (K,), float64.
        nonlinear: the angles that are other functions of the parameters.
        varied: the columns by which derivatives are wanted; None for all. Derivatives by the
            others are 0 where an angle is not affine, and need not exist.
    """

    parameters: tuple[Parameter, ...]
    matrix: csr_array
    offsets: FloatArray
    nonlinear: tuple[_Nonlinear, ...]
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
        """Return the angles, shape (B, K), at points of shape (B, P).

        Raises:
            InputError: an angle is not a finite real number at one of the points.
        """
        angles = np.ascontiguousarray((self.matrix @ points.T).T)
        angles += self.offsets
        for row in self.nonlinear:
            for angle, point in zip(angles, points, strict=True):
                angle[row.slot] = row.value(point, self.parameters)
        if not np.all(np.isfinite(angles)):
            place = np.argwhere(~np.isfinite(angles))[0]
            raise InputError(
                f"angle {place[1]} at point {place[0]}",
                got=f"{angles[tuple(place)]}, a parameter times its factor",
                expected="a finite number",
            )
        return angles

    def pull_back(self, points: FloatArray, by_angle: FloatArray) -> FloatArray:
        """Return derivatives by parameter, shape (B, P), from those by angle, shape (B, K).

        There may be axes between the two, as of several observables.
        """
        *before, num_angles = by_angle.shape
        flat = by_angle.reshape(math.prod(before), num_angles)  # num_angles may be 0
        by_parameter = np.ascontiguousarray((self._transposed @ flat.T).T)
        by_parameter = by_parameter.reshape(*before, self.num_parameters)
        for row in self.nonlinear:
            for b, point in enumerate(points):
                for column, slope in self._slopes(row, point):
                    by_parameter[b, ..., column] += slope * by_angle[b, ..., row.slot]
        return by_parameter

    def _slopes(self, row: _Nonlinear, point: FloatArray) -> Iterator[tuple[int, float]]:
        """Yield the derivatives of an angle by the parameters that are varied."""
        for column in row.columns:
            if self.varied is None or column in self.varied:
                yield column, row.slope(column, point, self.parameters)

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
                for column, slope in self._slopes(row, point):
                    by_parameter[column] += slope * term
        return by_parameter

    def with_constants(self, constants: Sequence[float]) -> ParameterMap:
        """Return the map with further angles, after its own, that no parameter moves."""
        num_angles = self.num_angles + len(constants)
        matrix = self.matrix.copy()
        matrix.resize((num_angles, self.num_parameters))
        offsets = np.append(self.offsets, np.asarray(constants, dtype=np.float64))
        return replace(self, matrix=matrix, offsets=offsets)

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
            replace(row, slot=renamed[row.slot]) for row in self.nonlinear if row.slot in renamed
        )
        merged = replace(
            self, matrix=self.matrix[order], offsets=self.offsets[order], nonlinear=nonlinear
        )
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


def real_value(
    expression: ParameterExpression | complex, values: Mapping[Parameter, float], what: str = ""
) -> float:
    """Return the value of an expression at given values of its parameters.

    Args:
        expression: of the parameters.
        values: by parameter; those that are not in the expression are left out.
        what: for the message; by default that it is an angle.

    Raises:
        InputError: the value is complex, infinite or undefined. What is complex is left to
            Qiskit, which takes rounding for real.

    Example:
        >>> t = Parameter("t")
        >>> real_value(2 * t, {t: 0.25})
        0.5
    """
    try:
        number, is_real = _bound(expression, values)
        fault = "" if is_real and np.isfinite(number) else str(number)
    except (ZeroDivisionError, OverflowError):
        fault = "infinity"
    except Exception:  # Qiskit has other errors for other functions; arcsin(1.5) is a RuntimeError
        fault = "no number"
    if fault:
        place = ", ".join(f"{each.name} = {value}" for each, value in values.items())
        raise InputError(
            what or f"angle {expression}",
            got=f"{fault} at {place}",
            expected="a finite real number",
            advice="keep the parameters where the expression is real, or rewrite it",
        )
    return float(np.real(number))


def _bound(
    expression: ParameterExpression | complex, values: Mapping[Parameter, float]
) -> tuple[complex, bool]:
    """Return the value of an expression, and whether it counts as real."""
    if not isinstance(expression, ParameterExpression):
        return expression, np.imag(expression) == 0.0
    used = expression.parameters
    bound = expression.bind({each: value for each, value in values.items() if each in used})
    return bound.numeric(), bound.is_real()


def probes(num_parameters: int) -> FloatArray:
    """Return two points in general position, shape (2, P), between 0.1 and 0.9."""
    counts = np.outer([1.0, 2.0], np.arange(1, num_parameters + 1))
    spread: FloatArray = 0.1 + 0.8 * np.modf(counts * _GOLDEN)[0]
    return spread


def _affine(
    expression: ParameterExpression | float,
) -> tuple[float, dict[Parameter, float]] | None:
    """Return offset and slopes of a real affine expression, or None if it is not one.

    That its derivatives are constants is Qiskit's word; its values at two points must agree.
    """
    if not isinstance(expression, ParameterExpression):
        return float(expression), {}
    if isinstance(expression, Parameter):
        return 0.0, {expression: 1.0}
    used = sorted(expression.parameters, key=lambda parameter: parameter.name)
    slopes = {}
    try:
        for parameter in used:
            slope = expression.gradient(parameter)
            # Qiskit orders the operands of a sum differently from process to process, and with
            # them the sign of a zero; adding zero makes it positive.
            slopes[parameter] = _constant(slope) + 0.0
        offset = real_value(expression, dict.fromkeys(used, 0.0)) + 0.0
        size = abs(offset) + sum(map(abs, slopes.values()))
        for probe in probes(len(used)):
            values = dict(zip(used, probe.tolist(), strict=True))
            affine = offset + sum(slopes[each] * value for each, value in values.items())
            if abs(real_value(expression, values) - affine) > 1e-12 * size:
                return None
    except Exception:
        # A slope that is no constant, a value that is not real at 0 or at a probe, or a function
        # that Qiskit cannot differentiate: all of them belong to expressions taken point by point.
        return None
    return offset, slopes


def _constant(slope: ParameterExpression | complex) -> float:
    number = slope.numeric() if isinstance(slope, ParameterExpression) else slope
    if np.imag(number) != 0.0:
        raise ValueError("a complex slope")
    return float(np.real(number))

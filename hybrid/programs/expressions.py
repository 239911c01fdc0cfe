"""Qiskit parameter expressions: values, derivatives, and tests for affine ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit.circuit import Parameter, ParameterExpression

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError, NoExactGradientError

_GOLDEN = (5**0.5 - 1) / 2
"""The fractional parts of its multiples are evenly distributed over [0, 1)."""


@dataclass(frozen=True)
class Nonlinear:
    """An angle that is not an affine function of the parameters.

    Attributes:
        slot: index of the angle.
        expression: of the parameters.
        columns: the parameters in the expression, ascending.
    """

    slot: int
    expression: ParameterExpression
    columns: tuple[int, ...]

    def value(self, point: FloatArray, parameters: Sequence[Parameter]) -> float:
        """Return the angle at a point; InputError if it is not a finite real number."""
        return real_value(self.expression, self._bound(point, parameters))

    def slope(self, column: int, point: FloatArray, parameters: Sequence[Parameter]) -> float:
        """Return the derivative by a parameter; InputError if it is not a finite real number."""
        what = f"derivative of angle {self.expression} by {parameters[column].name}"
        derivative = self._derivative(column, parameters)
        values = self._bound(point, parameters)
        try:
            return real_value(derivative, values, what)
        except InputError as fault:
            # Qiskit's product rule also takes the derivatives of factors that do not depend on the
            # parameter, which need not exist. With the others as numbers there are none.
            own = parameters[column]
            try:
                alone = self.expression.bind({p: v for p, v in values.items() if p != own})
                slope = alone.gradient(own) if own in alone.parameters else 0.0
                return real_value(slope, {own: values[own]}, what)
            except Exception:
                raise fault from None

    def identity(self, parameters: Sequence[Parameter]) -> tuple[object, ...]:
        """Return the identity of the expression: slot, columns and values at fixed points.

        Its text does not identify it: Qiskit prints ``a - b`` or ``-b + a``, depending on the
            process.
        """
        values = []
        points = probes(len(parameters))
        for probe in (*points, *-points):  # both signs, for absolute values
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
        """Return the derivative by a parameter, computed and checked once."""
        if column not in self._derivatives:
            parameter = parameters[column]
            try:
                derivative = self.expression.gradient(parameter)
            except Exception as cause:
                raise self._no_derivative("an expression without a derivative") from cause
            self._derivatives[column] = derivative
            self._check(column, parameters)
        return self._derivatives[column]

    def _check(self, column: int, parameters: Sequence[Parameter]) -> None:
        """Compare the derivative with finite differences, at a point where both exist."""
        for probe in probes(len(parameters)):
            try:
                slope = self.slope(column, probe, parameters)
                far, near = (self._difference(column, probe, parameters, h) for h in (2e-5, 1e-5))
                size = abs(self.value(probe, parameters))
            except InputError:  # outside the domain; try another point
                continue
            noise = 1e-9 * size  # limited by rounding errors of the differences
            if abs(far - near) > 1e-3 * abs(near) + noise:
                continue  # oscillates too fast for these steps
            if abs(slope - near) > 1e-2 * abs(near) + noise:
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


def real_value(
    expression: ParameterExpression | complex, values: Mapping[Parameter, float], what: str = ""
) -> float:
    """Return the value of an expression at given values of its parameters.

    Args:
        expression: of the parameters.
        values: values by parameter; parameters that are not in the expression are ignored.
        what: name of the value for the message; by default, that of an angle.

    Raises:
        InputError: the value is complex, infinite or undefined. Qiskit decides whether it is
            complex, with a tolerance for rounding.

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
    except Exception:  # Qiskit's error depends on the function; arcsin(1.5) is a RuntimeError
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


def affine_of(
    expression: ParameterExpression | float,
) -> tuple[float, dict[Parameter, float]] | None:
    """Return offset and slopes of a real affine expression, or None if it is not one.

    Qiskit must report constant derivatives, and the values at two points must agree with them.
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

"""The unit of the cost that optimizers receive.

Methods test convergence against absolute numbers, some of them hard-coded: L-BFGS-B compares a
decrease with ``ftol * max(|f|, 1)``, Adam adds ``1e-8`` to a gradient. A cost of the order of 1e-6
passes such tests at the start. Therefore the loop divides the cost by a unit near its own size.

The unit is a power of four, so the division is exact: a cost multiplied by a power of four has its
unit multiplied by the same, and the method receives the same bits and takes the same path. Another
factor, such as 1e6, changes the tolerances by at most a factor of four. Costs of the usual size
have the unit 1: their tolerances are in the cost's own unit.
"""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import replace

import numpy as np

from hybrid.core.ask import Told
from hybrid.optimizers.base import Solution, Steps

_LEAST = 0.82
"""Scales from this up to four times this have the unit 1: spin chains with couplings of 1, cuts of
unit weights, small molecules in hartree. None of these is near either end, so a factor of 1000 or
1e6, which is nearly a power of four, hardly changes their tolerances."""

_ORDINARY = (2.0**-10, 2.0**10)
"""A scale estimated from one answer gives the unit 1 in this wider range."""


def unit_of(scale: float) -> float:
    """Return the unit, a power of four, for a scale of the cost.

    Args:
        scale: a bound on its slopes, positive. If it is zero or not finite, the unit is 1.

    Example:
        >>> unit_of(1.0), unit_of(4.0), unit_of(0.25), unit_of(0.0)
        (1.0, 4.0, 0.25, 1.0)
    """
    if not 0.0 < scale < math.inf:
        return 1.0
    _, exponent = math.frexp(scale / _LEAST)
    return math.ldexp(1.0, 2 * ((exponent - 1) // 2))


def unit_of_answer(told: Told) -> float:
    """Estimate the unit of a cost from its first answer.

    The scale is the size of the gradient or, without one, the range of the values of the batch. A
    gradient that is small compared with the value is no evidence, because the start may be good;
    neither is a single value without a gradient. Then the unit is 1.
    """
    values = np.abs(told.values).max()
    if told.gradients is not None:
        slope = np.abs(told.gradients).max()
    elif len(told.values) > 1:
        slope = np.ptp(told.values)
    else:
        return 1.0
    scale = float(slope if slope > 1.0 else max(slope, values))
    if (scale > 1.0 and slope <= 1.0) or _ORDINARY[0] <= scale < _ORDINARY[1]:
        return 1.0
    return unit_of(scale)


def told_in_unit(steps: Steps, unit: float) -> Steps:
    """Pass ``steps`` through, dividing the answers by a unit and multiplying the solution by it."""
    with closing(steps):
        ask = next(steps)
        while True:
            told = yield ask
            try:
                ask = steps.send(_divided(told, unit))
            except StopIteration as end:
                own: Solution = end.value
                return own if unit == 1.0 else _multiplied(own, unit)


def _divided(told: Told, unit: float) -> Told:
    if unit == 1.0:
        return told
    return replace(
        told,
        values=told.values / unit,
        gradients=None if told.gradients is None else told.gradients / unit,
        standard_errors=None if told.standard_errors is None else told.standard_errors / unit,
        variances=None if told.variances is None else told.variances / unit**2,
        forces=None if told.forces is None else told.forces / unit,
    )


def _multiplied(own: Solution, unit: float) -> Solution:
    message = f"{own.message} (Tolerances are in units of {unit:.4g}.)"
    return replace(own, value=own.value * unit, message=message)

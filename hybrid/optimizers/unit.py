"""The unit in which an optimizer is told the cost.

Methods test convergence against absolute numbers, some of them built in: L-BFGS-B compares a
decrease with ``ftol * max(|f|, 1)``, Adam adds ``1e-8`` to a gradient. A cost of the order of 1e-6
passes such tests at the start. So the loop divides the cost by a unit near its own size.

The unit is a power of four. Dividing by it is exact, so a cost that is multiplied by a power of
four has its unit multiplied by the same, and the method is told the same bits and takes the same
path. Another factor, such as 1e6, leaves the tolerances within a factor of four of each other.
Costs of the usual size have the unit 1: their tolerances are in the cost's own unit.
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
unit weights, small molecules in hartree. None of these lies near either end, so that a factor of
1000 or 1e6, which is nearly a power of four, leaves their tolerances alike."""

_ORDINARY = (2.0**-10, 2.0**10)
"""A scale that is guessed from one answer makes the unit 1 in this wider range."""


def unit_of(scale: float) -> float:
    """Return the power of four for a cost of a typical size.

    Args:
        scale: a bound on its slopes, positive; where it is zero or not finite the unit is 1.

    Example:
        >>> unit_of(1.0), unit_of(4.0), unit_of(0.25), unit_of(0.0)
        (1.0, 4.0, 0.25, 1.0)
    """
    if not 0.0 < scale < math.inf:
        return 1.0
    _, exponent = math.frexp(scale / _LEAST)
    return math.ldexp(1.0, 2 * ((exponent - 1) // 2))


def unit_of_answer(told: Told) -> float:
    """Return the unit of a cost of which only the first answer is known.

    The gradient there tells its size, or, without one, how far the values of a batch lie apart.
    A gradient that is small beside its value tells nothing, because the start may be good; a
    single value without a gradient tells nothing either. Then the unit is 1.
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
    """Pass ``steps`` through, with the answers divided by a unit and the solution in the cost's."""
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
    )


def _multiplied(own: Solution, unit: float) -> Solution:
    message = f"{own.message} (Tolerances are in units of {unit:.4g}.)"
    return replace(own, value=own.value * unit, message=message)

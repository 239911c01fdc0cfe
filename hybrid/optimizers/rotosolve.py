"""Rotosolve: each parameter in turn goes to the minimum of the wave that the cost is along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.optimizers.base import Solution, Steps
from hybrid.optimizers.checks import Options

Waves: TypeAlias = NDArray[np.complexfloating[Any, Any]]
"""Coefficients of exp(i k angle), k = 0, 1, ...; those of -k are their conjugates."""

_CHECK = 1.0
"""Where, in radians from the present angle, the first sweep compares the wave with the cost."""

_SPREAD, _ROUNDING = 1e-4, 1e-6
"""The parts of the wave's spread, and of the values, by which both may differ: rounding in single
precision is less, and other frequencies are more."""

_STANDARD_ERRORS = 8.0
"""By how many standard errors they may differ where values are sampled."""


@dataclass(frozen=True)
class Rotosolve:
    """Coordinate descent that needs no gradient and no learning rate.

    With all other parameters fixed, the expectation value of a circuit is a sum of waves in one
    parameter, of frequencies up to R: 1 for the angle of one rotation (rx, ry, rz, rxx, ...), R for
    an angle of R of them, 2 for the time of the evolution by one Pauli string. One Ask for 2 R + 1
    values determines the sum; the parameter goes to its minimum. An iteration is a sweep over all
    parameters.

    In the first sweep one value more is asked for each parameter. Where it is not what the waves
    predict, the cost has other frequencies (a controlled rotation has 1/2) and is refused.

    It stops after a sweep that lowers the cost by no more than ``tolerance`` (success), else after
    ``max_iterations`` sweeps (no success). Noise would pass that test, so with sampled values it
    takes all its sweeps and reports success.

    Source: M. Ostaszewski, E. Grant, M. Benedetti, "Structure optimization for parameterized
    quantum circuits", Quantum 5, 391 (2021), algorithm 1; for R > 1 D. Wierichs et al., Quantum 6,
    677 (2022).

    Attributes:
        frequencies: R, the highest frequency of the cost in any parameter.
        max_iterations: the number of sweeps.
        tolerance: decrease of the cost in a sweep at which it stops.

    Raises:
        InputError: an option out of its range; or, in the first sweep, a cost that is no such sum.

    Example:
        >>> Rotosolve(frequencies=2).name
        'Rotosolve'
    """

    name: ClassVar[str] = "Rotosolve"

    frequencies: int = 1
    max_iterations: int = 100
    tolerance: float = 1e-8

    def __post_init__(self) -> None:
        options = Options(self)
        options.count("frequencies")
        options.count("max_iterations")
        options.real("tolerance", least=0.0)

    def in_unit(self, unit: float) -> Rotosolve:
        """Return itself: no option is a value of the cost, but the tolerance."""
        return self

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return the generator; the seed is not used."""
        x, before = x0.copy(), np.inf
        for sweep in range(self.max_iterations):
            for parameter in range(x.size):
                told = yield self._ask(x, parameter, sweep)
                if parameter == 0:
                    value = float(told.values[0])
                    if before - value <= self.tolerance and not _is_sampled(told):
                        return self._converged(x, value, sweep)
                    before = value
                x[parameter] += self._shift(told, parameter, sweep)
        told = yield Ask(x[np.newaxis].copy(), iteration=self.max_iterations)
        return self._end(x, told, before)

    def _ask(self, x: FloatArray, parameter: int, sweep: int) -> Ask:
        """Return the question for the values along a parameter, the present one first."""
        count = 2 * self.frequencies + 1
        offsets = 2.0 * np.pi * np.arange(count) / count
        if sweep == 0:
            offsets = np.append(offsets, _CHECK)
        points = np.tile(x, (len(offsets), 1))
        points[:, parameter] += offsets
        return Ask(points, iteration=sweep)

    def _shift(self, told: Told, parameter: int, sweep: int) -> float:
        """Return how far it is to the lowest point along a parameter."""
        count = 2 * self.frequencies + 1
        with np.errstate(all="ignore"):  # enormous costs may overflow
            waves = np.fft.rfft(told.values[:count]) / count
            if sweep == 0:
                self._check(waves, told, parameter)
            return _lowest(waves)

    def _check(self, waves: Waves, told: Told, parameter: int) -> None:
        """Refuse a cost that is no sum of waves of the frequencies that it should have."""
        away = abs(_sum(waves, np.array([_CHECK]))[0] - told.values[-1])
        allowed = _SPREAD * float(np.ptp(told.values))
        allowed += _ROUNDING * float(np.max(np.abs(told.values)))
        if told.standard_errors is not None:
            allowed += _STANDARD_ERRORS * float(np.sqrt(np.sum(told.standard_errors**2)))
        if away > allowed:
            highest = self.frequencies
            raise InputError(
                f"the cost along parameter {parameter}",
                got=f"a value that is {away:.2g} off the sum of waves",
                expected=f"waves of the frequencies 1 to {highest} for Rotosolve",
                advice=f"set options={{'frequencies': {highest + 1}}} or more where the parameter "
                "enters several gates; other costs need another optimizer",
            )

    def _end(self, x: FloatArray, told: Told, before: float) -> Solution:
        """Return the end of a run that took all its sweeps."""
        value, sweeps = float(told.values[0]), self.max_iterations
        if _is_sampled(told):
            message = f"Rotosolve took its {sweeps} sweeps; sampled values show no convergence."
            return Solution(x, value, True, message, sweeps, Outcome.FINISHED)
        if before - value <= self.tolerance:
            return self._converged(x, value, sweeps)
        message = (
            f"Rotosolve used all its {sweeps} sweeps before it converged: the last one lowered the "
            f"cost by {before - value:.2g}, the tolerance is {self.tolerance:g}."
        )
        return Solution(x, value, False, message, sweeps, Outcome.LIMIT)

    def _converged(self, x: FloatArray, value: float, sweeps: int) -> Solution:
        message = (
            f"Rotosolve converged after {sweeps} sweep{'s' * (sweeps != 1)}: the last one lowered "
            f"the cost by no more than {self.tolerance:g}."
        )
        return Solution(x.copy(), value, True, message, sweeps)


def _is_sampled(told: Told) -> bool:
    return told.standard_errors is not None and bool(np.any(told.standard_errors > 0.0))


def _sum(waves: Waves, angles: FloatArray) -> FloatArray:
    """Return the sum of waves at some angles."""
    phases = np.exp(1j * np.outer(angles, np.arange(len(waves))))
    terms = phases * waves * np.where(np.arange(len(waves)) > 0, 2.0, 1.0)
    summed: FloatArray = terms.sum(axis=1).real
    return summed


def _lowest(waves: Waves) -> float:
    """Return the angle in (-pi, pi] where a sum of waves is lowest; 0 where it is constant."""
    if not np.any(waves[1:]):
        return 0.0
    if len(waves) == 2:
        return float(np.angle(-np.conj(waves[1])))
    # The slope is a polynomial in exp(i angle); its roots on the unit circle are the extremes.
    slopes = 1j * np.arange(len(waves)) * waves
    roots = np.roots(np.concatenate([slopes[:0:-1], [0.0], np.conj(slopes[1:])]))
    angles = np.append(np.angle(roots), 0.0)
    return float(angles[np.argmin(_sum(waves, angles))])

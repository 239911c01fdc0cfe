"""Rotosolve: coordinate descent with an exact minimum along each parameter."""

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
"""Offset, in radians, at which the first sweep compares the Fourier series with the cost."""

_SPREAD, _ROUNDING = 1e-4, 1e-6
"""Allowed difference, relative to the range of the values and to their size: above rounding in
single precision, below the effect of other frequencies."""

_STANDARD_ERRORS = 8.0
"""Allowed difference of sampled values, in standard errors."""


@dataclass(frozen=True)
class Rotosolve:
    """Coordinate descent that needs no gradient and no learning rate.

    As a function of one parameter, the expectation value of a circuit is a Fourier series with
    integer frequencies up to R: 1 for the angle of one rotation (rx, ry, rz, rxx, ...), R for an
    angle shared by R of them, 2 for the time of the evolution under one Pauli string. One Ask for
    2 R + 1 values determines the series; the parameter moves to its minimum. An iteration is a
    sweep over all parameters.

    The first sweep evaluates one more value per parameter. If the series does not predict it, the
    cost has other frequencies (a controlled rotation has 1/2) and is refused.

    Converges when a sweep lowers the cost by no more than ``tolerance``; otherwise stops after
    ``max_iterations`` sweeps (no success). Noise could pass that test, so with sampled values it
    takes all sweeps and reports success.

    Source: M. Ostaszewski, E. Grant, M. Benedetti, "Structure optimization for parameterized
    quantum circuits", Quantum 5, 391 (2021), algorithm 1; for R > 1 D. Wierichs et al., Quantum 6,
    677 (2022).

    Attributes:
        frequencies: R, the highest frequency of the cost in any parameter.
        max_iterations: maximum number of sweeps.
        tolerance: decrease of the cost in one sweep at convergence.

    Raises:
        InputError: an option is out of range; or, in the first sweep, the cost has other
            frequencies.

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
        """Return itself, because only the tolerance depends on the unit of the cost."""
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
        """Return the Ask for the values along a parameter, the current one first."""
        count = 2 * self.frequencies + 1
        offsets = 2.0 * np.pi * np.arange(count) / count
        if sweep == 0:
            offsets = np.append(offsets, _CHECK)
        points = np.tile(x, (len(offsets), 1))
        points[:, parameter] += offsets
        return Ask(points, iteration=sweep)

    def _shift(self, told: Told, parameter: int, sweep: int) -> float:
        """Return the shift to the minimum along a parameter."""
        count = 2 * self.frequencies + 1
        with np.errstate(all="ignore"):  # very large costs may overflow
            waves = np.fft.rfft(told.values[:count]) / count
            if sweep == 0:
                self._check(waves, told, parameter)
            return _lowest(waves)

    def _check(self, waves: Waves, told: Told, parameter: int) -> None:
        """Refuse a cost whose Fourier series has other frequencies."""
        away = abs(_sum(waves, np.array([_CHECK]))[0] - told.values[-1])
        allowed = _SPREAD * float(np.ptp(told.values))
        allowed += _ROUNDING * float(np.max(np.abs(told.values)))
        if told.standard_errors is not None:
            allowed += _STANDARD_ERRORS * float(np.sqrt(np.sum(told.standard_errors**2)))
        if away > allowed:
            highest = self.frequencies
            raise InputError(
                f"the cost along parameter {parameter}",
                got=f"a value that differs from its Fourier series by {away:.2g}",
                expected=f"frequencies from 1 to {highest} only, for Rotosolve",
                advice=f"set options={{'frequencies': {highest + 1}}} or more if the parameter "
                "enters several gates; otherwise use another optimizer",
            )

    def _end(self, x: FloatArray, told: Told, before: float) -> Solution:
        """Return the solution of a run that took all its sweeps."""
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
    """Evaluate a Fourier series at some angles."""
    phases = np.exp(1j * np.outer(angles, np.arange(len(waves))))
    terms = phases * waves * np.where(np.arange(len(waves)) > 0, 2.0, 1.0)
    summed: FloatArray = terms.sum(axis=1).real
    return summed


def _lowest(waves: Waves) -> float:
    """Return the angle in (-pi, pi] that minimises a Fourier series; 0 if it is constant."""
    if not np.any(waves[1:]):
        return 0.0
    if len(waves) == 2:
        return float(np.angle(-np.conj(waves[1])))
    # The slope is a polynomial in exp(i angle); its roots on the unit circle are the extrema.
    slopes = 1j * np.arange(len(waves)) * waves
    roots = np.roots(np.concatenate([slopes[:0:-1], [0.0], np.conj(slopes[1:])]))
    angles = np.append(np.angle(roots), 0.0)
    return float(angles[np.argmin(_sum(waves, angles))])

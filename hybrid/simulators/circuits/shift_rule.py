"""Parameter-shift rules: derivatives of expectation values from values at shifted angles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import linprog

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import NoExactGradientError

_MOST_NOISE = 100.0
"""Maximum amplification of errors of the values, relative to the best possible rule."""

_MOST_FREQUENCIES = 64
_MOST_CANDIDATES = 4096


@dataclass(frozen=True, slots=True)
class ShiftRule:
    """``f'(0) = sum_j coefficients[j] f(shifts[j])``, exact for given frequencies.

    Attributes:
        shifts: shifts of the gate's angle, in radians.
        coefficients: one per shift.
    """

    shifts: tuple[float, ...]
    coefficients: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.shifts)


def shift_rule(frequencies: FloatArray | None, gate: str) -> ShiftRule:
    """Return the exact derivative rule for a gate whose angle has the given frequencies.

    An expectation value is a Fourier sum in a gate's angle. If its R frequencies are 1, 2, ..., R
    times a unit, the rule is the closed form with 2R equidistant shifts; else it uses the 2R shifts
    on a grid with the smallest error amplification. The rule is odd: shifts come in pairs of
    opposite sign.

    Args:
        frequencies: shape (R,), positive, ascending, distinct; None if they are not known.
        gate: name of the gate, for the message.

    Raises:
        NoExactGradientError: the frequencies are unknown, or no rule is well conditioned.

    Source: Wierichs, Izaac, Wang and Lin, Quantum 6, 677 (2022).

    Example:
        >>> [round(shift, 3) for shift in shift_rule(np.array([1.0]), "rx").shifts]
        [1.571, -1.571]
    """
    if frequencies is None:
        raise refused(gate, "a generator whose eigenvalues are unknown or too many")
    rule = _rule(tuple(float(frequency) for frequency in frequencies))
    if rule is None:
        raise refused(
            gate,
            f"{len(frequencies)} frequencies from {frequencies[0]:.3g} to {frequencies[-1]:.3g}, "
            "for which no rule is numerically stable",
        )
    return rule


def refused(gate: str, why: str) -> NoExactGradientError:
    """Return the error for a gate without an exact rule."""
    return NoExactGradientError(
        f"gradient by parameter shift of gate '{gate}'",
        got=why,
        expected="a generator with few eigenvalues, well apart",
        advice="ask for gradient='finite-difference', or use simulator 'native'",
    )


@lru_cache(maxsize=1024)
def _rule(frequencies: tuple[float, ...]) -> ShiftRule | None:
    if not frequencies:
        return ShiftRule((), ())
    omega = np.array(frequencies)
    multiples = omega / omega[0]
    if np.allclose(multiples, np.arange(1, len(omega) + 1), rtol=0.0, atol=1e-9):
        return _odd(*_equidistant(omega))
    if len(omega) > _MOST_FREQUENCIES:
        return None
    unit = 2.0 ** np.frexp(omega[-1])[1]  # linear programs have absolute tolerances
    found = _least_noise(omega / unit)
    return None if found is None else _odd(found[0] / unit, found[1] * unit)


def _equidistant(omega: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return positive shifts and their coefficients in closed form."""
    count = len(omega)
    order = np.arange(1, count + 1)
    angle = (2 * order - 1) * np.pi / (2 * count)
    signs = np.where(order % 2 == 1, 1.0, -1.0)
    return angle / omega[0], omega[0] * signs / (4 * count * np.sin(angle / 2) ** 2)


def _least_noise(omega: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Return the odd rule with the least ``sum |coefficients|`` on a grid, or None if all are poor.

    A basic solution of the linear program has at most as many shifts as there are frequencies.
    """
    largest = omega[-1]
    narrowest = min(omega[0], np.diff(omega).min(initial=np.inf))
    candidates = int(np.ceil(16 * largest / narrowest))
    if candidates > _MOST_CANDIDATES:
        return None
    grid = (np.arange(candidates) + 0.5) * (np.pi / narrowest / candidates)
    sines = 2.0 * np.sin(np.outer(omega, grid))
    solved = linprog(
        np.ones(2 * candidates), A_eq=np.hstack([sines, -sines]), b_eq=omega, method="highs-ds"
    )
    if solved.x is None:
        return None
    weights = solved.x[:candidates] - solved.x[candidates:]
    used = np.abs(weights) > 1e-9 * np.abs(weights).max()
    # Solve again on these shifts alone, as the linear program stops at its own tolerance.
    refined = np.linalg.lstsq(sines[:, used], omega, rcond=None)[0]
    coefficients = np.asarray(refined, dtype=np.float64)
    exact = np.allclose(sines[:, used] @ coefficients, omega, rtol=0.0, atol=1e-11 * largest)
    # By Bernstein's inequality no rule has a sum below the largest frequency.
    quiet = 2.0 * np.abs(coefficients).sum() <= _MOST_NOISE * largest
    return (grid[used], coefficients) if exact and quiet else None


def _odd(shifts: FloatArray, coefficients: FloatArray) -> ShiftRule:
    pairs = [
        (sign * float(shift), sign * float(coefficient))
        for shift, coefficient in zip(shifts, coefficients, strict=True)
        for sign in (1.0, -1.0)
    ]
    return ShiftRule(tuple(s for s, _ in pairs), tuple(c for _, c in pairs))

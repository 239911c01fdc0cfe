"""SPSA: descent along random directions, two evaluations per step in any dimension."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.outcome import Outcome
from hybrid.optimizers.base import Solution, Steps
from hybrid.optimizers.checks import Options

_FLAT = 1e-12
"""Slopes up to this, in the unit of the cost, count as rounding."""

_FLAT_DIRECTIONS = 9
"""The start counts as stationary after more flat directions than this."""


@dataclass(frozen=True)
class SPSA:
    """Simultaneous perturbation stochastic approximation.

    Step k = 0, 1, ... evaluates, as one batch, the values at x + c_k D and x - c_k D, where D has
    random components +1 or -1, and moves to x - a_k (f+ - f-) / (2 c_k) D with the gains
    a_k = a / (k + 1 + A)^alpha and c_k = c / (k + 1)^gamma. With ``directions`` > 1 the steps along
    that many D are averaged; their evaluations are also one batch, split over the ranks.

    Calibration, if ``learning_rate`` is None: the slopes along ``calibration_directions`` random
    directions at the start are evaluated as one batch, and ``a`` is chosen such that the first
    step moves each parameter by ``first_step`` on average.

    A cost that is even about its start has no slope there in any direction; after ten such
    directions one step, of size ``first_step``, is random.

    With ``blocking``, a step is taken only if it does not raise the cost by more than
    ``allowed_increase``: the value at the new point is evaluated too, as a second batch.

    SPSA has no convergence test: it takes its steps, evaluates the final point, and reports
    success.

    Source: J. C. Spall, "Implementation of the simultaneous perturbation algorithm for stochastic
    optimization", IEEE Trans. Aerosp. Electron. Syst. 34 (1998) 817; the exponents, A = 10 % of
    the steps and the calibration by the first step are from its section III.B.

    Attributes:
        max_iterations: the number of steps.
        learning_rate: the gain a. If None, it is calibrated.
        perturbation: the gain c, in radians for angles. For a noisy cost, about the standard error
            of a value divided by the slope.
        alpha: exponent of the decay of a_k, in (0, 1].
        gamma: exponent of the decay of c_k, in (0, 1].
        stability: the constant A. If None, a tenth of ``max_iterations``.
        first_step: size of the first step, per parameter, that calibration aims for.
        calibration_directions: number of random directions in the calibration.
        directions: number of random directions averaged in each step.
        average_last: number of last iterates whose mean is the final point.
        blocking: whether to refuse steps that raise the cost.
        allowed_increase: by how much a step may raise the cost, in its unit. If None, twice the
            standard error of the difference: zero for exact values.

    Raises:
        InputError: an option is out of range.

    Example:
        >>> SPSA(max_iterations=50).name
        'SPSA'
    """

    name: ClassVar[str] = "SPSA"

    max_iterations: int = 200
    learning_rate: float | None = None
    perturbation: float = 0.2
    alpha: float = 0.602
    gamma: float = 0.101
    stability: float | None = None
    first_step: float = 0.1
    calibration_directions: int = 25
    directions: int = 1
    average_last: int = 1
    blocking: bool = False
    allowed_increase: float | None = None

    def __post_init__(self) -> None:
        options = Options(self)
        options.count("max_iterations")
        if self.learning_rate is not None:
            options.real("learning_rate", above=0.0)
        if self.stability is not None:
            options.real("stability", least=0.0)
        options.flag("blocking")
        if self.allowed_increase is not None:
            options.real("allowed_increase", least=0.0)
        for positive in ("perturbation", "alpha", "gamma", "first_step"):
            options.real(positive, above=0.0)
        for count in ("calibration_directions", "directions", "average_last"):
            options.count(count)

    def in_unit(self, unit: float) -> SPSA:
        """Return the optimizer with the options that depend on the unit of the cost rescaled."""
        rate, increase = self.learning_rate, self.allowed_increase
        if unit == 1.0 or (rate is None and increase is None):
            return self
        return replace(
            self,
            learning_rate=None if rate is None else rate * unit,
            allowed_increase=None if increase is None else increase / unit,
        )

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return the generator; the directions depend only on the seed and the step."""
        return self._descend(x0.copy(), seed)

    def _descend(self, x: FloatArray, seed: int) -> Steps:
        stability = 0.1 * self.max_iterations if self.stability is None else self.stability
        rate = self.learning_rate
        flat: int | None = 0  # number of flat directions so far; None after a slope was found
        if rate is None:
            slopes = yield from self._calibration(x, seed)
            rate = self._gain(slopes, stability)
            flat = len(slopes) if _is_flat(slopes) else None
        last: deque[FloatArray] = deque(maxlen=self.average_last)
        moved = ""
        gate = _Gate(self.allowed_increase) if self.blocking else None
        for k in range(self.max_iterations):
            directions = _signs(seed, k + 1, (self.directions, x.size))
            perturbation = self.perturbation / (k + 1) ** self.gamma
            slopes = yield from _slopes(x, directions, perturbation, k)
            flat = None if flat is None or not _is_flat(slopes) else flat + len(slopes)
            if flat is not None and flat > _FLAT_DIRECTIONS:
                x, flat = x + self.first_step * directions[0], None
                moved = " The cost had no slope at the start, so one step was random."
                gate = gate and _Gate(self.allowed_increase)
            else:
                gradient = np.mean(slopes[:, np.newaxis] * directions, axis=0)
                further = x - rate / (k + 1 + stability) ** self.alpha * gradient
                x = further if gate is None else (yield from gate.passed(x, further, k))
            last.append(x)
        x = np.mean(np.stack(last), axis=0)
        told = yield Ask(x[np.newaxis].copy(), iteration=self.max_iterations)
        message = f"SPSA took its {self.max_iterations} steps; it has no convergence test."
        if gate is not None:
            message += f" Steps blocked because they raised the cost: {gate.blocked}."
        value = float(told.values[0])
        outcome = Outcome.FINISHED
        return Solution(x, value, True, message + moved, self.max_iterations, outcome)

    def _calibration(self, x: FloatArray, seed: int) -> Generator[Ask, Told, FloatArray]:
        """Return the slopes along random directions at the start."""
        directions = _signs(seed, 0, (self.calibration_directions, x.size))
        return (yield from _slopes(x, directions, self.perturbation, 0))

    def _gain(self, slopes: FloatArray, stability: float) -> float:
        """Return the gain a for which the first step has the size ``first_step``."""
        # If the start is flat in every direction tried, any gain will do: use a slope of one.
        slope = 1.0 if _is_flat(slopes) else float(np.mean(np.abs(slopes)))
        rate: float = self.first_step * (1 + stability) ** self.alpha
        return rate / slope


class _Gate:
    """Lets steps pass that do not raise the cost.

    Args:
        allowed: by how much they may; None for twice the standard error of the difference.
    """

    def __init__(self, allowed: float | None) -> None:
        self._allowed = allowed
        self._before: tuple[float, float] | None = None
        self.blocked = 0

    def passed(
        self, x: FloatArray, further: FloatArray, iteration: int
    ) -> Generator[Ask, Told, FloatArray]:
        """Return the further point, or the present one if the step is blocked."""
        points = np.stack([further] if self._before is not None else [further, x])
        told = yield Ask(points, iteration=iteration)
        errors = np.zeros(len(points)) if told.standard_errors is None else told.standard_errors
        there = float(told.values[0]), float(errors[0])
        value, error = self._before or (float(told.values[-1]), float(errors[-1]))
        allowed = 2.0 * math.hypot(error, there[1]) if self._allowed is None else self._allowed
        if there[0] <= value + allowed:
            self._before = there
            return further
        self._before = value, error
        self.blocked += 1
        return x


def _is_flat(slopes: FloatArray) -> bool:
    """Return whether all slopes are rounding; the cost has a size of about 1."""
    return bool(np.max(np.abs(slopes)) <= _FLAT)


def _signs(seed: int, iteration: int, shape: tuple[int, int]) -> FloatArray:
    """Return random signs, float64, as a pure function of the arguments."""
    stream = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, iteration])))
    return 2.0 * stream.integers(0, 2, size=shape).astype(np.float64) - 1.0


def _slopes(
    x: FloatArray, directions: FloatArray, perturbation: float, iteration: int
) -> Generator[Ask, Told, FloatArray]:
    """Return the central differences along each direction, from one Ask; shape (D,)."""
    offsets = perturbation * directions
    told = yield Ask(np.concatenate([x + offsets, x - offsets]), iteration=iteration)
    plus, minus = np.split(told.values, 2)
    difference: FloatArray = (plus - minus) / (2.0 * perturbation)
    return difference

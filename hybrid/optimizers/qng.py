"""Quantum natural gradient: descent in the metric of the states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.outcome import Outcome
from hybrid.optimizers.base import Solution, Steps
from hybrid.optimizers.checks import Options

_LONGEST = 0.5
"""Default learning rate, per unit of the cost: twice the one that minimises a cosine."""

_SHORTEST = 2.0**-40
"""Steps are halved down to this fraction of the learning rate."""

_GROWTH = 1.25
"""Factor by which the rate grows after a step that lowered the cost."""

_SUFFICIENT = 1e-4
"""Fraction of the decrease predicted by the slope that a step must reach (Armijo's rule)."""


@dataclass(frozen=True)
class QNG:
    """Natural gradient descent with the full Fubini-Study metric.

    Each step evaluates value, gradient and metric G, and moves to
    ``x - rate * solve(G, gradient)``, with ``regularization * mean(diag(G))`` added to the diagonal
    of G. A step that does not lower the cost enough is halved; after one that does, the rate grows
    by a quarter, up to ``learning_rate``.

    Converges when no gradient component exceeds ``tolerance``; otherwise stops after
    ``max_iterations`` steps (no success). Requires exact values and a simulator that computes the
    metric: "native" without shots.

    Source: J. Stokes, J. Izaac, N. Killoran, G. Carleo, "Quantum natural gradient", Quantum 4, 269
    (2020), eq. 12; the halving is L. Armijo's, Pacific J. Math. 16 (1966) 1.

    Attributes:
        learning_rate: maximum rate, per unit of the cost. If None, half a radian.
        regularization: keeps the solution finite if parameters are redundant.
        max_iterations: maximum number of steps.
        tolerance: largest gradient component at convergence.

    Raises:
        InputError: an option is out of range.

    Example:
        >>> QNG(max_iterations=50).name
        'QNG'
    """

    name: ClassVar[str] = "QNG"

    learning_rate: float | None = None
    regularization: float = 1e-6
    max_iterations: int = 200
    tolerance: float = 1e-5

    def __post_init__(self) -> None:
        options = Options(self)
        if self.learning_rate is not None:
            options.real("learning_rate", above=0.0)
        options.real("regularization", above=0.0)
        options.count("max_iterations")
        options.real("tolerance", least=0.0)

    def in_unit(self, unit: float) -> QNG:
        """Return the optimizer with ``learning_rate``, which is per unit of the cost, rescaled."""
        if self.learning_rate is None:
            return self
        return replace(self, learning_rate=self.learning_rate * unit)

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return the generator; the seed is not used."""
        longest = _LONGEST if self.learning_rate is None else self.learning_rate
        x, rate, iteration = x0.copy(), longest, 0
        told = yield _ask(x, iteration)
        while True:
            value, gradient = float(told.values[0]), _gradient(told)
            slope = float(np.max(np.abs(gradient)))
            if slope <= self.tolerance:
                return Solution(x, value, True, self._converged(iteration), iteration)
            if iteration == self.max_iterations:
                message = self._out_of_steps(slope)
                return Solution(x, value, False, message, iteration, Outcome.LIMIT)
            direction = self._direction(told, gradient)
            with np.errstate(over="ignore"):  # the product may overflow
                promised = _SUFFICIENT * float(gradient @ direction)
            iteration += 1
            while True:
                there = x - rate * direction
                told = yield _ask(there, iteration)
                if told.values[0] <= value - rate * promised:
                    break
                rate /= 2.0
                if rate < _SHORTEST * longest:
                    message = f"QNG stopped after {iteration} iterations: no step lowers the cost."
                    return Solution(x, value, False, message, iteration, Outcome.FAILED)
            x, rate = there, min(_GROWTH * rate, longest)

    def _direction(self, told: Told, gradient: FloatArray) -> FloatArray:
        """Return the natural gradient."""
        assert told.metric is not None
        metric = told.metric[0]
        size = float(np.mean(np.diag(metric)))
        damping = self.regularization * (size if size > 0.0 else 1.0)
        solved: FloatArray = np.linalg.solve(metric + damping * np.eye(len(metric)), gradient)
        return solved

    def _converged(self, iteration: int) -> str:
        return (
            f"QNG converged after {iteration} iteration{'s' * (iteration != 1)}: no component of "
            f"the gradient is larger than {self.tolerance:g}."
        )

    def _out_of_steps(self, slope: float) -> str:
        return (
            f"QNG used all its {self.max_iterations} iterations before it converged: the largest "
            f"component of the last gradient is {slope:.2g}, the tolerance {self.tolerance:g}."
        )


def _ask(x: FloatArray, iteration: int) -> Ask:
    return Ask(x[np.newaxis].copy(), gradient=True, iteration=iteration, metric=True)


def _gradient(told: Told) -> FloatArray:
    assert told.gradients is not None
    row: FloatArray = told.gradients[0]
    return row

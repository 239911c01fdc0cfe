"""Adam: gradient descent with running estimates of the gradient's first and second moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.outcome import Outcome
from hybrid.optimizers.base import Solution, Steps
from hybrid.optimizers.checks import Options


@dataclass(frozen=True)
class Adam:
    """Adam with bias correction: one value and gradient per iteration, and a final value.

    Converges when no gradient component exceeds ``tolerance``; otherwise stops after
    ``max_iterations`` steps (no success). A sampled gradient rarely becomes that small, so with
    shots the number of steps decides.

    Source: D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015,
    algorithm 1.

    Attributes:
        learning_rate: approximate maximum step of a parameter, in radians for angles.
        beta1: decay of the running mean of the gradient, in [0, 1).
        beta2: decay of the running mean of its square, in [0, 1).
        epsilon: added to the root of the second moment, for numerical stability.
        max_iterations: maximum number of steps.
        tolerance: largest gradient component at convergence.

    Raises:
        InputError: an option is out of range.

    Example:
        >>> Adam(learning_rate=0.1).name
        'Adam'
    """

    name: ClassVar[str] = "Adam"

    learning_rate: float = 0.05
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    max_iterations: int = 200
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        options = Options(self)
        options.real("learning_rate", above=0.0)
        options.real("beta1", least=0.0, below=1.0)
        options.real("beta2", least=0.0, below=1.0)
        options.real("epsilon", above=0.0)
        options.count("max_iterations")
        options.real("tolerance", least=0.0)

    def in_unit(self, unit: float) -> Adam:
        """Return itself, because no option depends on the unit of the cost."""
        return self

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return the generator; the seed is not used."""
        return self._descend(x0.copy())

    def _descend(self, x: FloatArray) -> Steps:
        mean, square = np.zeros_like(x), np.zeros_like(x)
        slope = np.inf
        for step in range(self.max_iterations):
            told = yield Ask(x[np.newaxis].copy(), gradient=True, iteration=step)
            assert told.gradients is not None
            gradient = told.gradients[0]
            slope = float(np.abs(gradient).max())
            if slope <= self.tolerance:
                message = (
                    f"Adam converged after {step} iterations: no component of the gradient is "
                    f"larger than {self.tolerance:g}."
                )
                return Solution(x, float(told.values[0]), True, message, step)
            with np.errstate(over="ignore"):  # a squared gradient may overflow
                mean = self.beta1 * mean + (1 - self.beta1) * gradient
                square = self.beta2 * square + (1 - self.beta2) * gradient**2
                unbiased_mean = mean / (1 - self.beta1 ** (step + 1))
                unbiased_square = square / (1 - self.beta2 ** (step + 1))
                x = x - self.learning_rate * unbiased_mean / (
                    np.sqrt(unbiased_square) + self.epsilon
                )
        told = yield Ask(x[np.newaxis].copy(), iteration=self.max_iterations)
        message = (
            f"Adam used all its {self.max_iterations} iterations before it converged: the largest "
            f"component of the last gradient is {slope:.2g}, the tolerance {self.tolerance:g}."
        )
        value = float(told.values[0])
        return Solution(x, value, False, message, self.max_iterations, Outcome.LIMIT)

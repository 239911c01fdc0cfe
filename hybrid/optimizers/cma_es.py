"""CMA-ES: a population whose covariance adapts to the cost."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.optimizers.base import Solution, Steps
from hybrid.optimizers.checks import Options
from hybrid.optimizers.randomness import Randomness

_CONVERGED = ("tolfun", "tolfunhist", "tolfunrel", "tolx", "tolxstagnation", "ftarget")
"""Reasons to stop that mean convergence."""


@dataclass(frozen=True)
class CMAES:
    """Covariance matrix adaptation evolution strategy, by the package ``cma``.

    An iteration draws a population of points from a normal distribution, evaluates it as one batch,
    split over the ranks, and moves mean and covariance towards the better half. It needs no
    gradient, and tolerates noise and many local minima. The last evaluation is that of the mean.

    Source: N. Hansen, "The CMA evolution strategy: a tutorial", arXiv:1604.00772.

    Attributes:
        sigma: initial standard deviation of each parameter, in radians for angles.
        population: points in an iteration. If None, 4 + 3 ln P for P parameters, rounded down.
        max_iterations: maximum number of iterations. If None, that of ``cma``, which grows with P.
        tolerance: range of the values of recent iterations at convergence.

    Raises:
        InputError: an option is out of range; or, at the first step, ``cma`` is not installed.

    Example:
        >>> CMAES(population=16).name
        'CMA-ES'
    """

    name: ClassVar[str] = "CMA-ES"

    sigma: float = 0.5
    population: int | None = None
    max_iterations: int | None = None
    tolerance: float = 1e-9

    def __post_init__(self) -> None:
        options = Options(self)
        options.real("sigma", above=0.0)
        if self.population is not None:
            options.count("population", least=3)
        if self.max_iterations is not None:
            options.count("max_iterations")
        options.real("tolerance", least=0.0)

    def in_unit(self, unit: float) -> CMAES:
        """Return itself, because only the tolerance depends on the unit of the cost."""
        return self

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return the generator; the population depends only on the seed and the values."""
        strategy, randomness = self._strategy(x0.copy(), seed), Randomness(seed)
        while True:
            with randomness:
                reasons = dict(strategy.stop())
                if reasons:
                    break
                drawn = strategy.ask()
            count = int(strategy.countiter)
            told = yield Ask(np.array(drawn, dtype=np.float64), iteration=count)
            with randomness:
                strategy.tell(drawn, told.values.tolist())
        count = int(strategy.countiter)
        mean = np.array(strategy.mean, dtype=np.float64)
        told = yield Ask(mean[np.newaxis].copy(), iteration=count)
        return self._end(mean, float(told.values[0]), count, reasons)

    def _strategy(self, x0: FloatArray, seed: int) -> Any:
        """Return a strategy of the package, with a random generator of its own."""
        normal = np.random.default_rng(seed).standard_normal
        options: dict[str, object] = {
            "randn": lambda *shape: normal(shape),
            "seed": np.nan,
            "tolfun": self.tolerance,
            "tolfunhist": self.tolerance / 10.0,
            "verbose": -9,
            "verb_disp": 0,
            "verb_log": 0,
        }
        if self.population is not None:
            options["popsize"] = self.population
        if self.max_iterations is not None:
            options["maxiter"] = self.max_iterations
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _package().CMAEvolutionStrategy(x0, self.sigma, options)

    def _end(
        self, mean: FloatArray, value: float, count: int, reasons: dict[str, object]
    ) -> Solution:
        said = ", ".join(f"{name} = {reason:.3g}" for name, reason in sorted(reasons.items()))
        if any(name in _CONVERGED for name in reasons):
            message = f"CMA-ES converged after {count} iterations ({said})."
            return Solution(mean, value, True, message, count)
        if "maxiter" in reasons:
            message = f"CMA-ES used all its {count} iterations before it converged."
            return Solution(mean, value, False, message, count, Outcome.LIMIT)
        message = f"CMA-ES stopped after {count} iterations without converging ({said})."
        return Solution(mean, value, False, message, count, Outcome.FAILED)


def _package() -> Any:
    """Return the package ``cma``.

    Raises:
        InputError: it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that its plots need another package
            import cma
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "cma":
            raise
        raise InputError(
            "optimizer",
            got="'CMA-ES' without the package cma",
            expected="cma 4 or later",
            advice="pip install 'hybrid-hpc-quantum[cma]'",
        ) from error
    return cma

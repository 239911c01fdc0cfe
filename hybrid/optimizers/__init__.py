"""Optimizers as generators: they yield an :class:`~hybrid.core.ask.Ask`, receive a
:class:`~hybrid.core.ask.Told`, and return a :class:`Solution`.

An optimizer is independent of circuits, ranks and files. Equal answers lead to bitwise equal
Asks, so a run is resumed by sending the recorded answers to a new optimizer.

Example:
    >>> from hybrid.core.ask import Told
    >>> import numpy as np
    >>> steps = make("L-BFGS-B").steps(np.array([3.0, -2.0]), seed=0)
    >>> ask = next(steps)
    >>> try:
    ...     while True:
    ...         ask = steps.send(Told(np.sum(ask.points**2, axis=1), 2 * ask.points))
    ... except StopIteration as end:
    ...     print(end.value.success, end.value.x.round(6) + 0.0)
    True [0. 0.]
"""

from __future__ import annotations

from hybrid.optimizers.adam import Adam
from hybrid.optimizers.ask_tell import AskTell
from hybrid.optimizers.base import Optimizer, Rescalable, Solution, Steps
from hybrid.optimizers.best import Best, keep_best, lowest_row
from hybrid.optimizers.cma_es import CMAES
from hybrid.optimizers.drive import driven, first_ask
from hybrid.optimizers.outside import Minimizer
from hybrid.optimizers.qng import QNG
from hybrid.optimizers.registry import make, names
from hybrid.optimizers.rotosolve import Rotosolve
from hybrid.optimizers.scipy_minimize import SciPy
from hybrid.optimizers.spsa import SPSA
from hybrid.optimizers.starts import starts

__all__ = [
    "CMAES",
    "QNG",
    "SPSA",
    "Adam",
    "AskTell",
    "Best",
    "Minimizer",
    "Optimizer",
    "Rescalable",
    "Rotosolve",
    "SciPy",
    "Solution",
    "Steps",
    "driven",
    "first_ask",
    "keep_best",
    "lowest_row",
    "make",
    "names",
    "starts",
]

"""Optimizers of other libraries with the methods ``ask`` and ``tell``."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.checks import real_array
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.optimizers.base import Solution, Steps
from hybrid.optimizers.checks import Options
from hybrid.optimizers.outside import contents
from hybrid.optimizers.randomness import Randomness


@dataclass(frozen=True)
class AskTell:
    """An object that proposes points and is told their values, as those of ``cma`` and ``skopt``.

    ``ask()`` returns a point of shape (P,) or a batch of shape (B, P), and ``tell(points, values)``
    receives the same object with its value or values. If the object has a method ``stop``, the run
    ends when it returns something true. A batch is one Ask, split over the ranks. The lowest point
    is evaluated once more at the end.

    The object is copied, so a run does not change it, and can be resumed. It must propose the same
    points when it is told the same values; the global generators of Python and NumPy are seeded.

    Attributes:
        make: the object, which has a starting point of its own; or a function that makes it from
            ``(x0, seed)``.
        max_iterations: maximum number of calls of ``ask``.

    Raises:
        InputError: neither.

    Example:
        >>> class Halving:
        ...     def __init__(self, x):
        ...         self.x = x
        ...     def ask(self):
        ...         return self.x
        ...     def tell(self, x, value):
        ...         self.x = x / 2
        >>> AskTell(lambda x0, seed: Halving(x0), max_iterations=5).max_iterations
        5
    """

    make: Any
    max_iterations: int = 200

    def __post_init__(self) -> None:
        if isinstance(self.make, type) or not (is_ask_tell(self.make) or callable(self.make)):
            raise InputError(
                "optimizer",
                got=repr(self.make)[:60],
                expected="an object with ask() and tell(points, values), or a function of "
                "(x0, seed) that makes one",
            )
        Options(self).count("max_iterations")

    @property
    def name(self) -> str:
        """The name of the object's class, or of the function."""
        return str(getattr(self.make, "__name__", type(self.make).__name__))

    @property
    def starts_itself(self) -> bool:
        """Whether the object has a starting point of its own."""
        return is_ask_tell(self.make)

    def __repr__(self) -> str:
        """Return the settings and a digest of the object, which journals compare."""
        return f"AskTell({self.name}, {contents(self.make)}, {self.max_iterations})"

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return the generator.

        Raises:
            InputError: the object cannot be copied, or proposes something else than points.
        """
        randomness = Randomness(seed)
        with randomness:
            optimizer = self._made(x0, seed)
        best, lowest, stopped, iteration = x0.copy(), np.inf, False, 0
        while iteration < self.max_iterations and not stopped:
            with randomness:
                given = optimizer.ask()
            points = self._points(given, x0.size)
            told = yield Ask(points.copy(), iteration=iteration)
            row = int(np.argmin(told.values))
            if told.values[row] < lowest:
                best, lowest = points[row], float(told.values[row])
            with randomness:
                single = np.ndim(given) == 1
                optimizer.tell(given, float(told.values[0]) if single else told.values.tolist())
                stopped = bool(getattr(optimizer, "stop", bool)())
            iteration += 1
        told = yield Ask(best[np.newaxis].copy(), iteration=iteration)
        return self._end(best, float(told.values[0]), iteration, stopped, optimizer)

    def _made(self, x0: FloatArray, seed: int) -> Any:
        """Return a new object."""
        if not self.starts_itself:
            made = self.make(x0.copy(), seed)
            if is_ask_tell(made):
                return made
            raise InputError(
                f"result of {self.name}",
                got=type(made).__name__,
                expected="an object with ask() and tell(points, values)",
            )
        try:
            return deepcopy(self.make)
        except Exception as error:
            raise InputError(
                "optimizer",
                got=f"{self.name}, which cannot be copied: {error}",
                expected="an object that copy.deepcopy copies",
                advice="pass AskTell a function (x0, seed) that makes it",
            ) from error

    def _points(self, given: object, num_parameters: int) -> FloatArray:
        what = f"ask() of {self.name}"
        points = real_array(given, what)
        rows = points[np.newaxis] if points.ndim == 1 else points
        if rows.ndim != 2 or rows.shape[1] != num_parameters or len(rows) == 0:
            raise InputError(
                what,
                got=f"shape {points.shape}",
                expected=f"shape ({num_parameters},) or (B, {num_parameters})",
            )
        return rows

    def _end(
        self, x: FloatArray, value: float, iterations: int, stopped: bool, optimizer: object
    ) -> Solution:
        if stopped:
            message = f"{self.name} stopped by itself after {iterations} iterations."
            return Solution(x, value, True, message, iterations)
        if hasattr(optimizer, "stop"):
            message = f"{self.name} used all its {iterations} iterations before it stopped."
            return Solution(x, value, False, message, iterations, Outcome.LIMIT)
        message = f"{self.name} took its {iterations} iterations; it has no convergence test."
        return Solution(x, value, True, message, iterations, Outcome.FINISHED)


def is_ask_tell(given: object) -> bool:
    """Return whether an object has the methods ``ask`` and ``tell``."""
    return all(callable(getattr(given, name, None)) for name in ("ask", "tell"))

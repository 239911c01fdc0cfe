"""Functions with the signature of ``scipy.optimize.minimize``, and objects with such a method."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.optimize

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import real_array
from hybrid.core.errors import InputError
from hybrid.core.inversion import inverted
from hybrid.core.outcome import Outcome
from hybrid.optimizers.base import Solution, Steps
from hybrid.optimizers.randomness import Randomness
from hybrid.optimizers.scipy_methods import METHODS

_REMEMBERED = 8
"""Number of points whose answers are kept, for a gradient at the point of a value."""


@dataclass(frozen=True)
class Minimizer:
    """A minimiser of another library, which calls the cost itself.

    It is called as ``minimize(fun, x0)``, or ``minimize(fun, x0, jac=jac)`` if it takes gradients,
    and returns an object with ``x``, and ``fun``, ``nit``, ``success`` and ``message`` where it has
    them. ``fun`` takes a point of shape (P,) and returns its value, or several points, of shape
    (B, P) or one after the other, and returns theirs: they are one batch, split over the ranks.

    Minimisers of qiskit-algorithms are such objects. The global generators of Python, NumPy and
    qiskit-algorithms are seeded, so the run has the same bits each time and can be resumed.

    Attributes:
        minimize: the function, or an object with a method ``minimize``, which is copied for each
            run.
        gradient: whether to pass gradients. If None, as the object says (``is_gradient_ignored``),
            or whether the function has an argument ``jac``.

    Raises:
        InputError: neither.

    Example:
        >>> from functools import partial
        >>> Minimizer(partial(scipy.optimize.minimize, method="COBYLA")).name
        'COBYLA'
    """

    minimize: Any
    gradient: bool | None = None

    def __post_init__(self) -> None:
        if isinstance(self.minimize, type) or not is_minimizer(self.minimize):
            raise InputError(
                "optimizer",
                got=repr(self.minimize)[:60],
                expected="a function of (fun, x0), or an object with such a method 'minimize'",
            )
        if self.gradient is not None and not isinstance(self.gradient, bool):
            raise InputError(
                "gradient of Minimizer", got=repr(self.gradient), expected="True, False or None"
            )

    @property
    def name(self) -> str:
        """The name of the function or of the object's class; of SciPy's function, its method."""
        function = self.minimize
        if isinstance(function, partial):
            method = function.keywords.get("method")
            function = function.func
            if isinstance(method, str):
                return method
        return str(getattr(function, "__name__", type(function).__name__))

    def __repr__(self) -> str:
        """Return the settings and a digest of the function, which journals compare."""
        return f"Minimizer({self.name}, {contents(self.minimize)}, {self.gradient})"

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return the generator."""
        return inverted(lambda ask: self._minimized(ask, x0.copy(), seed))

    def _minimized(self, ask: Callable[[Ask], Told], x0: FloatArray, seed: int) -> Solution:
        randomness = Randomness(seed)
        cost = _Cost(ask, self._takes_gradients, x0.size, randomness)
        with randomness:
            function = self._function()
            if self._takes_gradients:
                result = function(cost.value, x0, jac=cost.gradient)
            else:
                result = function(cost.value, x0)
        return self._solution(result, cost)

    def _function(self) -> Callable[..., Any]:
        """Return the function to call; that of an object belongs to a copy of it."""
        if not hasattr(self.minimize, "minimize"):
            function: Callable[..., Any] = self.minimize
            return function
        try:
            function = deepcopy(self.minimize).minimize
        except Exception as error:
            raise InputError(
                "optimizer",
                got=f"{self.name}, which cannot be copied: {error}",
                expected="an object that copy.deepcopy copies",
                advice="pass a function of (fun, x0) that makes the object and calls it",
            ) from error
        return function

    @property
    def _takes_gradients(self) -> bool:
        if self.gradient is not None:
            return self.gradient
        ignored = getattr(self.minimize, "is_gradient_ignored", None)
        if isinstance(ignored, bool):
            return not ignored
        function = getattr(self.minimize, "minimize", self.minimize)
        given = function.keywords if isinstance(function, partial) else {}
        if getattr(function, "func", function) is scipy.optimize.minimize:
            method = METHODS.get(given.get("method") or "BFGS")
            return method is None or method.gradient
        try:
            return "jac" in inspect.signature(function).parameters and "jac" not in given
        except ValueError:  # a compiled function without a signature
            return False

    def _solution(self, result: Any, cost: _Cost) -> Solution:
        found = getattr(result, "x", None)
        x = real_array(found, f"x of the result of {self.name}").reshape(-1)
        if x.size != cost.size:
            raise InputError(
                f"x of the result of {self.name}",
                got=f"{x.size} parameters",
                expected=f"{cost.size}",
            )
        fun = getattr(result, "fun", None)
        value = float(cost.value(x)) if fun is None else float(np.asarray(fun).reshape(-1)[0])
        counted = getattr(result, "nit", None)
        iterations = cost.asks if counted is None else int(counted)
        said = " ".join(str(getattr(result, "message", "") or "").split()).rstrip(".")
        success = getattr(result, "success", None)
        count = f"{iterations} iteration{'s' * (iterations != 1)}"
        if success is None:
            message = f"{self.name} ended after {count}; it does not say whether it converged."
            return Solution(x, value, True, message, iterations, Outcome.FINISHED)
        reason = f" ({said})" if said else ""
        if success:
            message = f"{self.name} converged after {count}{reason}."
            return Solution(x, value, True, message, iterations)
        message = f"{self.name} stopped after {count} without converging{reason}."
        return Solution(x, value, False, message, iterations, Outcome.FAILED)


def is_minimizer(given: object) -> bool:
    """Return whether an object is a function, or has a method ``minimize``."""
    return callable(getattr(given, "minimize", given))


def contents(given: object) -> str:
    """Return a digest of a function's code, or of an object's class and attributes."""
    from hybrid.core.fingerprint import identity_of

    if hasattr(given, "__dict__") and not callable(given):
        return identity_of([type(given), vars(given)])
    return identity_of(given)


class _Cost:
    """The cost and its gradient as functions; answers at the latest points are remembered."""

    def __init__(
        self, ask: Callable[[Ask], Told], gradient: bool, size: int, randomness: Randomness
    ) -> None:
        self._ask, self._gradient, self._randomness = ask, gradient, randomness
        self._remembered: dict[bytes, Told] = {}
        self.size = size
        self.asks = 0

    def value(self, x: FloatArray) -> Any:
        """Return the value at a point, or the values at several."""
        points = np.asarray(x, dtype=np.float64)
        if points.size == 0 or points.size % self.size:
            raise InputError(
                "point of the cost",
                got=f"shape {points.shape}",
                expected=f"shape ({self.size},) or (B, {self.size})",
            )
        told = self._told(points.reshape(-1, self.size))
        single = points.ndim < 2 and points.size == self.size
        return float(told.values[0]) if single else told.values.copy()

    def gradient(self, x: FloatArray) -> FloatArray:
        """Return the gradient at a point, shape (P,)."""
        gradients = self._told(np.asarray(x, dtype=np.float64).reshape(1, -1)).gradients
        assert gradients is not None
        row: FloatArray = gradients[0].copy()
        return row

    def _told(self, points: FloatArray) -> Told:
        key = points.tobytes()
        told = self._remembered.pop(key, None) if self._gradient else None
        if told is None:
            self._randomness.__exit__(None, None, None)
            try:
                told = self._ask(Ask(points.copy(), self._gradient, self.asks))
            finally:
                self._randomness.__enter__()
            self.asks += 1
            if len(self._remembered) == _REMEMBERED:
                del self._remembered[next(iter(self._remembered))]
        self._remembered[key] = told
        return told

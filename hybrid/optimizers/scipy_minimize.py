"""SciPy's minimisers as generators of Asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.optimize

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import HybridError, InputError, nearest
from hybrid.core.inversion import inverted
from hybrid.core.outcome import Outcome
from hybrid.optimizers.base import Solution, Steps
from hybrid.optimizers.checks import check_array, check_count, check_flag, check_real
from hybrid.optimizers.scipy_methods import METHODS, SHAPES, UNLIMITED, Method

_REMEMBERED_POINTS = 8  # a line search or Hessian-vector product revisits at most a few points


@dataclass(frozen=True)
class SciPy:
    """A method of ``scipy.optimize.minimize``.

    L-BFGS-B, BFGS, CG, Newton-CG, SLSQP, TNC and trust-constr evaluate value and gradient together,
    once per point; COBYLA, COBYQA, Nelder-Mead and Powell evaluate values only. Each Ask has one
    point, because these methods are sequential.

    BFGS, SLSQP and trust-constr use BLAS, which rounds differently with another number of threads.
    For reproducible bits, the caller must limit BLAS to one thread.

    For COBYLA, COBYQA and TNC an iteration is one evaluation, because SciPy limits evaluations.

    Defaults are SciPy's, except for three limits that would end a variational run early: SLSQP has
    1000 iterations, TNC 15000 evaluations, COBYLA 500 evaluations per parameter (at least 1000).
    If ``max_iterations`` is given, it is the only limit unless ``options`` sets another.

    Attributes:
        method: SciPy's name of the method, ignoring case, '-' and '_'.
        max_iterations: maximum number of iterations. If None, the default.
        tolerance: SciPy's ``tol``, which sets all tolerances of the method.
        options: SciPy's options of the method, by name.

    Raises:
        InputError: an unknown method or option, or a value of the wrong type or range.

    Example:
        >>> SciPy("nelder-mead", max_iterations=50, options={"adaptive": True}).name
        'Nelder-Mead'
    """

    method: str
    max_iterations: int | None = None
    tolerance: float | None = None
    options: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        method = {plain(name): name for name in METHODS}.get(plain(self.method))
        if method is None:
            raise InputError(
                "method of SciPy",
                got=repr(self.method),
                expected=f"one of {', '.join(METHODS)}",
                advice=nearest(self.method, METHODS),
            )
        object.__setattr__(self, "method", method)
        if self.max_iterations is not None:
            limit = check_count(f"max_iterations of {method}", self.max_iterations)
            object.__setattr__(self, "max_iterations", limit)
        if self.tolerance is not None:
            tolerance = check_real(f"tolerance of {method}", self.tolerance, above=0.0)
            object.__setattr__(self, "tolerance", tolerance)
        # Sorted, because journals compare optimizers by their repr.
        named = sorted((str(name), value) for name, value in self.options.items())
        options = {name: self._checked_option(name, value) for name, value in named}
        object.__setattr__(self, "options", options)

    @property
    def name(self) -> str:
        """SciPy's name of the method."""
        return self.method

    def in_unit(self, unit: float) -> SciPy:
        """Return the optimizer with the options that depend on the unit of the cost rescaled."""
        power = {"f_target": -1, "minfev": -1, "hess_inv0": 1}
        factors = {name: unit ** power.get(name, 0) for name in self.options}
        if all(factor == 1.0 for factor in factors.values()):
            return self
        options = {
            name: value if factors[name] == 1.0 else (np.asarray(value) * factors[name]).tolist()
            for name, value in self.options.items()
        }
        return replace(self, options=options)

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return the generator; the seed is not used, because these methods are deterministic.

        Raises:
            InputError: at the first ``next``, if an option does not match the length of x0.
        """
        return inverted(lambda ask: self._minimized(ask, x0.copy()))

    def _minimized(self, ask: Callable[[Ask], Told], x0: FloatArray) -> Solution:
        method = METHODS[self.method]
        options = self._resolved_options(method, x0.size)
        cost = _Cost(ask, method)
        # SciPy's own arithmetic may overflow; errstate is local to this greenlet.
        with np.errstate(all="ignore"), _only_one(self.method):
            try:
                result = scipy.optimize.minimize(
                    cost.value,
                    x0,
                    method=self.method,
                    jac=cost.gradient if method.gradient else None,
                    hess=_QuietBFGS() if self.method == "trust-constr" else None,
                    tol=self.tolerance,
                    callback=cost.iterated,
                    options=options,
                )
            except (ArithmeticError, MemoryError, RuntimeError, ValueError) as error:
                if cost.evaluations:  # its arithmetic failed on this cost: a regular end
                    return self._failed(cost, error)
                raise InputError(
                    f"options of {self.method}",
                    got=str(dict(self.options)),
                    expected=f"values that fit {x0.size} parameters (SciPy: {error})",
                ) from error
        x = np.array(result.x, dtype=np.float64).reshape(-1)
        counted = method.limits_evaluations
        iterations = cost.evaluations if counted else int(result.nit)
        limit = options.get(method.limit)
        reached = isinstance(limit, int) and iterations >= limit
        success, said = bool(result.success), str(result.message)
        message = self._why(success, reached, iterations, said)
        how = _outcome(success, reached)
        return Solution(x, float(result.fun), success, message, iterations, how)

    def _failed(self, cost: _Cost, error: Exception) -> Solution:
        """Return the solution of a method that raised: its last point."""
        x, value = cost.last
        message = self._why(False, False, cost.iterations, str(error))
        return Solution(x, value, False, message, cost.iterations, Outcome.FAILED)

    def _resolved_options(self, method: Method, parameters: int) -> dict[str, object]:
        """Return SciPy's options with the limits filled in."""
        options = dict(self.options)
        for name in options:
            if method.options[name] is np.ndarray:  # run files contain lists
                options[name] = self._shaped(name, parameters)
        if self.max_iterations is not None:
            options[method.limit] = int(self.max_iterations)
            for other in method.other_limits:
                options.setdefault(other, UNLIMITED)
        elif method.default_limit is not None:
            options.setdefault(method.limit, method.default_limit(parameters))
        limit = options.get(method.limit)
        if isinstance(limit, int) and limit < method.least(parameters):
            raise InputError(
                f"max_iterations of {self.method}",
                got=limit,
                expected=f"at least {method.least(parameters)} for {parameters} parameters",
                advice="its first model of the cost takes that many evaluations",
            )
        return options

    def _shaped(self, name: str, parameters: int) -> FloatArray:
        """Return an array option; refuse a wrong shape."""
        array = np.array(self.options[name], dtype=np.float64)
        shape = SHAPES[name](parameters)
        if array.shape != shape:
            raise InputError(
                f"option '{name}' of {self.method}",
                got=f"shape {array.shape}",
                expected=f"shape {shape} for {parameters} parameter{'s' * (parameters != 1)}",
            )
        return array

    def _checked_option(self, name: str, value: object) -> object:
        """Validate an option; return it as a plain Python value."""
        method = METHODS[self.method]
        what = f"option '{name}' of {self.method}"
        if name not in method.options:
            raise InputError(
                f"option of {self.method}",
                got=f"'{name}'",
                expected=f"one of {', '.join(sorted(method.options))}",
                advice=nearest(name, method.options),
            )
        if name == method.limit and self.max_iterations is not None:
            raise InputError(
                what,
                got=f"{value!r} besides max_iterations={self.max_iterations}",
                expected="one of them, because they set the same limit",
            )
        if name in {method.limit, *method.other_limits}:
            return check_count(what, value)
        return _CHECKS[method.options[name]](what, value)

    def _why(self, success: bool, limit_reached: bool, iterations: int, said: str) -> str:
        counted = "evaluation" if METHODS[self.method].limits_evaluations else "iteration"
        count = f"{iterations} {counted}{'s' * (iterations != 1)}"
        said = " ".join(said.split()).rstrip(".")
        if success:
            return f"{self.method} converged after {count} (SciPy: {said})."
        if limit_reached:
            return f"{self.method} used all its {count} before it converged."
        return f"{self.method} stopped after {count} without converging (SciPy: {said})."


_CHECKS: Mapping[type, Callable[[str, object], object]] = {
    int: lambda what, value: check_count(what, value, least=-1),  # -1 is SciPy's "choose for me"
    float: lambda what, value: check_real(what, value, infinite=True),
    bool: check_flag,
    np.ndarray: check_array,
}


def _outcome(success: bool, limit_reached: bool) -> Outcome:
    if success:
        return Outcome.CONVERGED
    return Outcome.LIMIT if limit_reached else Outcome.FAILED


def plain(name: str) -> str:
    """Normalise a name: lower case, without '-', '_' and spaces.

    Example:
        >>> plain("L-BFGS-B") == plain("lbfgs_b")
        True
    """
    return "".join(letter for letter in name.lower() if letter not in "-_ ")


class _Cost:
    """The cost function passed to SciPy; remembers the latest points."""

    def __init__(self, ask: Callable[[Ask], Told], method: Method) -> None:
        self._ask = ask
        self._method = method
        self._remembered: dict[bytes, Told] = {}
        self._callbacks = 0
        self.evaluations = 0

    @property
    def iterations(self) -> int:
        return self.evaluations if self._method.limits_evaluations else self._callbacks

    @property
    def last(self) -> tuple[FloatArray, float]:
        """The last point used, and its value."""
        key, told = next(reversed(self._remembered.items()))
        return np.frombuffer(key, dtype=np.float64).copy(), float(told.values[0])

    def iterated(self, *_: object) -> None:
        """Count an iteration; SciPy's callback."""
        self._callbacks += 1

    def value(self, x: FloatArray) -> float:
        return float(self._told(x).values[0])

    def gradient(self, x: FloatArray) -> FloatArray:
        gradients = self._told(x).gradients
        assert gradients is not None
        row: FloatArray = gradients[0]
        return row

    def _told(self, x: FloatArray) -> Told:
        point = np.array(x, dtype=np.float64).reshape(1, -1)
        key = point.tobytes()
        told = self._remembered.pop(key, None)
        if told is None:
            told = self._ask(Ask(point, self._method.gradient, self.iterations))
            self.evaluations += 1
            if len(self._remembered) == _REMEMBERED_POINTS:
                del self._remembered[next(iter(self._remembered))]
        self._remembered[key] = told  # moved to the end: the least recently used is dropped first
        return told


class _QuietBFGS(scipy.optimize.BFGS):  # type: ignore[misc]  # SciPy is untyped
    """SciPy's BFGS update without the warning when two gradients are equal; both skip it."""

    def update(self, delta_x: FloatArray, delta_grad: FloatArray) -> None:
        if np.any(delta_grad):
            super().update(delta_x, delta_grad)


_cobyqa_running = threading.Lock()


@contextmanager
def _only_one(method: str) -> Iterator[None]:
    """Refuse a second COBYQA run while one is suspended.

    SciPy holds a lock during a COBYQA run; a second run in the same thread would deadlock.
    """
    if method != "COBYQA":
        yield
        return
    if not _cobyqa_running.acquire(blocking=False):
        raise HybridError(
            "COBYQA: another COBYQA run is active in this process, and SciPy allows only one at a "
            "time; finish or close that one first, or use COBYLA"
        )
    try:
        yield
    finally:
        _cobyqa_running.release()

"""The supported methods of ``scipy.optimize.minimize`` and their options.

Not supported: methods that need a Hessian (dogleg, trust-ncg, trust-krylov, trust-exact), and
options for printing, gradient approximation and constraints. The table is written out rather than
parsed from SciPy's docstrings, which ``python -OO`` removes; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

UNLIMITED = 2**31 - 1


def _one(_: int) -> int:
    return 1


@dataclass(frozen=True)
class Method:
    """Properties of a SciPy method.

    Attributes:
        options: supported options and their types; ndarray for any array of numbers.
        gradient: whether it uses gradients.
        limit: the option that ``max_iterations`` sets.
        limits_evaluations: whether that option counts evaluations, as in some SciPy methods; an
            iteration of such a method is then one evaluation.
        default_limit: default limit for P parameters, if SciPy's would end a variational run
            early. None keeps SciPy's.
        other_limits: limits that are lifted when ``max_iterations`` is given.
        least: smallest valid limit for P parameters.
    """

    options: Mapping[str, type]
    gradient: bool = False
    limit: str = "maxiter"
    limits_evaluations: bool = False
    default_limit: Callable[[int], int] | None = None
    other_limits: tuple[str, ...] = ()
    least: Callable[[int], int] = _one


def _options(
    counts: str = "", reals: str = "", flags: str = "", arrays: str = ""
) -> Mapping[str, type]:
    kinds = ((counts, int), (reals, float), (flags, bool), (arrays, np.ndarray))
    return {name: kind for names, kind in kinds for name in names.split()}


SHAPES: Mapping[str, Callable[[int], tuple[int, ...]]] = {
    "hess_inv0": lambda p: (p, p),
    "direc": lambda p: (p, p),
    "initial_simplex": lambda p: (p + 1, p),
    "scale": lambda p: (p,),
    "offset": lambda p: (p,),
}
"""Shapes of array options, for P parameters."""

METHODS: Mapping[str, Method] = {
    "L-BFGS-B": Method(
        _options(counts="maxcor maxfun maxiter maxls", reals="ftol gtol"),
        gradient=True,
        other_limits=("maxfun",),
    ),
    "BFGS": Method(
        _options(counts="maxiter", reals="gtol norm xrtol c1 c2", arrays="hess_inv0"),
        gradient=True,
    ),
    "CG": Method(_options(counts="maxiter", reals="gtol norm c1 c2"), gradient=True),
    # Hessian times vector by differences of gradients, at distance eps.
    "Newton-CG": Method(_options(counts="maxiter", reals="xtol eps c1 c2"), gradient=True),
    "SLSQP": Method(
        _options(counts="maxiter", reals="ftol"),
        gradient=True,
        default_limit=lambda _: 1000,  # SciPy: 100
    ),
    "TNC": Method(
        _options(
            counts="maxfun maxCGit",
            reals="eta stepmx accuracy minfev ftol xtol gtol rescale",
            arrays="scale offset",
        ),
        gradient=True,
        limit="maxfun",
        limits_evaluations=True,
        default_limit=lambda _: 15000,  # SciPy: max(100, 10 P); here as for L-BFGS-B
    ),
    "trust-constr": Method(
        _options(counts="maxiter", reals="xtol gtol initial_tr_radius"), gradient=True
    ),
    "COBYLA": Method(
        _options(counts="maxiter", reals="rhobeg tol f_target"),
        limits_evaluations=True,
        default_limit=lambda p: max(1000, 500 * p),  # SciPy: 1000; here it grows as for COBYQA
        least=lambda p: p + 2,  # its first model takes P + 1 evaluations
    ),
    "COBYQA": Method(
        _options(
            counts="maxfev maxiter",
            reals="f_target initial_tr_radius final_tr_radius",
        ),
        limit="maxfev",
        limits_evaluations=True,
        other_limits=("maxiter",),
    ),
    "Nelder-Mead": Method(
        _options(
            counts="maxiter maxfev",
            reals="xatol fatol",
            flags="adaptive",
            arrays="initial_simplex",
        ),
        other_limits=("maxfev",),
    ),
    "Powell": Method(
        _options(counts="maxiter maxfev", reals="xtol ftol", arrays="direc"),
        other_limits=("maxfev",),
    ),
}

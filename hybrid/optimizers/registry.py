"""Optimizers by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from hybrid.core.errors import InputError, nearest
from hybrid.optimizers.adam import Adam
from hybrid.optimizers.ask_tell import AskTell, is_ask_tell
from hybrid.optimizers.base import Optimizer
from hybrid.optimizers.cma_es import CMAES
from hybrid.optimizers.outside import Minimizer, is_minimizer
from hybrid.optimizers.qng import QNG
from hybrid.optimizers.rotosolve import Rotosolve
from hybrid.optimizers.scipy_methods import METHODS
from hybrid.optimizers.scipy_minimize import SciPy, plain
from hybrid.optimizers.spsa import SPSA

_OURS: Mapping[str, type[Any]] = {
    "Adam": Adam,
    "CMA-ES": CMAES,
    "QNG": QNG,
    "Rotosolve": Rotosolve,
    "SPSA": SPSA,
}


def names() -> tuple[str, ...]:
    """Return the names of the available optimizers.

    Example:
        >>> "L-BFGS-B" in names() and "SPSA" in names()
        True
    """
    return (*METHODS, *_OURS)


def make(
    optimizer: str | Optimizer,
    max_iterations: int | None = None,
    tolerance: float | None = None,
    options: Mapping[str, object] | None = None,
    **more: object,
) -> Optimizer:
    """Make an optimizer from its name, or change the options of an existing one.

    Args:
        optimizer: one of :func:`names` (ignoring case, '-' and '_'), or an optimizer. A function
            with the signature of ``scipy.optimize.minimize``, or an object with such a method,
            becomes a :class:`Minimizer`, and an object with ``ask`` and ``tell`` an
            :class:`AskTell`.
        max_iterations: maximum number of iterations. If None, the optimizer's default.
        tolerance: convergence tolerance. If None, the optimizer's default. SPSA has none.
        options: options by name: the fields of :class:`Adam`, :class:`SPSA` and the like, or
            SciPy's options. May include ``max_iterations`` and ``tolerance``.
        more: further options, as keywords.

    Raises:
        InputError: an unknown name or option, or a value of the wrong type or range.

    Example:
        >>> make("lbfgsb", max_iterations=20).name
        'L-BFGS-B'
    """
    limits = {"max_iterations": max_iterations, "tolerance": tolerance}
    given = {name: value for name, value in limits.items() if value is not None}
    chosen = _once(given, _named(options), more)
    if not isinstance(optimizer, str):
        return _adjusted(_adopted(optimizer), chosen)
    name = {plain(known): known for known in names()}.get(plain(optimizer))
    if name is None:
        raise InputError(
            "optimizer",
            got=f"'{optimizer}'",
            expected=f"one of {', '.join(names())}",
            advice=nearest(optimizer, names()),
        )
    if name in METHODS:
        own = {option: value for option, value in chosen.items() if option not in limits}
        bounds: dict[str, Any] = {limit: chosen.get(limit) for limit in limits}
        return SciPy(name, **bounds, options=own)
    _check_known(name, _OURS[name], chosen)
    made: Optimizer = _OURS[name](**chosen)
    return made


def _named(options: object) -> Mapping[str, object]:
    """Validate the ``options`` argument; None becomes an empty mapping.

    Raises:
        InputError: not a mapping, or a key is not a string.
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise InputError("options", got=repr(options), expected="a dict of options by name")
    for name in options:
        if not isinstance(name, str):
            raise InputError("options", got=f"the key {name!r}", expected="the name of an option")
    return options


def _once(*sources: Mapping[str, object]) -> dict[str, object]:
    """Merge options.

    Raises:
        InputError: an option is given twice with different values.
    """
    chosen: dict[str, object] = {}
    for source in sources:
        for name, value in source.items():
            if value is None and name in ("max_iterations", "tolerance"):
                continue
            if name in chosen and not np.array_equal(chosen[name], value):  # type: ignore[arg-type]
                raise InputError(
                    f"option '{name}'",
                    got=f"{chosen[name]!r} and {value!r}",
                    expected="one value",
                    advice="pass it once, as an argument or in options",
                )
            chosen[name] = value
    return chosen


def _adopted(optimizer: object) -> object:
    """Return an optimizer of another library as one of ours; anything else as it is."""
    if isinstance(optimizer, type | Optimizer):
        return optimizer
    if is_minimizer(optimizer):
        return Minimizer(optimizer)
    return AskTell(optimizer) if is_ask_tell(optimizer) else optimizer


def _adjusted(optimizer: object, changes: dict[str, object]) -> Optimizer:
    if isinstance(optimizer, type) or not isinstance(optimizer, Optimizer):
        raise InputError(
            "optimizer",
            got=repr(optimizer),
            expected=f"a name ({', '.join(names())}), an optimizer of hybrid.optimizers, an object "
            "with ask and tell, or a function with the signature of scipy.optimize.minimize",
        )
    if not changes:
        return optimizer
    if not is_dataclass(optimizer):
        raise InputError(
            f"options of {optimizer.name}",
            got=", ".join(changes),
            expected="none, because this optimizer object is not a dataclass",
            advice="set them when you create it",
        )
    _check_known(optimizer.name, type(optimizer), changes)
    changed: Optimizer = replace(optimizer, **changes)
    return changed


def _check_known(name: str, kind: type, options: Mapping[str, object]) -> None:
    known = [field.name for field in fields(kind)]
    for option in options:
        if option not in known:
            raise InputError(
                f"option of {name}",
                got=f"'{option}'",
                expected=f"one of {', '.join(sorted(known))}",
                advice=nearest(option, known),
            )

"""Optimizers by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hybrid.core.errors import InputError, nearest
from hybrid.optimizers.adam import Adam
from hybrid.optimizers.base import Optimizer
from hybrid.optimizers.scipy_methods import METHODS
from hybrid.optimizers.scipy_minimize import SciPy, plain
from hybrid.optimizers.spsa import SPSA

_OURS: Mapping[str, type[Adam] | type[SPSA]] = {"Adam": Adam, "SPSA": SPSA}


def names() -> tuple[str, ...]:
    """Return the names of the optimizers that exist.

    Example:
        >>> "L-BFGS-B" in names() and "SPSA" in names()
        True
    """
    return (*METHODS, *_OURS)


def make(
    optimizer: str | Optimizer,
    max_iterations: int | None = None,
    tolerance: float | None = None,
    **options: object,
) -> Optimizer:
    """Return an optimizer by its name, or one that is made already with its limits changed.

    Args:
        optimizer: one of :func:`names` (capitals, '-' and '_' do not matter), or an optimizer.
        max_iterations: limit of its iterations; None keeps its default.
        tolerance: its tolerance; None keeps its default. SPSA has none.
        options: its other options: fields of :class:`Adam` and :class:`SPSA`, SciPy's own for
            SciPy's methods.

    Raises:
        InputError: an unknown name or option, or a value of the wrong type or range.

    Example:
        >>> make("lbfgsb", max_iterations=20).name
        'L-BFGS-B'
    """
    limits = {"max_iterations": max_iterations, "tolerance": tolerance}
    given = {name: value for name, value in limits.items() if value is not None}
    if not isinstance(optimizer, str):
        return _adjusted(optimizer, given | options)
    name = {plain(known): known for known in names()}.get(plain(optimizer))
    if name is None:
        raise InputError(
            "optimizer",
            got=f"'{optimizer}'",
            expected=f"one of {', '.join(names())}",
            advice=nearest(optimizer, names()),
        )
    if name in METHODS:
        return SciPy(name, max_iterations, tolerance, options)
    _check_known(name, _OURS[name], given | options)
    chosen: Any = _OURS[name]
    made: Optimizer = chosen(**given, **options)
    return made


def _adjusted(optimizer: object, changes: dict[str, object]) -> Optimizer:
    if isinstance(optimizer, type) or not isinstance(optimizer, Optimizer):
        raise InputError(
            "optimizer",
            got=repr(optimizer),
            expected=f"a name ({', '.join(names())}) or an object with a name and steps(x0, seed)",
        )
    if not changes:
        return optimizer
    if not is_dataclass(optimizer):
        raise InputError(
            f"options of {optimizer.name}",
            got=", ".join(changes),
            expected="none, because the optimizer is made already and is not a dataclass",
            advice="set them where it is made",
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

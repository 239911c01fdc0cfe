"""Checks of what a user gives an optimizer."""

from __future__ import annotations

import math
from numbers import Integral, Real

import numpy as np

from hybrid.core.checks import real_array
from hybrid.core.errors import InputError


def check_count(what: str, value: object, least: int = 1) -> None:
    """Raise InputError unless ``value`` is an integer of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise InputError(what, got=repr(value), expected=f"an integer of at least {least}")


def check_real(
    what: str,
    value: object,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    infinite: bool = False,
) -> None:
    """Raise InputError unless ``value`` is a number within the bounds that are given."""
    if (
        isinstance(value, Real)
        and not isinstance(value, bool)
        and not math.isnan(value)
        and (infinite or math.isfinite(value))
        and (above is None or float(value) > above)
        and (least is None or float(value) >= least)
        and (below is None or float(value) < below)
    ):
        return
    bounds = (("above", above), ("of at least", least), ("and below", below))
    words = [f"{word} {bound:g}" for word, bound in bounds if bound is not None]
    raise InputError(
        what,
        got=repr(value),
        expected=" ".join(["a number" if infinite else "a finite number", *words]),
    )


def check_flag(what: str, value: object) -> None:
    """Raise InputError unless ``value`` is true or false."""
    if not isinstance(value, bool):
        raise InputError(what, got=repr(value), expected="true or false")


def check_array(what: str, value: object) -> None:
    """Raise InputError unless ``value`` is, or can become, an array of finite numbers."""
    try:
        finite = bool(np.all(np.isfinite(real_array(value, what))))
    except InputError:
        finite = False
    if not finite:
        raise InputError(what, got=repr(value), expected="an array of finite numbers")

"""Checks of the numbers that algorithms take."""

from __future__ import annotations

import numpy as np

from hybrid.core.errors import InputError


def checked_count(number: object, what: str, most: int | None = None) -> int:
    """Return a number of things, at least 1.

    Raises:
        InputError: it is none, or larger than ``most``.
    """
    is_integer = isinstance(number, int | np.integer) and not isinstance(number, bool)
    if is_integer and number >= 1 and (most is None or number <= most):  # type: ignore[operator]
        return int(number)  # type: ignore[call-overload, no-any-return]
    limit = "of at least 1" if most is None else f"from 1 to {most}"
    raise InputError(what, got=repr(number)[:60], expected=f"an integer {limit}")


def checked_positive(number: object, what: str) -> float:
    """Return a positive finite number.

    Raises:
        InputError: it is none.
    """
    is_real = isinstance(number, int | float | np.integer | np.floating)
    if is_real and not isinstance(number, bool) and 0.0 < float(number) < np.inf:  # type: ignore[arg-type]
        return float(number)  # type: ignore[arg-type]
    raise InputError(what, got=repr(number)[:60], expected="a positive finite number, or None")

"""Validate what an optimizer yields and returns, which may be the user's own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import replace

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.checks import real_array
from hybrid.core.errors import InputError
from hybrid.optimizers.base import Solution, Steps

_WHAT = "steps() of the optimizer"
_FLOAT = np.dtype(np.float64)


def checked(steps: Steps, num_parameters: int) -> Steps:
    """Pass the steps of an optimizer through, and validate them.

    Args:
        steps: what ``steps`` of the optimizer returned.
        num_parameters: P.

    Raises:
        InputError: not a generator of usable Asks that returns a usable Solution.
    """
    if not isinstance(steps, Generator):
        raise InputError(_WHAT, got=type(steps).__name__, expected="a generator that yields Asks")
    with closing(steps):
        try:
            ask = next(steps)
        except StopIteration:
            raise InputError(
                _WHAT, got="no Ask", expected="at least one before the Solution"
            ) from None
        while True:
            told = yield checked_ask(ask, num_parameters)
            try:
                ask = steps.send(told)
            except StopIteration as end:
                return checked_solution(end.value, num_parameters)


def checked_ask(ask: object, num_parameters: int) -> Ask:
    """Return an Ask in the plain types that messages and journals hold.

    Raises:
        InputError: not an Ask, or its points are not real numbers of shape (B, P), B > 0.

    Example:
        >>> checked_ask(Ask([[1, 2]]), 2).points
        array([[1., 2.]])
    """
    if not isinstance(ask, Ask):
        raise InputError(_WHAT, got=type(ask).__name__, expected="an Ask")
    if _is_plain(ask, num_parameters):
        return ask
    return replace(
        ask,
        points=_rows(ask.points, num_parameters, "points"),
        gradient=bool(ask.gradient),
        iteration=int(ask.iteration),
        metric=bool(ask.metric),
        variance=bool(ask.variance),
        others=None if ask.others is None else _rows(ask.others, num_parameters, "others"),
        force=bool(ask.force),
    )


def checked_solution(solution: object, num_parameters: int) -> Solution:
    """Return the Solution of an optimizer with an array of shape (P,).

    Raises:
        InputError: not a Solution, or ``x`` or ``value`` has another shape or is not real.
    """
    if not isinstance(solution, Solution):
        raise InputError(f"result of {_WHAT}", got=type(solution).__name__, expected="a Solution")
    x = real_array(solution.x, "x of the optimizer's Solution").reshape(-1)
    value = real_array(solution.value, "value of the optimizer's Solution")
    if x.size != num_parameters or value.size != 1:
        raise InputError(
            "Solution of the optimizer",
            got=f"{x.size} parameters and {value.size} values",
            expected=f"{num_parameters} parameters and one value",
        )
    return replace(solution, x=x, value=float(value.item()))


def _is_plain(ask: Ask, num_parameters: int) -> bool:
    """Return whether an Ask needs no conversion, as those of this package; called in each step."""
    points = ask.points
    return (
        type(points) is np.ndarray
        and points.dtype is _FLOAT
        and points.flags.c_contiguous
        and points.ndim == 2
        and points.shape[1] == num_parameters
        and len(points) > 0
        and ask.others is None
        and type(ask.gradient) is bool
        and type(ask.iteration) is int
        and type(ask.metric) is bool
        and type(ask.variance) is bool
        and type(ask.force) is bool
    )


def _rows(points: object, num_parameters: int, name: str) -> FloatArray:
    what = f"{name} of the optimizer's Ask"
    array = real_array(points, what)
    if array.ndim != 2 or array.shape[1] != num_parameters or len(array) == 0:
        raise InputError(
            what, got=f"shape {array.shape}", expected=f"shape (B, {num_parameters}), B > 0"
        )
    return array

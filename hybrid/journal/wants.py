"""Encode what an Ask requests as one integer of its row; list the arrays in separate rows."""

from __future__ import annotations

from collections.abc import Mapping

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told

_GRADIENT, _METRIC, _VARIANCE, _OTHERS, _FORCE = 1, 2, 4, 8, 16
_ALL = _GRADIENT | _METRIC | _VARIANCE | _OTHERS | _FORCE

EXTRAS = ("metric", "variances", "overlaps", "overlap_gradients", "forces")
"""Arrays of an answer that are stored in separate rows."""


def code_of(ask: Ask) -> int:
    """Encode what an Ask requests; 0 and 1 as in journals of format 1.

    Example:
        >>> import numpy as np
        >>> code_of(Ask(np.zeros((1, 2)), gradient=True)), code_of(Ask(np.zeros((1, 2))))
        (1, 0)
    """
    return (
        _GRADIENT * bool(ask.gradient)
        + _METRIC * bool(ask.metric)
        + _VARIANCE * bool(ask.variance)
        + _OTHERS * (ask.others is not None)
        + _FORCE * bool(ask.force)
    )


def is_code(code: int) -> bool:
    """Return whether a number is a valid code."""
    return 0 <= code <= _ALL


def has_others(code: int) -> bool:
    """Return whether the Ask has other points."""
    return bool(code & _OTHERS)


def has_extras(code: int) -> bool:
    """Return whether the Ask or its answer has arrays in separate rows."""
    return code > _GRADIENT


def ask_of(points: FloatArray, code: int, iteration: int, others: FloatArray | None) -> Ask:
    """Return the Ask of a row."""
    return Ask(
        points,
        bool(code & _GRADIENT),
        iteration,
        bool(code & _METRIC),
        bool(code & _VARIANCE),
        others,
        bool(code & _FORCE),
    )


def shapes_of(ask: Ask) -> Mapping[str, tuple[int, ...]]:
    """Return the shapes of the arrays of an answer besides values and gradients."""
    points, parameters = ask.points.shape
    shapes: dict[str, tuple[int, ...]] = {}
    if ask.metric:
        shapes["metric"] = (points, parameters, parameters)
    if ask.variance:
        shapes["variances"] = (points,)
    if ask.others is not None:
        shapes["overlaps"] = (points, len(ask.others))
        if ask.gradient:
            shapes["overlap_gradients"] = (points, len(ask.others), parameters)
    if ask.force:
        shapes["forces"] = (points, parameters)
    return shapes


def extras_of(told: Told) -> Mapping[str, FloatArray]:
    """Return the arrays of an answer that are stored in separate rows."""
    arrays = {name: getattr(told, name) for name in EXTRAS}
    return {name: array for name, array in arrays.items() if array is not None}

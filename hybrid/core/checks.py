"""Validation of arguments of the public functions."""

from __future__ import annotations

from numbers import Real
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError

WhetherSector: TypeAlias = Literal["auto", False]
"""Whether states are held in a symmetry sector of the circuit where that pays, or never."""

_EXACT_STEP = 1e-5
_SAMPLED_STEP = 0.1
"""Finite-difference steps in radians: limited by rounding, and by shot noise."""


def checked_points(points: ArrayLike, num_parameters: int, what: str = "points") -> FloatArray:
    """Return parameter points as a contiguous array of shape (B, P).

    Args:
        points: shape (B, P), or (P,) for a single point.
        num_parameters: P.
        what: name of the argument, for messages.

    Raises:
        InputError: not numbers, wrong shape, no points, NaN or infinity.
    """
    expected = f"shape (B, {num_parameters}) or ({num_parameters},), one column per parameter"
    array = real_array(points, what)
    given = array.shape
    if array.ndim == 1:
        array = array[None, :]
    if array.ndim != 2 or array.shape[1] != num_parameters:
        raise InputError(what, got=f"shape {given}", expected=expected)
    if len(array) == 0:
        raise InputError(what, got="no points", expected="at least one point")
    if not np.all(np.isfinite(array)):
        place = np.argwhere(~np.isfinite(array))[0]
        raise InputError(
            what,
            got=f"{array[tuple(place)]} for parameter {place[1]} of point {place[0]}",
            expected="finite numbers",
        )
    return array


def checked_row(numbers: ArrayLike, length: int, what: str, each: str) -> FloatArray:
    """Return finite real numbers as a contiguous array of shape (length,).

    Args:
        numbers: shape (length,).
        length: expected length.
        what: name of the argument, for messages.
        each: the thing that has one number, for messages, such as "sample".

    Raises:
        InputError: not real numbers, wrong shape, NaN or infinity.

    Example:
        >>> checked_row([1, 2], 2, "labels", "sample")
        array([1., 2.])
    """
    array = real_array(numbers, what)
    if array.shape != (length,):
        raise InputError(
            what,
            got=f"shape {array.shape}",
            expected=f"shape ({length},), one finite number for each {each}",
        )
    if not np.all(np.isfinite(array)):
        place = int(np.argmin(np.isfinite(array)))
        raise InputError(
            what, got=f"{array[place]} for {each} {place}", expected="finite real numbers"
        )
    return array


def real_array(numbers: object, what: str) -> FloatArray:
    """Return real numbers as a new contiguous float64 array of the same shape.

    Refuses complex numbers, even with zero imaginary parts, and strings; NumPy would discard the
    imaginary parts and parse the strings. Refuses masked numbers, which NumPy would unmask.

    Raises:
        InputError: not integers, floats or booleans, or a ragged sequence.

    Example:
        >>> real_array([[1, 2.5]], "points")
        array([[1. , 2.5]])
        >>> real_array([1j], "points")
        Traceback (most recent call last):
        ...
        hybrid.core.errors.InputError: points: got complex numbers, expected real numbers
    """
    if np.ma.is_masked(numbers):
        raise InputError(what, got="a masked array", expected="real numbers, none of them missing")
    try:
        array = np.asarray(numbers)
        if array.dtype.kind == "O":
            # One by one: NumPy would convert None to NaN.
            flat = [_real(number) for number in array.ravel().tolist()]
            array = np.array(flat, dtype=np.float64).reshape(array.shape)
    except (TypeError, ValueError, OverflowError):
        raise InputError(what, got=_short(numbers), expected="real numbers") from None
    if array.dtype.kind not in "buif":
        got = "complex numbers" if array.dtype.kind == "c" else _short(numbers)
        raise InputError(what, got=got, expected="real numbers")
    return np.array(array, dtype=np.float64, order="C")


def _real(number: object) -> float:
    if isinstance(number, str | bytes | complex | np.complexfloating) or number is None:
        raise TypeError("not a real number")
    return float(number)  # type: ignore[arg-type]


def checked_start(x0: ArrayLike, num_parameters: int) -> FloatArray:
    """Return a start point of shape (P,).

    Raises:
        InputError: not numbers, wrong length, NaN or infinity.
    """
    start = real_array(x0, "x0")
    if start.shape != (num_parameters,):
        raise InputError(
            "x0",
            got=f"shape {start.shape}",
            expected=f"shape ({num_parameters},), one number for each parameter",
            advice="omit it to use the workload's start point",
        )
    return checked_row(start, num_parameters, "x0", "parameter")


def checked_sector(sector: object) -> WhetherSector:
    """Return whether states may be held in a symmetry sector.

    Raises:
        InputError: neither "auto" nor False.
    """
    if sector is False:
        return False
    if isinstance(sector, str) and sector == "auto":
        return "auto"
    raise InputError(
        "sector",
        got=repr(sector)[:60],
        expected="'auto', or False for dense states",
        advice="sectors are found from the circuit; none can be prescribed",
    )


def checked_shots(shots: object) -> int | None:
    """Return a number of shots, or None for exact values.

    Raises:
        InputError: not a positive integer.
    """
    if shots is None:
        return None
    if isinstance(shots, bool) or not isinstance(shots, int | np.integer) or shots < 1:
        raise InputError(
            "shots",
            got=repr(shots),
            expected="a positive integer",
            advice="omit it for exact values",
        )
    return int(shots)


def checked_step(gradient: object, shots: int | None) -> float | None:
    """Return the finite-difference step in radians, or None for exact gradients.

    Raises:
        InputError: neither "exact" nor "finite-difference".
    """
    if gradient == "exact":
        return None
    if gradient == "finite-difference":
        return _EXACT_STEP if shots is None else _SAMPLED_STEP
    raise InputError(
        "gradient", got=repr(gradient), expected="True, False, 'exact' or 'finite-difference'"
    )


def checked_seed(seed: object) -> int | None:
    """Return a seed, or None to draw one.

    Raises:
        InputError: not an integer from 0 to 2^63 - 1.
    """
    if seed is None:
        return None
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise InputError("seed", got=repr(seed), expected="an integer from 0 to 2^63 - 1")
    return int(seed)


def checked_threads(threads: object) -> int | None:
    """Return the number of threads of each rank, or None to share the cores of each host.

    Raises:
        InputError: not a positive integer.
    """
    if threads is None:
        return None
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer) or threads < 1:
        raise InputError(
            "threads",
            got=repr(threads),
            expected="a positive integer",
            advice="omit it to share the cores of each host among its ranks",
        )
    return int(threads)


def checked_shards(shards: object) -> int | None:
    """Return the number of ranks that share one state, or None to choose it.

    Raises:
        InputError: neither "auto" nor a power of two.

    Example:
        >>> checked_shards("auto") is None, checked_shards(4)
        (True, 4)
    """
    if shards is None or shards == "auto":
        return None
    advice = 'omit it, or pass "auto", to let the scheduler choose'
    if not isinstance(shards, bool) and isinstance(shards, int | np.integer) and shards > 0:
        below = 1 << (int(shards).bit_length() - 1)
        if below == shards:
            return int(shards)
        advice = f"use {below} or {2 * below}"
    raise InputError(
        "shards", got=repr(shards), expected='a power of two, or "auto"', advice=advice
    )


def checked_groups(groups: object) -> int | None:
    """Return the number of groups of ranks that work in parallel, or None to choose it.

    Raises:
        InputError: neither "auto" nor a positive integer.
    """
    if groups is None or groups == "auto":
        return None
    if isinstance(groups, bool) or not isinstance(groups, int | np.integer) or groups < 1:
        raise InputError("groups", got=repr(groups), expected='a positive integer, or "auto"')
    return int(groups)


def checked_time_limit(seconds: object) -> float | None:
    """Return a time limit in seconds, or None for none.

    Raises:
        InputError: not a positive number.
    """
    if seconds is None:
        return None
    number = isinstance(seconds, Real) and not isinstance(seconds, bool)
    if not number or not 0.0 < seconds < np.inf:  # type: ignore[operator]
        raise InputError("time_limit", got=repr(seconds), expected="a positive number of seconds")
    return float(seconds)  # type: ignore[arg-type]


def checked_stall(action: object) -> Literal["report", "abort"]:
    """Return how to handle a stalled piece: "report" or "abort".

    Raises:
        InputError: neither "report" nor "abort".
    """
    if action == "report":
        return "report"
    if action == "abort":
        return "abort"
    raise InputError("stall", got=repr(action), expected="'report' or 'abort'")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

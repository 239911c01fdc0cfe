"""Rows of a journal as columns, for runs of millions of pieces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.journal.blobs import DamagedError, checksum, decode_many


@dataclass(frozen=True, slots=True)
class Questions:
    """All answers of a run, one row each; N of them.

    Attributes:
        numbers: shape (N,), int64.
        iterations: shape (N,), int64; the optimizer's step.
        starts: shape (N,), int64; number of the start of the run that computed it.
        times: shape (N,), float64; when it was there, in seconds since 1970.
        seconds: shape (N,), float64; its duration.
        values: shape (N,), float64; the lowest value of the answer.
        errors: shape (N,), float64; the standard error of that value, NaN without one.
        points: shape (N,), int64; number of points.
        with_gradient: shape (N,), bool.
    """

    numbers: IntArray
    iterations: IntArray
    starts: IntArray
    times: FloatArray
    seconds: FloatArray
    values: FloatArray
    errors: FloatArray
    points: IntArray
    with_gradient: Any

    def __len__(self) -> int:
        """Return the number of answers."""
        return len(self.numbers)


@dataclass(frozen=True, slots=True)
class Timings:
    """All pieces of a run, one row each, by start, question and piece; N of them.

    Attributes:
        asks: shape (N,), int64; number of the question.
        pieces: shape (N,), int64; index of the piece.
        starts: shape (N,), int64; number of the start of the run.
        ranks: shape (N,), int64; the rank that ran it.
        predicted: shape (N,), float64; seconds, NaN without a prediction.
        measured: shape (N,), float64; seconds.
        began: shape (N,), float64; seconds from the question to its beginning, NaN if unknown.
        quantum: shape (N,), float64; seconds in circuits, NaN if unknown.
    """

    asks: IntArray
    pieces: IntArray
    starts: IntArray
    ranks: IntArray
    predicted: FloatArray
    measured: FloatArray
    began: FloatArray
    quantum: FloatArray

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self.asks)

    @property
    def have_moments(self) -> bool:
        """Whether it is known when the pieces began; older journals do not say."""
        return len(self) > 0 and bool(np.isfinite(self.began).any())


def questions_of(rows: Sequence[tuple[Any, ...]]) -> Questions:
    """Return the answers in rows of numbers and encoded arrays.

    Raises:
        DamagedError: a row does not hold what was written.
    """
    table = _numbers([row[:5] for row in rows], 5)
    shapes, found = decode_many([row[5] for row in rows], 1)
    points = np.array(shapes, dtype=np.int64).reshape(-1)
    if (points == 0).any():
        raise DamagedError("an answer without values")
    first = np.cumsum(points) - points
    lowest = [_lowest(found[a : a + n]) if n > 1 else 0 for a, n in zip(first, points, strict=True)]
    place = first + np.array(lowest, dtype=np.int64)
    sampled = np.array([row[6] is not None for row in rows], dtype=bool)
    of_errors, noise = decode_many([row[6] for row in rows if row[6] is not None], 1)
    errors = np.full(len(rows), np.nan)
    if sampled.any():
        if of_errors != [
            shape for shape, is_there in zip(shapes, sampled, strict=True) if is_there
        ]:
            raise DamagedError("standard errors that do not fit their values")
        before = np.cumsum(points * sampled) - points * sampled
        errors[sampled] = noise[(before + place - first)[sampled]]
    numbers, iterations, starts = (table[:, k].astype(np.int64) for k in range(3))
    return Questions(
        numbers, iterations, starts, table[:, 3], table[:, 4], found[place], errors, points,
        np.array([bool(row[7]) for row in rows], dtype=bool),
    )  # fmt: skip


def timings_of(pieces: Sequence[tuple[Any, ...]], moments: Sequence[tuple[Any, ...]]) -> Timings:
    """Return the pieces in rows of numbers, each with its moment where that is known.

    Args:
        pieces: ask, piece, start, rank, predicted, measured; by start, ask and piece.
        moments: ask, start, encoded array of shape (K, 3), checksum.

    Raises:
        DamagedError: a row does not hold what was written.
    """
    table = _numbers(pieces, 6)
    asks, indices, starts, ranks = (table[:, k].astype(np.int64) for k in range(4))
    if len(ranks) and ranks.min() < 0:
        raise DamagedError("a piece of a rank below 0")
    began, quantum = np.full((2, len(table)), np.nan)
    where, found = _moments(moments)
    if len(found) and len(table):
        keys = np.column_stack([starts, asks, indices])
        place = _places(keys, np.column_stack([where, found[:, 0].astype(np.int64)]))
        known = place >= 0
        began[place[known]], quantum[place[known]] = found[known, 1], found[known, 2]
    return Timings(asks, indices, starts, ranks, table[:, 4], table[:, 5], began, quantum)


def _moments(rows: Sequence[tuple[Any, ...]]) -> tuple[IntArray, FloatArray]:
    """Return start and ask of each moment, shape (K, 2), and the moments, shape (K, 3)."""
    for ask, start, blob, check in rows:
        if checksum(ask, start, blob) != check:
            raise DamagedError(f"the moments of question {ask} have a wrong checksum")
    shapes, found = decode_many([row[2] for row in rows], 2)
    if any(width != 3 for _, width in shapes):
        raise DamagedError("moments that are not three numbers for each piece")
    heads = np.array([[row[1], row[0]] for row in rows], dtype=np.int64).reshape(-1, 2)
    return np.repeat(heads, [count for count, _ in shapes], axis=0), found.reshape(-1, 3)


def _places(keys: IntArray, wanted: IntArray) -> IntArray:
    """Return the place of each wanted row among ascending unique rows, -1 where it is not there."""
    both = np.concatenate([keys, wanted])
    sizes = [int(size) + 1 for size in both.max(axis=0)]
    if both.min() < 0 or math.prod(sizes) >= 2**62:
        raise DamagedError("a piece that no run has")
    scale = np.array([sizes[1] * sizes[2], sizes[2], 1], dtype=np.int64)
    known, sought = keys @ scale, wanted @ scale
    place = np.minimum(np.searchsorted(known, sought), len(known) - 1)
    found: IntArray = np.where(known[place] == sought, place, -1)
    return found


def _numbers(rows: Sequence[tuple[Any, ...]], width: int) -> FloatArray:
    """Return rows of numbers as an array, NaN for None."""
    try:
        table = np.array(rows, dtype=np.float64).reshape(-1, width)
    except (TypeError, ValueError):
        raise DamagedError("something else where a number belongs") from None
    return table


def _lowest(values: FloatArray) -> int:
    return 0 if len(values) == 1 or np.isnan(values).all() else int(np.nanargmin(values))

"""Packing all answers for a point into one row of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from math import prod

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told


class Columns:
    """The columns of an array with one row per point and all wanted answers in it.

    In order: the values of M observables, their gradients, the metric, the variances, the overlaps
    and their gradients, the forces.

    Args:
        ask: the Ask.
        observables: number of observables, M.

    Example:
        >>> Columns(Ask(np.zeros((2, 3)), gradient=True), 1).width
        4
    """

    def __init__(self, ask: Ask, observables: int) -> None:
        parameters = ask.points.shape[1]
        others = 0 if ask.others is None else len(ask.others)
        each = () if observables == 1 else (observables,)
        shapes: dict[str, tuple[int, ...]] = {"values": each}
        if ask.gradient:
            shapes["gradients"] = (*each, parameters)
        if ask.metric:
            shapes["metric"] = (parameters, parameters)
        if ask.variance:
            shapes["variances"] = each
        if ask.others is not None:
            shapes["overlaps"] = (others,)
            if ask.gradient:
                shapes["overlap_gradients"] = (others, parameters)
        if ask.force:
            shapes["forces"] = (*each, parameters)
        ends = [0, *accumulate(map(prod, shapes.values()))]
        self._spans = list(zip(shapes.items(), ends, ends[1:], strict=False))
        self.width = ends[-1]

    def rows(self, parts: Mapping[str, FloatArray]) -> FloatArray:
        """Pack answers by name, each of shape (B, ...), into an array of shape (B, width)."""
        count = len(parts["values"])
        rows = np.empty((count, self.width))
        for (name, _), start, stop in self._spans:
            rows[:, start:stop] = parts[name].reshape(count, stop - start)
        return rows

    def told(self, rows: FloatArray) -> Told:
        """Unpack rows into a Told."""
        return Told(
            **{
                name: np.ascontiguousarray(rows[:, start:stop]).reshape(len(rows), *shape)
                for (name, shape), start, stop in self._spans
            }
        )

"""Runs an optimizer's generator against a plain Python function, and keeps what it asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.optimizers import Solution, Steps, keep_best

Value = Callable[[FloatArray], float]
Gradient = Callable[[FloatArray], FloatArray]


@dataclass
class Run:
    """A finished run: the solution, and every Ask with its Told, in order."""

    asks: list[Ask] = field(default_factory=list)
    tolds: list[Told] = field(default_factory=list)
    solution: Solution | None = None

    @property
    def points(self) -> list[bytes]:
        return [row.tobytes() for ask in self.asks for row in ask.points]

    @property
    def values(self) -> FloatArray:
        return np.concatenate([told.values for told in self.tolds])


def answer(ask: Ask, value: Value, gradient: Gradient | None, error: float | None) -> Told:
    """Evaluate an Ask; ``error`` is the standard error to report, None for exact values.

    The metric is that of rotations of as many qubits in a product state.
    """
    values = np.array([value(point) for point in ask.points], dtype=np.float64)
    errors = None if error is None else np.full(len(values), error)
    if not ask.gradient:
        return Told(values, None, errors)
    assert gradient is not None, "a method without gradients asked for one"
    gradients = np.array([gradient(point) for point in ask.points])
    count, width = ask.points.shape
    metric = np.tile(np.eye(width) / 4.0, (count, 1, 1)) if ask.metric else None
    return Told(values, gradients, errors, metric)


def drive(
    steps: Steps, value: Value, gradient: Gradient | None = None, error: float | None = None
) -> Run:
    """Answer every Ask until the optimizer returns."""
    return replay(steps, lambda ask, _: answer(ask, value, gradient, error))


def read_only(told: Told) -> Told:
    """Answers belong to the loop, which may keep them: no optimizer may work in their arrays."""
    for array in (told.values, told.gradients, told.standard_errors):
        if array is not None:
            array.flags.writeable = False
    return told


def replay(steps: Steps, reply: Callable[[Ask, int], Told]) -> Run:
    """Answer Ask number k with ``reply(ask, k)`` until the optimizer returns; keep the best."""
    run, steps = Run(), keep_best(steps)
    try:
        ask = next(steps)
        while True:
            run.asks.append(ask)
            run.tolds.append(read_only(reply(ask, len(run.tolds))))
            ask = steps.send(run.tolds[-1])
    except StopIteration as end:
        run.solution = end.value
    return run

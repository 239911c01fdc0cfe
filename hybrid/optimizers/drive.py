"""Drive an optimizer: rescale the cost, leave stationary starts, keep the best point."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.outcome import Outcome
from hybrid.core.seeds import derive
from hybrid.optimizers.base import Optimizer, Rescalable, Solution, Steps
from hybrid.optimizers.best import keep_best
from hybrid.optimizers.steps import checked
from hybrid.optimizers.unit import told_in_unit, unit_of, unit_of_answer

_STATIONARY = 1e-6
"""A gradient with no larger component, in the unit of the cost, counts as zero."""

_SHIFT = 0.1
"""Maximum shift of each parameter from a stationary start, in radians for angles."""

_SHIFT_STREAM = 2
"""Key of the seed of that shift, distinct from the run's other derived seeds."""


def driven(
    optimizer: Optimizer,
    x0: FloatArray,
    seed: int,
    *,
    scale: float | None = None,
) -> Steps:
    """Return the steps of a run; its Solution is the best point by the rule of :class:`Best`.

    If the method stops at its first point because the gradient vanishes there, it restarts once
    from a nearby point: a stationary point may be a saddle or a maximum.

    Args:
        optimizer: any optimizer.
        x0: shape (P,); the starting point.
        seed: seed of the optimizer, and of the shift from a stationary start.
        scale: typical size of the cost (see :func:`unit_of`). If None, it is estimated from the
            first answer.
    """
    return keep_best(_steps(optimizer, x0, seed, scale))


def first_ask(optimizer: Optimizer, x0: FloatArray, seed: int = 0) -> Ask:
    """Return the first Ask of an optimizer; it depends on no answer.

    Raises:
        InputError: the optimizer yields no usable Ask.
    """
    return _first(checked(optimizer.steps(x0, seed), x0.size))


def _steps(optimizer: Optimizer, x0: FloatArray, seed: int, scale: float | None) -> Steps:
    ask = first_ask(optimizer, x0, seed)
    told = yield ask
    unit = 1.0
    if isinstance(optimizer, Rescalable):
        unit = unit_of_answer(told) if scale is None else unit_of(scale)
        optimizer = optimizer.in_unit(unit)

    def steps_from(start: FloatArray) -> Steps:
        return told_in_unit(checked(optimizer.steps(start, seed), start.size), unit)

    solution, at_once = yield from _answered(steps_from(x0), told)
    if not (at_once and solution.success and _is_stationary(told, unit)):
        return solution
    return (yield from _from_nearby(steps_from, x0, seed, unit, told, solution))


def _from_nearby(
    steps_from: Callable[[FloatArray], Steps],
    x0: FloatArray,
    seed: int,
    unit: float,
    told: Told,
    solution: Solution,
) -> Steps:
    """Restart once near a stationary start; the solution's message says so."""
    stream = np.random.default_rng(derive(seed, _SHIFT_STREAM))
    nearby = x0 + stream.uniform(-_SHIFT, _SHIFT, x0.size)
    second = yield _first(steps_from(nearby))
    moved, at_once = yield from _answered(steps_from(nearby), second)
    said = "The gradient vanishes at the start, so the run restarted from a nearby point."
    if moved.value < solution.value - _STATIONARY * unit:
        return replace(moved, message=f"{said} {moved.message}")
    flat = at_once and _is_stationary(second, unit)
    found = "the gradient vanishes there too" if flat else "it found no lower value"
    message = f"{said[:-1]}; {found}. {moved.message}"
    success = moved.success and not flat
    return Solution(
        solution.x,
        solution.value,
        success,
        message,
        moved.iterations,
        Outcome.STATIONARY_START if moved.success else moved.outcome,
    )


def _first(steps: Steps) -> Ask:
    with closing(steps):
        return next(steps)


def _answered(steps: Steps, told: Told) -> Generator[Ask, Told, tuple[Solution, bool]]:
    """Run steps whose first Ask has been answered.

    Returns:
        The solution, and whether that first answer ended the steps.
    """
    with closing(steps):
        next(steps)
        try:
            ask = steps.send(told)
        except StopIteration as end:
            return end.value, True
        while True:
            told = yield ask
            try:
                ask = steps.send(told)
            except StopIteration as end:
                return end.value, False


def _is_stationary(told: Told, unit: float) -> bool:
    return told.gradients is not None and bool(
        np.abs(told.gradients).max(initial=0.0) <= _STATIONARY * unit
    )

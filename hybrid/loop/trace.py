"""In-memory record of a run."""

from __future__ import annotations

import time
from array import array
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.loop.result import Progress
from hybrid.optimizers import Best, lowest_row

_LAST_ANSWERS = 20
"""Number of latest answers whose durations predict that of the next one."""


@dataclass
class Trace:
    """The answers of a run, by number, and its best point.

    Attributes:
        max_iterations: maximum number of iterations, or None.
        best: best point so far.
        started: start of the run, on the performance counter.
        iterations: the optimizer's step, for each answer.
        evaluations: points evaluated so far, for each answer.
        values: lowest value, for each answer.
        wall_times: seconds since the start, for each answer.
    """

    max_iterations: int | None = None
    best: Best = field(default_factory=Best)
    started: float = field(default_factory=time.perf_counter)
    iterations: list[int] = field(default_factory=list)
    evaluations: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    wall_times: list[float] = field(default_factory=list)
    _durations: deque[float] = field(default_factory=lambda: deque(maxlen=_LAST_ANSWERS))
    _points: array[int] = field(default_factory=lambda: array("q"))
    _errors: array[float] = field(default_factory=lambda: array("d"))

    @property
    def longest(self) -> float:
        """Duration of the slowest of the latest answers, in seconds."""
        return max(self._durations, default=0.0)

    @property
    def wall_time(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def add(self, ask: Ask, told: Told) -> Progress:
        """Record an answer; return the progress."""
        self.best.see(ask, told)
        row = lowest_row(told.values)
        wall_time = self.wall_time
        self._durations.append(wall_time - (self.wall_times or [0.0])[-1])
        self.iterations.append(ask.iteration)
        self.evaluations.append((self.evaluations or [0])[-1] + len(ask.points))
        self.values.append(float(told.values[row]))
        self.wall_times.append(wall_time)
        errors = told.standard_errors
        if errors is not None:
            self._points.extend(_key(point) for point in ask.points)
            self._errors.extend(errors.tolist())
        return Progress(
            iteration=ask.iteration,
            max_iterations=self.max_iterations,
            evaluations=self.evaluations[-1],
            value=self.values[-1],
            best_value=self.best.value,
            wall_time=wall_time,
            point=ask.points[row].copy(),
            gradient=None if told.gradients is None else told.gradients[row].copy(),
            standard_error=None if errors is None else float(errors[row]),
        )

    def standard_error(self, x: FloatArray) -> float | None:
        """Return the standard error of the value at a point, or None.

        Points are stored as 8-byte hashes to save memory.
        """
        if not self._points:
            return None
        rows = np.flatnonzero(np.frombuffer(self._points, dtype=np.int64) == _key(x))
        return float(self._errors[rows[-1]]) if len(rows) else None


def _key(point: FloatArray) -> int:
    return hash(point.tobytes())

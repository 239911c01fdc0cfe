"""What is known of a run or a step that is going on, as short texts."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hybrid.core.phases import Phase
from hybrid.core.units import core_time, count, duration
from hybrid.loop.result import Progress, RunDescription

_WINDOW = 30.0
"""Rates are those of the latest seconds, this many."""

LONG = 2.0
"""A step that takes longer than this many seconds is shown by itself."""


@dataclass
class Rates:
    """Counts that grow, and their growth per second lately.

    Example:
        >>> rates = Rates()
        >>> rates.see(0.0, (0.0,))
        >>> rates.see(2.0, (6.0,))
        >>> rates.of(0)
        3.0
    """

    _seen: deque[tuple[float, tuple[float, ...]]] = field(default_factory=deque)

    def see(self, now: float, counts: tuple[float, ...]) -> None:
        """Remember the counts of a moment."""
        self._seen.append((now, counts))
        while len(self._seen) > 2 and self._seen[1][0] <= now - _WINDOW:
            self._seen.popleft()

    def of(self, place: int) -> float | None:
        """Return how much a count grows each second, or None if that is not known yet."""
        if not self._seen:
            return None
        (start, before), (end, after) = self._seen[0], self._seen[-1]
        return (after[place] - before[place]) / (end - start) if end - start > 0.5 else None


@dataclass
class Status:
    """A run or a step, as it is now.

    Attributes:
        compare: returns the error of a value against a reference, as text; or None.
        description: of the run, or None before it starts and without a run.
        progress: the latest of the run, or None.
        phase: the current step, or None.
    """

    compare: Callable[[float], str] | None = None
    description: RunDescription | None = None
    progress: Progress | None = None
    phase: Phase | None = None
    _rates: Rates = field(default_factory=Rates)
    _busy: float = 0.0
    _ends: float | None = None
    _first: tuple[float, int] | None = None
    _seen: float = 0.0

    def start(self, description: RunDescription) -> None:
        """Begin with a run."""
        now = time.perf_counter()
        self.description, self.progress, self._first = description, None, None
        self._rates, self._busy = Rates(), 0.0
        left = description.seconds_left
        self._ends = None if left is None else now + left

    def see(self, progress: Progress, ago: float = 0.0) -> None:
        """Take in what a run has reached, some seconds ago."""
        self.progress, self._seen = progress, time.perf_counter() - ago
        if self._first is None:
            self._first = (progress.wall_time, progress.iteration)

    def spent(self, phase: Phase) -> None:
        """Count the work of a phase that has ended."""
        self._busy += phase.busy

    def tick(self) -> None:
        """Note the counts of this moment, for the rates."""
        busy = self._busy + (self.phase.busy if self.phase is not None else 0.0)
        evaluations = 0 if self.progress is None else self.progress.evaluations
        self._rates.see(time.perf_counter(), (float(evaluations), busy))

    @property
    def fraction(self) -> float | None:
        """The part of the run or step that is done, 0 to 1, or None if unknown."""
        if self.progress is not None:
            most = self.progress.max_iterations
            return min(self.progress.iteration / most, 1.0) if most else None
        phase = self.phase
        if phase is None:
            return None
        if phase.total:
            return phase.done / phase.total
        return min(phase.seconds / phase.predicted, 1.0) if phase.predicted else None

    @property
    def elapsed(self) -> float:
        """Seconds since the run, or else the step, began."""
        if self.progress is not None:
            return self.progress.wall_time + self.since_answer
        return 0.0 if self.phase is None else self.phase.seconds

    @property
    def since_answer(self) -> float:
        """Seconds since the run had its latest answer."""
        return 0.0 if self.progress is None else time.perf_counter() - self._seen

    @property
    def evaluations_per_second(self) -> float | None:
        """How many points are evaluated each second lately, or None if unknown."""
        return self._rates.of(0)

    @property
    def busy(self) -> float | None:
        """The share of the time in which the ranks work lately, or None if unknown."""
        busy = self._rates.of(1)
        if self.description is None or busy is None:
            return None
        return min(busy / self.description.ranks, 1.0)

    @property
    def seconds_left(self) -> float | None:
        """Seconds up to the time limit, or None without one."""
        return None if self._ends is None else max(self._ends - time.perf_counter(), 0.0)

    def parts(self) -> list[str]:
        """Return what to show, the most important first."""
        found = [] if self.progress is None else self._run(self.progress)
        phase = self.phase
        if phase is not None and (phase.seconds > LONG or not found):
            found.append(_step(phase))
        return found

    def _run(self, progress: Progress) -> list[str]:
        of = f"/{progress.max_iterations}" if progress.max_iterations else ""
        error = "" if progress.standard_error is None else f" ± {progress.standard_error:.2g}"
        found = [f"iteration {progress.iteration}{of}", f"cost {progress.value:z.8f}{error}"]
        if progress.best_value < progress.value:
            found.append(f"best {progress.best_value:z.8f}")
        if self.compare is not None:
            found.append(f"error {self.compare(progress.best_value)}")
        norm = progress.gradient_norm
        if norm is not None:
            found.append(f"|gradient| {norm:.2e}")
        left = self._left(progress)
        if left:
            found.append(f"at most {duration(left)} left")
        rate = self.evaluations_per_second
        per_second = "" if rate is None else f" ({rate:.3g}/s)"
        found.append(f"{count(progress.evaluations, 'evaluation')}{per_second}")
        return [*found, *self._of_the_job()]

    def _of_the_job(self) -> list[str]:
        busy, left = self.busy, self.seconds_left
        found = [] if busy is None else [f"ranks busy {busy:.0%}"]
        if self.description is not None and left is not None:
            cores = self.description.cores
            found.append(f"limit in {duration(left)}, {core_time(left * cores)}")
        return found

    def _left(self, progress: Progress) -> float | None:
        """Return the seconds up to the maximum number of iterations, at the pace so far."""
        if not progress.max_iterations or self._first is None:
            return None
        seconds, iterations = self._first
        done = progress.iteration - iterations
        if done < 1:
            return None
        pace = (progress.wall_time - seconds) / done
        left = max(progress.max_iterations - progress.iteration, 0) * pace
        return left if self.seconds_left is None else min(left, self.seconds_left)


def _step(phase: Phase) -> str:
    of = f" {phase.done}/{phase.total} pieces" if phase.total and phase.total > 1 else ""
    left = phase.left
    rest = f", {duration(left)} left" if left is not None else ""
    if left == 0.0 and phase.done == 0:
        rest = ", longer than predicted"
    return f"{phase.name}{of} for {duration(phase.seconds)}{rest}"


def wrapped(parts: Sequence[str], width: int, between: str = " · ") -> list[str]:
    """Return parts in lines of at most a width; a longer part has a line of its own.

    Example:
        >>> wrapped(["one", "two", "three"], 9)
        ['one · two', 'three']
    """
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(between) + len(part) <= width:
            lines[-1] += between + part
        else:
            lines.append(part)
    return lines

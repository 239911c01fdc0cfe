"""Several optimizations that advance together, their Asks merged into batches."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass, fields, replace
from types import TracebackType

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.steps import Solution, Steps


@dataclass
class _Course:
    """One of the optimizations.

    Attributes:
        steps: its steps.
        ask: its unanswered Ask, or None once it has ended.
        end: its Solution, or None before.
        lowest: the point with the lowest finite value so far, and that value.
    """

    steps: Steps
    ask: Ask | None
    end: Solution | None = None
    lowest: tuple[FloatArray, float] | None = None

    def send(self, told: Told) -> None:
        """Send an answer, and take the next Ask or the Solution."""
        assert self.ask is not None
        row = int(np.argmin(np.where(np.isfinite(told.values), told.values, np.inf)))
        value = float(told.values[row])
        if np.isfinite(value) and (self.lowest is None or value < self.lowest[1]):
            self.lowest = self.ask.points[row].copy(), value
        try:
            self.ask = self.steps.send(told)
        except StopIteration as end:
            self.ask, self.end = None, end.value


class Lockstep:
    """Optimizations that are asked and told in rounds; a context that closes their steps.

    Args:
        courses: the steps of each.
    """

    def __init__(self, courses: Sequence[Steps]) -> None:
        self._courses = [_Course(steps, None) for steps in courses]
        try:
            for course in self._courses:
                course.ask = next(course.steps)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Lockstep:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all steps."""
        self.close()

    def close(self) -> None:
        """Close all steps."""
        for course in self._courses:
            course.steps.close()

    @property
    def running(self) -> list[int]:
        """The numbers of the optimizations that have not ended."""
        return [number for number, each in enumerate(self._courses) if each.ask is not None]

    def round(self, iteration: int) -> Generator[Ask, Told, None]:
        """Answer the next Ask of each optimization; Asks that want the same are one batch."""
        batches: dict[Hashable, list[int]] = {}
        for number in self.running:
            batches.setdefault(_kind(self._ask(number)), []).append(number)
        for numbers in batches.values():
            asks = [self._ask(number) for number in numbers]
            points = np.concatenate([ask.points for ask in asks])
            told = yield replace(asks[0], points=points, iteration=iteration)
            start = 0
            for number, ask in zip(numbers, asks, strict=True):
                stop = start + len(ask.points)
                self._courses[number].send(_rows(told, start, stop))
                start = stop

    def drop(self, number: int) -> None:
        """End an optimization early."""
        self._courses[number].steps.close()
        self._courses[number].ask = None

    def end(self, number: int) -> Solution | None:
        """Return the Solution of an optimization; None while it runs, or if it was ended early."""
        return self._courses[number].end

    def lowest(self, number: int) -> tuple[FloatArray, float] | None:
        """Return the lowest point of an optimization and its value; None before a finite one."""
        return self._courses[number].lowest

    def _ask(self, number: int) -> Ask:
        ask = self._courses[number].ask
        assert ask is not None
        return ask


def _kind(ask: Ask) -> Hashable:
    """Return what Asks of one batch have in common."""
    others = None if ask.others is None else (ask.others.shape, ask.others.tobytes())
    return ask.wants, ask.points.shape[1], others


def _rows(told: Told, start: int, stop: int) -> Told:
    """Return the answers for some of the points."""
    answers = {field.name: getattr(told, field.name) for field in fields(told)}
    found = {name: each[start:stop] for name, each in answers.items() if each is not None}
    return Told(**found)

"""What this process is doing now, for whoever shows it.

A step that may take long is a phase. Displays are told of its beginning and its end, and look at it
in between, from a thread of their own. Without displays a phase costs less than a microsecond.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass
class Phase:
    """A step that is going on.

    Attributes:
        name: what is done, such as ``"evaluating"``.
        total: number of its parts, or None if unknown.
        predicted: seconds that it should take, or None.
        done: parts that are done.
        busy: seconds that all ranks together have worked on those.
        started: when it began, on the performance counter.
    """

    name: str
    total: int | None = None
    predicted: float | None = None
    done: int = 0
    busy: float = 0.0
    started: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self.started

    @property
    def left(self) -> float | None:
        """Seconds it should still take, or None if nothing is known of it.

        Extrapolated from the parts that are done; before the first is, the prediction is used.
        """
        seconds = self.seconds
        if self.total and self.done:
            return seconds * (self.total - self.done) / self.done
        return None if self.predicted is None else max(self.predicted - seconds, 0.0)

    def advance(self, parts: int = 1, busy: float = 0.0) -> None:
        """Count parts as done."""
        self.done += parts
        self.busy += busy


class Display(Protocol):
    """Shows phases, and runs as an :class:`hybrid.loop.observers.Observer`."""

    def began(self, phase: Phase) -> None:
        """Receive a phase that begins; it changes until it ends."""

    def ended(self, phase: Phase) -> None:
        """Receive a phase that has ended."""

    def failed(self) -> None:
        """Leave what stays of a run that ended without a result."""


class _State:
    """The displays of this process, and its current phase."""

    def __init__(self) -> None:
        self.displays: list[Any] = []
        self.make: Callable[[], Any] | None = None
        self.current: Phase | None = None


_state = _State()


class _Nothing:
    """A phase that nobody looks at."""

    def __enter__(self) -> _Nothing:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def advance(self, parts: int = 1, busy: float = 0.0) -> None:
        """Do nothing."""


_NOTHING = _Nothing()


class _Told:
    """Context of a phase that displays are told of."""

    def __init__(self, phase: Phase) -> None:
        self._phase = phase

    def __enter__(self) -> Phase:
        _state.current = self._phase
        for display in _state.displays:
            display.began(self._phase)
        return self._phase

    def __exit__(self, *_: object) -> None:
        _state.current = None
        for display in _state.displays:
            display.ended(self._phase)


def phase(
    name: str,
    total: int | None = None,
    predicted: Callable[[], float | None] = lambda: None,
) -> Any:
    """Return the context of a phase; what it yields has :meth:`Phase.advance`.

    A phase within a phase is part of it, and not shown.

    Args:
        name: what is done, such as ``"evaluating"``.
        total: number of its parts, or None if unknown.
        predicted: returns the seconds that it should take, or None; called if it is shown.

    Example:
        >>> with phase("counting", total=2) as counting:
        ...     counting.advance()
    """
    if not displays() or _state.current is not None:
        return _NOTHING
    return _Told(Phase(name, total, predicted()))


def displays() -> list[Any]:
    """Return the displays of this process."""
    if _state.make is not None:
        make, _state.make = _state.make, None
        _state.displays.append(make())
    return _state.displays


def run_failed() -> None:
    """Tell the displays of this process that the run they show has ended without a result."""
    for display in _state.displays:
        display.failed()


def show_by_default(make: Callable[[], Any]) -> None:
    """Show everything in this process from now on.

    Args:
        make: returns the display; called when the first phase begins.
    """
    _state.make = make


@contextmanager
def shown(display: Any) -> Iterator[None]:
    """Show what happens in this context on one display, and on no other."""
    before, make = _state.displays, _state.make
    _state.displays, _state.make = [display], None
    try:
        yield
    finally:
        _state.displays, _state.make = before, make

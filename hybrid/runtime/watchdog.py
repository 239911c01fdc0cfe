"""Detect pieces that take far longer than predicted, and report their stack."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

FACTOR = 10.0
"""A piece has stalled after this multiple of its predicted duration."""

_PATIENCE = 10.0
"""Minimum seconds before a piece has stalled; the environment variable HYBRID_STALL_SECONDS
overrides it."""

_GLANCES_PER_PATIENCE = 10


def patience() -> float:
    """Return the minimum seconds before a piece has stalled."""
    text = os.environ.get("HYBRID_STALL_SECONDS", "")
    try:
        return float(text) if float(text) > 0.0 else _PATIENCE
    except ValueError:
        return _PATIENCE


class Pace:
    """Estimates durations from the slowest piece so far.

    Example:
        >>> pace = Pace()
        >>> pace.learn(cost=2.0, seconds=6.0)
        >>> pace.seconds(10.0)
        30.0
    """

    def __init__(self) -> None:
        self._seconds_per_cost: float | None = None

    def learn(self, cost: float, seconds: float) -> None:
        """Update from a finished piece."""
        if cost > 0.0:
            self._seconds_per_cost = max(self._seconds_per_cost or 0.0, seconds / cost)

    def seconds(self, cost: float) -> float | None:
        """Return the expected duration of a piece, or None before the first piece."""
        return None if self._seconds_per_cost is None else self._seconds_per_cost * cost


def allowed(predicted: float) -> float:
    """Return the seconds after which a piece has stalled."""
    return max(FACTOR * predicted, patience())


class Watchdog:
    """Context with a thread that watches the pieces of the main thread.

    Args:
        late: called in that thread, once for each stalled piece, with a description of the piece,
            the seconds it has run, the predicted seconds, and its stack.
    """

    def __init__(self, late: Callable[[str, float, float, str], None]) -> None:
        self._late = late
        self._watched: tuple[str, float, float] | None = None
        self._end = threading.Event()
        self._main = threading.get_ident()
        self._thread = threading.Thread(target=self._work, name="watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        """Start the thread."""
        self._main = threading.get_ident()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the thread."""
        self._end.set()
        self._thread.join()

    @contextmanager
    def watching(self, what: str, predicted: float | None) -> Iterator[None]:
        """Watch the work within this context, if its duration is predicted."""
        if predicted is not None:
            self._watched = (what, time.monotonic(), predicted)
        try:
            yield
        finally:
            self._watched = None

    def _work(self) -> None:
        reported: object = None
        while not self._end.wait(patience() / _GLANCES_PER_PATIENCE):
            watched = self._watched
            if watched is None or watched is reported:
                continue
            what, since, predicted = watched
            seconds = time.monotonic() - since
            if seconds > allowed(predicted):
                reported = watched
                self._late(what, seconds, predicted, self._stack())

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._main)
        return "".join(traceback.format_stack(frame)) if frame is not None else ""

"""A piece that takes far longer than predicted is reported, and where its rank is."""

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
"""A piece is late after so many times its predicted duration."""

_PATIENCE = 10.0
"""Seconds that a piece is always given; HYBRID_STALL_SECONDS in the environment changes it."""

_GLANCES_PER_PATIENCE = 10


def patience() -> float:
    """Return for how many seconds no piece is called late."""
    text = os.environ.get("HYBRID_STALL_SECONDS", "")
    try:
        return float(text) if float(text) > 0.0 else _PATIENCE
    except ValueError:
        return _PATIENCE


class Pace:
    """How long work takes, learnt from the pieces that were run; errs on the slow side.

    Example:
        >>> pace = Pace()
        >>> pace.learn(cost=2.0, seconds=6.0)
        >>> pace.seconds(10.0)
        30.0
    """

    def __init__(self) -> None:
        self._seconds_per_cost: float | None = None

    def learn(self, cost: float, seconds: float) -> None:
        """Take in a piece that was run."""
        if cost > 0.0:
            self._seconds_per_cost = max(self._seconds_per_cost or 0.0, seconds / cost)

    def seconds(self, cost: float) -> float | None:
        """Return how long a piece of that cost should take, or None while nothing is known."""
        return None if self._seconds_per_cost is None else self._seconds_per_cost * cost


def allowed(predicted: float) -> float:
    """Return after how many seconds a piece is late."""
    return max(FACTOR * predicted, patience())


class Watchdog:
    """A thread that looks at what the main thread is doing, while this context lasts.

    Args:
        late: called in that thread, once for each late piece, with a description of the piece,
            how long it has run, what was predicted, and the stack of the thread that runs it.
    """

    def __init__(self, late: Callable[[str, float, float, str], None]) -> None:
        self._late = late
        self._watched: tuple[str, float, float] | None = None
        self._end = threading.Event()
        self._main = threading.get_ident()
        self._thread = threading.Thread(target=self._work, name="watchdog", daemon=True)

    def __enter__(self) -> Watchdog:
        """Start to look."""
        self._main = threading.get_ident()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self._end.set()
        self._thread.join()

    @contextmanager
    def watching(self, what: str, predicted: float | None) -> Iterator[None]:
        """Watch what is done within this context, if it is known how long it should take."""
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

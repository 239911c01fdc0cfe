"""When a display is drawn: at changes, and by a thread while nothing changes."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from hybrid.core.phases import Phase
from hybrid.display.status import Status
from hybrid.loop.result import Progress, Result, RunDescription

Introduce = Callable[[RunDescription], None]


class Board(ABC):
    """A display: an observer of runs and phases that draws their status.

    Args:
        compare: returns the error of a value against a reference, as text; or None.
        introduce: shows the description of a run, or None.

    Attributes:
        status: what is known.
    """

    seconds_between_glances = 0.5

    def __init__(
        self,
        compare: Callable[[float], str] | None = None,
        introduce: Introduce | None = None,
    ) -> None:
        self.status = Status(compare)
        self._introduce = introduce
        self._lock = threading.RLock()
        self._end: threading.Event | None = None

    @abstractmethod
    def draw(self) -> None:
        """Draw the status if it is time; called with the lock held, from any thread."""

    @abstractmethod
    def clear(self) -> None:
        """Remove what is live and draw what must stay; with the lock held."""

    def began(self, phase: Phase) -> None:
        """Look at a phase until it ends."""
        self.status.phase = phase
        if self._end is None:
            self._start_thread()

    def ended(self, phase: Phase) -> None:
        """Count the work of a phase; outside a run, remove it."""
        with self._lock:
            self.status.spent(phase)
            self.status.phase = None
            if self.status.description is None:
                self.clear()

    def started(self, description: RunDescription) -> None:
        """Show what runs."""
        with self._lock:
            self.clear()
            self.status.start(description)
            if self._introduce is not None:
                self._introduce(description)

    def progressed(self, progress: Progress) -> str | None:
        """Take in an answer; draw it when it is time."""
        self.status.see(progress)
        if self._end is None:
            self._start_thread()
        return None

    def finished(self, result: Result) -> None:
        """Leave what stays of a run."""
        self.close()

    def failed(self) -> None:
        """Leave what stays of a run without a result."""
        self.close()

    def close(self) -> None:
        """End the thread and leave what stays; the display can be used again."""
        end, self._end = self._end, None
        if end is not None:
            end.set()
        with self._lock:
            self.clear()
            self.status.description = self.status.progress = None

    def __enter__(self) -> Board:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave what stays."""
        self.close()

    def _start_thread(self) -> None:
        self._end = end = threading.Event()

        def glance() -> None:
            while not end.wait(self.seconds_between_glances):
                # A display that cannot be drawn must not end the run that it shows.
                with self._lock, suppress(Exception):
                    if not end.is_set():
                        self.status.tick()
                        self.draw()

        self.status.tick()
        threading.Thread(target=glance, name="display", daemon=True).start()

"""Reasons to stop a run early: signals and the time limit."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any

from hybrid.core import early

BORN = time.monotonic()
"""When this process loaded the framework; time limits count from here."""

CONTROL_C = (signal.SIGINT,)
"""Signals caught by a run without a journal; it returns the best point so far."""

PREEMPTION = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
"""Signals caught by a run with a journal, including those of batch systems."""


class Stopped(Exception):  # noqa: N818, nothing went wrong
    """An Ask was not finished because the run stops; on rank 0.

    Attributes:
        reason: for instance ``SIGUSR1``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Stops:
    """Context that records the first of some signals; a second one has its usual effect.

    Launchers forward signals to every rank. Rank 0 checks :attr:`reason` between pieces, and stops
    the run on all ranks; a signal that only another rank received comes with its next report.

    Args:
        signals: the signals to catch.
        deadline: seconds since this process began after which no further work starts.

    Example:
        >>> with Stops() as stops:
        ...     stops.reason is None
        True
    """

    def __init__(
        self, signals: Iterable[signal.Signals] = CONTROL_C, deadline: float | None = None
    ) -> None:
        self._signals = tuple(signals)
        self._deadline = None if deadline is None else BORN + deadline
        self._before: dict[signal.Signals, Any] = {}
        self._reason: str | None = None

    @property
    def reason(self) -> str | None:
        """Why to stop, or None."""
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self.stop("the time limit")
        return self._reason

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the time limit, or None without one."""
        return None if self._deadline is None else self._deadline - time.monotonic()

    def look_ahead(self, seconds: float) -> None:
        """Raise if there is a reason to stop, or if work of ``seconds`` would exceed the limit.

        Raises:
            Stopped: with the reason.
        """
        if self._deadline is not None and time.monotonic() + seconds >= self._deadline:
            self.stop("the time limit")
        if self.reason is not None:
            raise Stopped(self.reason)

    def stop(self, reason: str) -> None:
        """Request a stop, like a signal."""
        self._reason = self._reason or reason

    def __enter__(self) -> Stops:
        """Install the handlers (main thread only), and take over a signal that came early."""
        if threading.current_thread() is threading.main_thread():
            for number in self._signals:
                self._before[number] = signal.signal(number, self._remember)
        if early.NOTICE in self._signals and early.came():
            self.stop(early.NOTICE.name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the previous handlers."""
        for number in list(self._before):
            self._restore(number)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.stop(signal.Signals(number).name)
        before = self._before.get(signal.Signals(number))
        self._restore(signal.Signals(number))
        around = getattr(before, "__self__", None)
        if isinstance(around, Stops):
            around._remember(number, frame)  # the surrounding run stops too

    def _restore(self, number: signal.Signals) -> None:
        before = self._before.pop(number, None)
        if before is not None:
            signal.signal(number, before)

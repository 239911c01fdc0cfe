"""Reasons to end a run early: signals, and the end of the time it was given."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any

from hybrid.core import early

BORN = time.monotonic()
"""When this process loaded the framework, from which a time limit counts."""

CONTROL_C = (signal.SIGINT,)
"""What a run that cannot be resumed catches; the best point so far is its result."""

PREEMPTION = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
"""What a run that can be resumed catches: also what batch systems send before they kill."""


class Stopped(Exception):  # noqa: N818, nothing went wrong
    """A question was left unfinished, because there was a reason to stop; on rank 0.

    Attributes:
        reason: for instance ``SIGUSR1``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Stops:
    """Within this context the first of some signals is remembered; a second one acts at once.

    Launchers forward signals to every rank. Rank 0 looks at :attr:`reason` between pieces, and
    ends the run for all; a signal that reached another rank alone travels with its next report.

    Args:
        signals: what is caught.
        deadline: seconds since this process began after which no further work is started.

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
        """Why to stop, or None while there is no reason to."""
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self.stop("the time limit")
        return self._reason

    def look_ahead(self, seconds: float) -> None:
        """Stop here if there is a reason to, or if work of so many seconds would end too late.

        Raises:
            Stopped: with the reason.
        """
        if self._deadline is not None and time.monotonic() + seconds >= self._deadline:
            self.stop("the time limit")
        if self.reason is not None:
            raise Stopped(self.reason)

    def stop(self, reason: str) -> None:
        """Ask for a stop, as a signal would."""
        self._reason = self._reason or reason

    def __enter__(self) -> Stops:
        """Start to remember, with what came early; only the main thread can listen to signals."""
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
        """Restore what the signals did before."""
        for number in list(self._before):
            self._restore(number)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.stop(signal.Signals(number).name)
        before = self._before.get(signal.Signals(number))
        self._restore(signal.Signals(number))
        around = getattr(before, "__self__", None)
        if isinstance(around, Stops):
            around._remember(number, frame)  # the run inside which this one runs stops too

    def _restore(self, number: signal.Signals) -> None:
        before = self._before.pop(number, None)
        if before is not None:
            signal.signal(number, before)

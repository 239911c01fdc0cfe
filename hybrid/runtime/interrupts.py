"""Control-C while a job works: remembered, so that all ranks stop at the same place."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class Interrupts:
    """Within this context a first SIGINT is remembered; a second one interrupts at once.

    ``mpiexec`` forwards SIGINT to every rank. Rank 0 looks at :attr:`happened` between
    evaluations and ends the run for all; the other ranks only need to survive until then.

    Example:
        >>> with Interrupts() as interrupts:
        ...     interrupts.happened
        False
    """

    def __init__(self) -> None:
        self.happened = False
        self._before: object = None

    def __enter__(self) -> Interrupts:
        """Start to remember; only the main thread can, elsewhere nothing changes."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._remember)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore what SIGINT did before."""
        self._restore()

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.happened = True
        self._restore()

    def _restore(self) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]
            self._before = None

"""Wait without taking cores from ranks with work, unlike the busy-waiting of MPI libraries."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

SPIN_SECONDS = 2e-4
"""How long a waiting rank busy-waits before it sleeps between polls ..."""
OWN_CORE_SPIN_SECONDS = 2e-3
"""... and how long if it has its own core: waking up takes at least 0.1 ms."""
_LATENESS = 0.05
"""Sleep time as a fraction of the time waited so far, which bounds the relative delay."""
_LONGEST_SLEEP = 1e-3


class Patience:
    """Busy-waits at first, then sleeps between polls.

    Attributes:
        spin_seconds: how long it busy-waits.
    """

    def __init__(self) -> None:
        self.spin_seconds = SPIN_SECONDS

    def until(
        self,
        is_done: Callable[[], object],
        after: float = float("inf"),
        meanwhile: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Wait until ``is_done`` returns true.

        Args:
            is_done: the condition.
            after: seconds after which ``meanwhile`` is called between polls.
            meanwhile: called with the seconds waited so far.
        """
        start = time.perf_counter()
        while not is_done():
            waited = time.perf_counter() - start
            if waited < self.spin_seconds:
                os.sched_yield()
            else:
                if waited > after:
                    meanwhile(waited)
                time.sleep(min(_LATENESS * waited, _LONGEST_SLEEP))

"""How this process waits for others: MPI libraries spin, which takes cores from those with work."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

SPIN_SECONDS = 2e-4
"""How long a waiting rank polls at full speed before it starts to sleep between polls ..."""
OWN_CORE_SPIN_SECONDS = 2e-3
"""... and how long where it takes no core from others by that: waking up takes 0.1 ms and more."""
_LATENESS = 0.05
"""A sleep is this part of the time waited so far, so what comes is noticed no later."""
_LONGEST_SLEEP = 1e-3


class Patience:
    """Polls fast at first, then sleeps between polls.

    Attributes:
        spin_seconds: for how long it polls fast.
    """

    def __init__(self) -> None:
        self.spin_seconds = SPIN_SECONDS

    def until(
        self,
        is_done: Callable[[], object],
        after: float = float("inf"),
        meanwhile: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Return when ``is_done`` holds.

        Args:
            is_done: what others bring about.
            after: seconds after which ``meanwhile`` is called now and then.
            meanwhile: given the seconds waited so far.
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

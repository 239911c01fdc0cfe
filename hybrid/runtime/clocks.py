"""Readings of other ranks' performance counters on the clock of rank 0."""

from __future__ import annotations

import time
from collections.abc import Sequence


class Clocks:
    """How far the performance counters of the ranks are ahead of that of rank 0.

    The processes of a host share one counter. That of another host is compared through messages: a
    question is heard after it was told, so ``heard - told`` is at least what the clock is ahead,
    and the fastest message so far is taken to have needed no time.

    Args:
        hosts: the host of each rank.

    Example:
        >>> clocks = Clocks(["here", "there"])
        >>> clocks.ahead(1, heard=100.5, told=0.25), clocks.ahead(1, heard=101.0, told=1.0)
        (100.25, 100.0)
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = hosts
        self._ahead: dict[int, float] = {}

    def ahead(self, rank: int, heard: float, told: float) -> float:
        """Return the seconds by which a rank's counter is ahead.

        Args:
            rank: the rank.
            heard: its counter when it heard a question.
            told: the counter of rank 0 when it told the question.
        """
        # Containers may share a name, and not a host.
        here = self._hosts[rank] == self._hosts[0]
        if here and told - _SLACK <= heard <= time.perf_counter():
            return 0.0
        self._ahead[rank] = min(self._ahead.get(rank, heard - told), heard - told)
        return self._ahead[rank]


_SLACK = 1.0
"""Seconds; rank 0 notes the time after the first ranks may have heard."""

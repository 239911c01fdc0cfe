"""Ranks that die are left behind: the others agree, close ranks and do the work again.

With Open MPI's user-level failure mitigation (``mpiexec --with-ft ulfm``; Bland et al., Int. J.
High Perform. Comput. Appl. 27, 244 (2013)) the death of a rank is an error that the others see.
Doing a recorded run again is replaying its record, so what is lost is what was not finished.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from hybrid.core.errors import HybridError
from hybrid.core.notices import notify
from hybrid.runtime.communicator import Communicator, RanksLost
from hybrid.runtime.failure import FAILURES, is_collective
from hybrid.runtime.world import regroup, world

T = TypeVar("T")


def on_survivors(attempt: Callable[[], T], call: str) -> T:
    """Return what a collective call returns on the ranks that live until its end.

    Without fault tolerance in the MPI library it is made once, and a loss ends the job.

    Args:
        attempt: makes the call; looks the job up with :func:`world`; is called again after ranks
            were lost.
        call: name of the call, for messages.

    Raises:
        HybridError: another thread of a rank makes a call at the same time.
    """
    communicator = world().communicator
    if communicator.size == 1:
        return attempt()
    with _turn.taken(call):
        return _repeated(attempt) if communicator.survives_losses else attempt()


def _repeated(attempt: Callable[[], T]) -> T:
    while True:
        communicator = world().communicator
        well = True
        failure: BaseException | None = None
        value: T | None = None
        try:
            value = attempt()
        except RanksLost:
            communicator.revoke()
            well = False
        except FAILURES as error:
            if not is_collective(error):
                raise
            failure = error
        if communicator.agree(well):
            if failure is not None:
                raise failure
            return value  # type: ignore[return-value]
        _close_ranks(communicator)


class _Turn:
    """Whose turn it is to make a collective call in this process: one thread's at a time.

    Messages of two calls would mix, and the ranks might make them in different orders.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._call = ""
        self._thread: threading.Thread | None = None

    @contextmanager
    def taken(self, call: str) -> Iterator[None]:
        """Refuse a call while another thread makes one; a thread's calls may be nested."""
        thread = threading.current_thread()
        if not self._lock.acquire(blocking=False):
            other = self._thread
            if other is thread:
                yield
                return
            raise HybridError(
                f"{call} in thread '{thread.name}' while {self._call or 'another call'} runs in "
                f"thread '{other.name if other else '?'}': on several ranks hybrid calls are made "
                "one at a time; make them all in one thread"
            )
        self._call, self._thread = call, thread
        try:
            yield
        finally:
            self._call, self._thread = "", None
            self._lock.release()


_turn = _Turn()
"""One job in a process, so one turn."""


def _close_ranks(communicator: Communicator) -> None:
    """Make the survivors the job; also if more ranks die meanwhile."""
    while True:
        communicator = communicator.shrink()
        well = True
        try:
            job = regroup(communicator)
        except RanksLost:
            communicator.revoke()
            well = False
        if communicator.agree(well):
            break
    if job.rank == 0:
        ranks = f"{job.size} rank{'s' if job.size > 1 else ''}"
        text = f"hybrid: lost {', '.join(job.lost)}; {ranks} go on without"
        notify(text)

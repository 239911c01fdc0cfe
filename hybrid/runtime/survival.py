"""Continue after the loss of ranks: the survivors form a new job and repeat the call.

With Open MPI's user-level failure mitigation (``mpiexec --with-ft ulfm``; Bland et al., Int. J.
High Perform. Comput. Appl. 27, 244 (2013)) the death of a rank raises an error on the others.
Repeating a run with a journal replays its record, so only unfinished work is lost.
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
    """Make a collective call; repeat it on the surviving ranks after a loss.

    Without fault tolerance in the MPI library it is made once, and a loss ends the job.

    Args:
        attempt: makes the call, on the job that :func:`world` returns; called again after a loss.
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
    """Lets one thread of this process make collective calls at a time.

    Otherwise messages of two calls would mix, and ranks could make them in different orders.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._call = ""
        self._thread: threading.Thread | None = None

    @contextmanager
    def taken(self, call: str) -> Iterator[None]:
        """Refuse a call while another thread makes one; calls of one thread may be nested."""
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
"""One per process, like the job."""


def _close_ranks(communicator: Communicator) -> None:
    """Form a job of the survivors, even if more ranks die meanwhile."""
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
        text = f"hybrid: lost {', '.join(job.lost)}; {ranks} continue"
        notify(text)

"""Ranks that die are left behind: the others agree, close ranks and do the work again.

With Open MPI's user-level failure mitigation (``mpiexec --with-ft ulfm``; Bland et al., Int. J.
High Perform. Comput. Appl. 27, 244 (2013)) the death of a rank is an error that the others see.
Doing a recorded run again is replaying its record, so what is lost is what was not finished.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from hybrid.runtime.communicator import Communicator, RanksLost
from hybrid.runtime.failure import FAILURES, is_collective
from hybrid.runtime.world import regroup, world

T = TypeVar("T")


def on_survivors(attempt: Callable[[], T]) -> T:
    """Return what a collective call returns on the ranks that live until its end.

    Args:
        attempt: looks the job up with :func:`world`; is called again after ranks were lost.

    Without fault tolerance in the MPI library it is called once, and a loss ends the job.
    """
    if not world().communicator.survives_losses:
        return attempt()
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
        print(text, file=sys.stderr, flush=True)

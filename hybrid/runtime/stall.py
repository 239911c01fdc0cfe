"""What is said and done of a rank that is late with its work."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from hybrid.core.notices import notify
from hybrid.runtime.communicator import host_name
from hybrid.runtime.protocol import Stall, encode
from hybrid.runtime.world import World

OnStall: TypeAlias = Literal["report", "abort"]
"""How to handle a late piece: report it, or end the job so that it can be resumed."""

RESUME_ME = 75
"""Exit code of a run that ended early and can go on: EX_TEMPFAIL of sysexits.h."""

_GRACE_SECONDS = 2.0
"""How long a late rank leaves rank 0 to write down what is known."""


@dataclass
class StallReport:
    """Reports late pieces of this rank; rank 0 writes them down, and ends the job if so told.

    Attributes:
        world: the job.
        action: what to do.
        record: writes a report into the journal and waits until it is there; on rank 0.
    """

    world: World
    action: OnStall
    record: Callable[[dict[str, Any]], None] | None = None

    def of_this_rank(self, what: str, seconds: float, predicted: float, stack: str) -> None:
        """Report that this rank is late; called by the watchdog's thread."""
        rank = self.world.rank
        text = (
            f"rank {rank} on {host_name()} has worked for {seconds:.1f} s on {what}, for which "
            f"{predicted:.2g} s were predicted; it is at:\n{stack}"
        )
        notify(text)
        message = Stall(rank, what, seconds)
        if rank == 0:
            self.taken(message)
        else:
            self.world.communicator.post(encode(message), 0)
            if self.action == "abort":
                time.sleep(_GRACE_SECONDS)
                self.world.communicator.abort(RESUME_ME)

    def of_silent_rank(self, rank: int, what: str, seconds: float, predicted: float) -> None:
        """Report that another rank is late and has not said so itself; on rank 0."""
        host = self.world.rank_hosts[rank]
        notify(
            f"rank {rank} on {host} has not answered for {seconds:.1f} s; it has {what}, for "
            f"which {predicted:.2g} s were predicted, and has not said where it is: its machine "
            "or its process may be stopped"
        )
        self.taken(Stall(rank, what, seconds))

    def taken(self, stall: Stall) -> None:
        """Write a report down, and end the job where that was asked for; on rank 0."""
        if self.record is not None:
            self.record({"rank": stall.rank, "what": stall.what, "seconds": stall.seconds})
        if self.action == "abort":
            notify(
                f"ended because rank {stall.rank} stalled (exit code {RESUME_ME}: start it "
                "again to resume)"
            )
            self.world.communicator.abort(RESUME_ME)

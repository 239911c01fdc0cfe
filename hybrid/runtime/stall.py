"""Report and handle stalled ranks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from hybrid.core.codes import RESUME_ME
from hybrid.core.notices import notify
from hybrid.runtime.communicator import host_name
from hybrid.runtime.protocol import Stall, encode
from hybrid.runtime.world import World

OnStall: TypeAlias = Literal["report", "abort"]
"""How to handle a stalled piece: report it, or abort the job so that it can be resumed."""

_GRACE_SECONDS = 2.0
"""How long a stalled rank waits for rank 0 to record the report."""


@dataclass
class StallReport:
    """Reports stalled pieces; rank 0 records them, and aborts the job if requested.

    Attributes:
        world: the job.
        action: how to handle a stalled piece.
        record: writes a report to the journal and commits it; on rank 0.
    """

    world: World
    action: OnStall
    record: Callable[[dict[str, Any]], None] | None = None

    def of_this_rank(self, what: str, seconds: float, predicted: float, stack: str) -> None:
        """Report that this rank has stalled; called by the watchdog's thread."""
        rank = self.world.rank
        text = (
            f"rank {rank} on {host_name()} has worked for {seconds:.1f} s on {what} "
            f"(predicted: {predicted:.2g} s); its stack:\n{stack}"
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
        """Report another rank that has stalled without reporting it; on rank 0."""
        host = self.world.rank_hosts[rank]
        notify(
            f"rank {rank} on {host} has not answered for {seconds:.1f} s; it runs {what} "
            f"(predicted: {predicted:.2g} s) and has not reported a stall: its host or its process "
            "may be stopped"
        )
        self.taken(Stall(rank, what, seconds))

    def taken(self, stall: Stall) -> None:
        """Record a report, and abort the job if requested; on rank 0."""
        if self.record is not None:
            self.record({"rank": stall.rank, "what": stall.what, "seconds": stall.seconds})
        if self.action == "abort":
            notify(
                f"aborted because rank {stall.rank} stalled (exit code {RESUME_ME}: start it "
                "again to resume)"
            )
            self.world.communicator.abort(RESUME_ME)

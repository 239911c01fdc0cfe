"""Running work on all ranks of a job: messages, agreement, teams and failures."""

from hybrid.runtime.agreement import agree
from hybrid.runtime.failure import abort, install_excepthook, is_collective
from hybrid.runtime.interrupts import Interrupts
from hybrid.runtime.memory import free_bytes
from hybrid.runtime.team import Team
from hybrid.runtime.world import World, join_if_launched, world

__all__ = [
    "Interrupts",
    "Team",
    "World",
    "abort",
    "agree",
    "free_bytes",
    "install_excepthook",
    "is_collective",
    "join_if_launched",
    "world",
]

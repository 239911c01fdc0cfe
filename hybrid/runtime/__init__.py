"""Running work on all ranks of a job: messages, agreement, teams and failures."""

from hybrid.runtime.agreement import agree
from hybrid.runtime.batch import batch_time_limit
from hybrid.runtime.cores import thread_limit, usable_cores
from hybrid.runtime.elsewhere import elsewhere, refuse_unsent
from hybrid.runtime.failure import abort, install_excepthook, is_collective, mark_collective
from hybrid.runtime.inside import inside_call, is_nested, nested_seed, thread_bound
from hybrid.runtime.memory import free_bytes
from hybrid.runtime.protocol import Used
from hybrid.runtime.shares import Done
from hybrid.runtime.stall import OnStall, StallReport
from hybrid.runtime.stops import CONTROL_C, PREEMPTION, Stopped, Stops
from hybrid.runtime.survival import on_survivors
from hybrid.runtime.team import Team
from hybrid.runtime.world import World, join_if_launched, world

__all__ = [
    "CONTROL_C",
    "PREEMPTION",
    "Done",
    "OnStall",
    "StallReport",
    "Stopped",
    "Stops",
    "Team",
    "Used",
    "World",
    "abort",
    "agree",
    "batch_time_limit",
    "elsewhere",
    "free_bytes",
    "inside_call",
    "install_excepthook",
    "is_collective",
    "is_nested",
    "join_if_launched",
    "mark_collective",
    "nested_seed",
    "on_survivors",
    "refuse_unsent",
    "thread_bound",
    "thread_limit",
    "usable_cores",
    "world",
]

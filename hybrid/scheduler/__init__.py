"""How work is split over the ranks: pure functions that know neither MPI nor the clock."""

from hybrid.core.memory import check_memory, gigabytes
from hybrid.scheduler.assign import assign
from hybrid.scheduler.choose import Scheduler, plan
from hybrid.scheduler.groups import shards_to_try
from hybrid.scheduler.simulate import Simulated, simulate
from hybrid.scheduler.site import Site

__all__ = [
    "Scheduler",
    "Simulated",
    "Site",
    "assign",
    "check_memory",
    "gigabytes",
    "plan",
    "shards_to_try",
    "simulate",
]

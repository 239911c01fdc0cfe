"""How work is split over the ranks: pure functions that know neither MPI nor the clock."""

from hybrid.scheduler.assign import assign
from hybrid.scheduler.choose import Scheduler, plan
from hybrid.scheduler.groups import NO_WISH, Wish, shards_to_try
from hybrid.scheduler.loads import Costed, load_of
from hybrid.scheduler.memory import check_memory, gigabytes
from hybrid.scheduler.simulate import Simulated, simulate
from hybrid.scheduler.site import Site

__all__ = [
    "NO_WISH",
    "Costed",
    "Scheduler",
    "Simulated",
    "Site",
    "Wish",
    "assign",
    "check_memory",
    "gigabytes",
    "load_of",
    "plan",
    "shards_to_try",
    "simulate",
]

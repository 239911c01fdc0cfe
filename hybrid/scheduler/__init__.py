"""Splitting work over ranks: pure functions, independent of MPI and of the clock."""

from hybrid.core.memory import check_memory, gigabytes
from hybrid.scheduler.assign import assign
from hybrid.scheduler.choose import Scheduler, plan
from hybrid.scheduler.groups import shards_to_try
from hybrid.scheduler.simulate import Simulated, simulate
from hybrid.scheduler.topology import Topology

__all__ = [
    "Scheduler",
    "Simulated",
    "Topology",
    "assign",
    "check_memory",
    "gigabytes",
    "plan",
    "shards_to_try",
    "simulate",
]

"""How work is split over the ranks: pure functions that know neither MPI nor the clock."""

from hybrid.scheduler.assign import assign
from hybrid.scheduler.memory import check_memory, gigabytes

__all__ = ["assign", "check_memory", "gigabytes"]

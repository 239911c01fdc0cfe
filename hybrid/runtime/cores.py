"""The cores and threads that this process may use."""

from __future__ import annotations

import os

from hybrid.runtime.cgroup import control_groups, read_numbers


def usable_cores() -> frozenset[int]:
    """Return the cores that this process may run on, within its CPU quota.

    If the control group's quota is worth fewer cores than the affinity mask, that many of them.

    Example:
        >>> usable_cores() <= os.sched_getaffinity(0)
        True
    """
    cores = sorted(os.sched_getaffinity(0))
    quota = _quota()
    return frozenset(cores if quota is None else cores[:quota])


def thread_limit() -> int | None:
    """Return the thread limit set by ``OMP_NUM_THREADS``, or None.

    Parsed as OpenMP does: a list for nested levels, of which the first applies, with optional
    spaces. A value that OpenMP would reject sets no limit.
    """
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip().removeprefix("+")
    if not (first.isascii() and first.isdecimal()):
        return None
    return int(first) or None


def _quota() -> int | None:
    """Return the lowest CPU quota of this process's control groups, in whole cores, or None."""
    quotas = []
    for folder in control_groups("cpu"):
        numbers = read_numbers(folder / "cpu.max")  # version 2; "max 100000" means no quota
        if not numbers:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            numbers = [each for name in names for each in read_numbers(folder / name)]
        if len(numbers) == 2 and numbers[0] is not None and numbers[1]:
            quotas.append(max(1, -(-numbers[0] // numbers[1])))
    return min(quotas, default=None)

"""How many cores and threads this process may use."""

from __future__ import annotations

import os

from hybrid.runtime.cgroup import control_groups, read_numbers


def usable_cores() -> frozenset[int]:
    """Return the numbers of the cores that this process may run on, within its CPU quota.

    Where the control group's quota is less than the cores allowed, so many of them as it is worth.

    Example:
        >>> usable_cores() <= os.sched_getaffinity(0)
        True
    """
    cores = sorted(os.sched_getaffinity(0))
    quota = _quota()
    return frozenset(cores if quota is None else cores[:quota])


def thread_limit() -> int | None:
    """Return the bound on threads that ``OMP_NUM_THREADS`` sets, or None.

    It is read as OpenMP does: a list for nested levels, of which the first counts, with spaces
    anywhere. What OpenMP would not accept sets no bound.
    """
    first = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip().removeprefix("+")
    if not (first.isascii() and first.isdecimal()):
        return None
    return int(first) or None


def _quota() -> int | None:
    """Return the least CPU quota of this process's control groups in whole cores, or None."""
    quotas = []
    for folder in control_groups("cpu"):
        numbers = read_numbers(folder / "cpu.max")  # version 2, "max 100000" where there is none
        if not numbers:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            numbers = [each for name in names for each in read_numbers(folder / name)]
        if len(numbers) == 2 and numbers[0] is not None and numbers[1]:
            quotas.append(max(1, -(-numbers[0] // numbers[1])))
    return min(quotas, default=None)

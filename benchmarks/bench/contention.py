"""Cores used by other processes during a measurement."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

QUIET = 0.05
"""Cores used by other processes above which a row counts as contended."""


@dataclass
class Contention:
    """Mean number of cores used by other processes in a ``watched`` block; None if unknown."""

    cores: float | None = None


@contextmanager
def watched() -> Iterator[Contention]:
    """Measure a block; child processes count as ours only if they end within it."""
    found = Contention()
    start = time.perf_counter(), _machine_seconds(), _our_seconds()
    yield found
    wall, machine, ours = time.perf_counter() - start[0], _machine_seconds(), _our_seconds()
    if machine is not None and start[1] is not None:
        found.cores = max(0.0, (machine - start[1]) - (ours - start[2])) / wall


def _machine_seconds() -> float | None:
    """Return processor seconds in user and system mode, and stolen by a hypervisor, of all cores.

    None if the system does not report them.
    """
    path = Path("/proc/stat")
    if not path.exists():
        return None
    user, nice, system, _, _, irq, softirq, steal = map(int, path.read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _our_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)

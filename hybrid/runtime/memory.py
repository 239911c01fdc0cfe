"""Free memory of this host."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from hybrid.runtime.cgroup import control_groups, read, read_numbers

_MEMINFO = "/proc/meminfo"
_FILES = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
"""Names of limit and use in a control group, versions 2 and 1."""


def free_bytes() -> int:
    """Return the bytes that can still be allocated on this host, within the job's limits.

    Example:
        >>> free_bytes() > 0
        True
    """
    available = _available()
    for limit, used in _limits():
        (bound, *_), (current, *_) = read_numbers(limit) or [None], read_numbers(used) or [None]
        # A limit above the available memory does not matter.
        if bound is not None and current is not None and bound - current < available:
            in_use = max(current - _file_cache(limit.parent / "memory.stat"), 0)
            available = min(available, max(bound - in_use, 0))
    return available


@cache
def _limits() -> tuple[tuple[Path, Path], ...]:
    """Return the limit and usage files of each group with a limit; cached."""
    pairs = [
        (folder / limit, folder / used)
        for folder in control_groups("memory")
        for limit, used in _FILES
    ]
    return tuple(pair for pair in pairs if _is_limit(pair[0]) and pair[1].exists())


def _is_limit(path: Path) -> bool:
    """Return whether a file holds a limit below the host's memory."""
    (bound, *_) = read_numbers(path) or [None]
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return bound is not None and bound < total


def _file_cache(statistics: Path) -> int:
    """Return the bytes of a control group's reclaimable file cache."""
    lines = read(statistics).splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))


def _available() -> int:
    text = read(_MEMINFO)
    start = text.find("MemAvailable:")
    if start >= 0:
        return int(text[start:].split(maxsplit=2)[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")

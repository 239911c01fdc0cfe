"""How much memory this host has left for a job."""

from __future__ import annotations

import os
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_CGROUP_LIMITS = (
    # limit and use of the control group, versions 2 and 1; batch systems set these for a job
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)


def free_bytes() -> int:
    """Return the bytes that can still be allocated on this host, within the job's limits.

    Example:
        >>> free_bytes() > 0
        True
    """
    available = _available()
    for limit, used in _CGROUP_LIMITS:
        bound, current = _number(limit), _number(used)
        if bound is not None and current is not None:
            in_use = max(current - _file_cache(limit.parent / "memory.stat"), 0)
            available = min(available, max(bound - in_use, 0))
    return available


def _file_cache(statistics: Path) -> int:
    """Return the bytes of a control group that only cache files, and give way when needed."""
    try:
        lines = statistics.read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("inactive_file "))


def _available() -> int:
    if _MEMINFO.exists():
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")


def _number(path: Path) -> int | None:
    try:
        text = path.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdecimal() else None

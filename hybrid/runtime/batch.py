"""The time limit of the batch system."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from functools import cache

from hybrid.runtime.stops import BORN

_LARGEST_MARGIN = 60.0
_MARGIN_FRACTION = 0.05
_PATIENCE = 5.0
"""Timeout of ``squeue``, in seconds; without an answer no limit is assumed."""

_TIME_LEFT = re.compile(r"(?:(\d{1,6})-)?(?:(\d{1,2}):)?(\d{1,2}):(\d{1,2})", re.ASCII)
_SECONDS = (86400, 3600, 60, 1)


def batch_time_limit(clock: Callable[[], float] = time.time) -> float | None:
    """Return the time until SLURM ends the job, less a margin, in seconds; None if unknown.

    Counted from the start of the process, as in :class:`Stops`. The margin is 5 % of the time that
    was left at the start, at most a minute. Without the end time in the environment (before
    SLURM 23), ``squeue`` is run once per process, so only one rank should call this.

    Example:
        >>> batch_time_limit() is None or batch_time_limit() > 0
        True
    """
    born_ago = time.monotonic() - BORN
    end = os.environ.get("SLURM_JOB_END_TIME", "")
    if end.isascii() and end.isdecimal():
        whole = int(end) - clock() + born_ago
    else:
        asked = _asked(os.environ.get("SLURM_JOB_ID", ""))
        if asked is None:
            return None
        whole = asked - BORN
    return max(whole - min(_LARGEST_MARGIN, _MARGIN_FRACTION * whole), 0.0)


@cache
def _asked(job: str) -> float | None:
    """Return the end time of a job from ``squeue``, on the monotonic clock, or None."""
    if not (job.isascii() and job.isdecimal()):
        return None
    command = ["squeue", "--noheader", f"--jobs={job}", "--format=%L"]
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE, check=True,
            stdin=subprocess.DEVNULL,
        ).stdout  # fmt: skip
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    left = [_seconds_of(line.strip()) for line in told.splitlines()]
    known = [seconds for seconds in left if seconds is not None]
    return time.monotonic() + min(known) if known else None


def _seconds_of(text: str) -> int | None:
    """Parse a time in the format of ``squeue`` (``1-02:03:04``, ``58:30``) to seconds.

    Example:
        >>> _seconds_of("1:00:05"), _seconds_of("UNLIMITED")
        (3605, None)
    """
    found = _TIME_LEFT.fullmatch(text)
    if found is None:
        return None
    parts = [int(part or 0) for part in found.groups()]
    return sum(part * unit for part, unit in zip(parts, _SECONDS, strict=True))

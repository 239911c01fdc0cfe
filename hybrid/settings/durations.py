"""Parse durations, also in SLURM's format."""

from __future__ import annotations

import re

from hybrid.core.errors import InputError

_WITH_UNITS = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s?)?", re.ASCII)
_WITH_COLONS = re.compile(r"(?:(\d{1,6})-)?(\d{1,6}):(\d{1,2}):(\d{1,2})", re.ASCII)
_SECONDS = (86400, 3600, 60, 1)


def seconds_of(text: str, what: str = "time limit") -> float:
    """Parse a duration to seconds.

    Args:
        text: ``55m``, ``1h30m``, ``90s``, ``90``, ``2d``, ``01:30:00`` or ``1-12:00:00``.
        what: name of the setting, for the error message.

    Raises:
        InputError: not a duration, or zero.

    Example:
        >>> seconds_of("1h30m"), seconds_of("0-00:02:00")
        (5400.0, 120.0)
    """
    found = _WITH_COLONS.fullmatch(text) or _WITH_UNITS.fullmatch(text)
    parts = [int(part or 0) for part in found.groups()] if found else [0]
    seconds = sum(part * unit for part, unit in zip(parts, _SECONDS, strict=False))
    if seconds <= 0:
        raise InputError(
            what, got=repr(text[:40]), expected="a duration such as 55m, 1h30m, 90s or 01:30:00"
        )
    return float(seconds)

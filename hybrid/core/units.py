"""Formatting quantities for people."""

from __future__ import annotations


def count(number: int, name: str) -> str:
    """Return a number with a singular or plural noun.

    Example:
        >>> count(1, "rank"), count(2, "rank")
        ('1 rank', '2 ranks')
    """
    return f"{number} {name}{'' if number == 1 else 's'}"


def core_time(core_seconds: float) -> str:
    """Format the time of cores, from core-seconds to core-hours.

    Example:
        >>> core_time(0.00378), core_time(90.0), core_time(7200.0)
        ('0.00378 core-seconds', '90 core-seconds', '2 core-hours')
    """
    if core_seconds < 360.0:
        return f"{core_seconds:.3g} core-seconds"
    return f"{core_seconds / 3600.0:,.4g} core-hours"


def size(num_bytes: float) -> str:
    """Format a number of bytes in decimal units.

    Example:
        >>> size(524288), size(68_700_000_000)
        ('524 kB', '68.7 GB')
    """
    amount, unit = float(num_bytes), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000.0 or unit == "TB":
            break
        amount /= 1000.0
    return f"{amount:.3g} {unit}"


def duration(seconds: float) -> str:
    """Format a duration, from microseconds to days.

    Example:
        >>> duration(0.00031), duration(0.25), duration(90.0), duration(10000.0)
        ('310 µs', '250 ms', '90.0 s', '2 h 47 min')
    """
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1.0:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 600.0:
        return f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes / 1440:.1f} days"

"""Formatting quantities for people."""

from __future__ import annotations


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

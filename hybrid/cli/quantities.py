"""Format quantities for output."""

from __future__ import annotations

from hybrid.core.units import size as size
from hybrid.settings import Reference


def value(number: float) -> str:
    """Format an energy or cost with ten decimals.

    Example:
        >>> value(-75.01257817812345)
        '-75.0125781781'
        >>> value(-0.0), value(-1e-12)
        ('0.0000000000', '0.0000000000')
    """
    return f"{number:z.10f}"


def seconds(duration: float) -> str:
    """Format a duration.

    Example:
        >>> seconds(0.1234), seconds(12.345), seconds(3725.0)
        ('0.123 s', '12.3 s', '1:02:05')
    """
    if duration < 10.0:
        return f"{duration:.3f} s"
    if duration < 100.0:
        return f"{duration:.1f} s"
    hours, rest = divmod(round(duration), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


def error(number: float, reference: Reference) -> str:
    """Format the difference between a value and its reference, in mHa for energies.

    Example:
        >>> error(-75.012, Reference(-75.0125, "FCI", "hartree"))
        '0.5000 mHa'
    """
    difference = number - reference.value
    if reference.unit == "hartree":
        return f"{1000.0 * difference:z.4f} mHa"
    return f"{difference:.4g}"

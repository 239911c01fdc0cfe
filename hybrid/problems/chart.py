"""Text charts of sampled values."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

_MOST_ROWS = 12


def chart(counts: Mapping[float, float], unit: str, width: int = 30) -> str:
    """Return a histogram of values as text: a row for each value, or for each of 12 intervals.

    Args:
        counts: how often each value was found.
        unit: what the values are, the title of the first column.
        width: length of the longest bar.

    Example:
        >>> print(chart({4.0: 30, 2.0: 60, 0.0: 10}, "cut"))
           cut  share
             0  10.0%  #####
             2  60.0%  ##############################
             4  30.0%  ###############
    """
    shares = _rows(counts)
    largest = max(share for _, share in shares)
    room = max(len(unit), 6, *(len(name) for name, _ in shares))
    lines = [f"{unit:>{room}}  share"]
    for name, share in shares:
        bar = "#" * max(round(width * share / largest), share > 0.0)
        lines.append(f"{name:>{room}}  {share:5.1%}  {bar}".rstrip())
    return "\n".join(lines)


def _rows(counts: Mapping[float, float]) -> list[tuple[str, float]]:
    """Return names and shares of the rows, by ascending value."""
    total = sum(counts.values())
    values = sorted(counts)
    if len(values) <= _MOST_ROWS:
        return [(f"{value:g}", counts[value] / total) for value in values]
    lowest, step = values[0], (values[-1] - values[0]) / _MOST_ROWS
    shares = [0.0] * _MOST_ROWS
    for value in values:
        shares[min(int((value - lowest) / step), _MOST_ROWS - 1)] += counts[value] / total
    edges = [lowest + row * step for row in range(_MOST_ROWS + 1)]
    names = [f"{low:.3g} to {high:.3g}" for low, high in pairwise(edges)]
    return list(zip(names, shares, strict=True))

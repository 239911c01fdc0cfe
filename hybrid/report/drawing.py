"""The timeline as rectangles to draw: exact while there are few, else shares of time."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.report.timeline import KINDS, Spans, Timeline

_MOST_RECTANGLES = 30_000
_MOST_IN_FULL = 6_000
_MOST_ROWS = 128
_MOST_BINS = 4_000


@dataclass(frozen=True, eq=False)
class Rectangles:
    """Rectangles of a row, one each in arrays of shape (K,).

    Attributes:
        begin: seconds.
        end: seconds.
        kind: index in ``KINDS``.
        low: lower edge, 0 to 1 of the height of a row.
        high: upper edge.
    """

    begin: FloatArray
    end: FloatArray
    kind: IntArray
    low: FloatArray
    high: FloatArray


def drawn(timelines: Sequence[Timeline]) -> dict[str, object]:
    """Return the timelines of all sessions, one after the other, as plain data for the page.

    Up to some ten thousand spans are drawn as they are. Of more, the slowest and the first
    evaluations are; the rest is cut into equal bins, each with the share of every kind. Rows are
    ranks, or the means of several neighbouring ranks if there are very many.
    """
    ranks = max((timeline.num_ranks for timeline in timelines), default=1)
    together = -(-ranks // _MOST_ROWS)
    rows = -(-ranks // together)
    in_full = together == 1 and sum(t.count() for t in timelines) <= _MOST_RECTANGLES
    bins = int(np.clip(_MOST_RECTANGLES // (3 * rows), 100, _MOST_BINS))
    seconds = sum(timeline.session.seconds for timeline in timelines)
    found: list[tuple[int, float, Rectangles]] = []
    offset = 0.0
    for timeline in timelines:
        share = max(int(bins * timeline.session.seconds / max(seconds, 1e-9)), 20)
        windows = (
            [] if in_full or together > 1 else timeline.windows(_MOST_IN_FULL // len(timelines))
        )
        for row in range(rows):
            members = range(row * together, min((row + 1) * together, timeline.num_ranks))
            spans = [timeline.spans(rank) for rank in members]
            if in_full and spans:
                found.append((row, offset, _exact(spans[0])))
            elif spans:
                found.append((row, offset, _binned(timeline, spans, share, windows)))
        offset += timeline.session.seconds
    labels = [
        f"rank {row}"
        if together == 1
        else f"{row * together}-{min((row + 1) * together, ranks) - 1}"
        for row in range(rows)
    ]
    starts = np.cumsum([0.0, *(t.session.seconds for t in timelines)])[:-1]
    return {
        "rows": labels,
        "kinds": list(KINDS),
        "exact": in_full,
        "together": together,
        "resumed": [float(start) for start in starts[1:]],
        **_packed(found),
    }


def _exact(spans: Spans) -> Rectangles:
    nothing = np.zeros(len(spans.begin))
    return Rectangles(spans.begin, spans.end, spans.kind, nothing, nothing + 1.0)


def _binned(
    timeline: Timeline, members: list[Spans], bins: int, windows: list[tuple[float, float]]
) -> Rectangles:
    """Return the shares of time in equal bins, and in windows the spans themselves."""
    corners = [corner for window in windows for corner in window]
    edges = np.unique([*np.linspace(0.0, timeline.session.seconds, bins + 1), *corners])
    shares = np.mean([spans.fractions(edges) for spans in members], axis=0)
    middle = 0.5 * (edges[1:] + edges[:-1])
    shares[_inside(middle, windows)] = 0.0
    high = np.cumsum(shares, axis=1)
    place, kind = np.nonzero(shares > 1.0 / 512.0)
    parts = Rectangles(
        edges[place], edges[place + 1], kind, (high - shares)[place, kind], high[place, kind]
    )
    if not windows:
        return parts
    exact = _exact(members[0])
    there = _inside(0.5 * (exact.begin + exact.end), windows)
    pairs = [
        (getattr(parts, name), getattr(exact, name)[there]) for name in parts.__dataclass_fields__
    ]
    return Rectangles(*(np.concatenate(pair) for pair in pairs))


def _inside(times: FloatArray, windows: list[tuple[float, float]]) -> Any:
    """Return which times lie in one of the windows, which are disjoint and ascending."""
    edges = np.array([corner for window in windows for corner in window])
    return np.searchsorted(edges, times) % 2 == 1


def _packed(found: list[tuple[int, float, Rectangles]]) -> dict[str, object]:
    """Return all rectangles as little-endian columns in base64."""

    def column(parts: list[FloatArray], dtype: str) -> str:
        whole = np.concatenate([np.empty(0), *parts])
        return base64.b64encode(whole.astype(dtype).tobytes()).decode("ascii")

    return {
        "count": sum(len(r.begin) for _, _, r in found),
        "row": column([np.full(len(r.begin), float(row)) for row, _, r in found], "<u2"),
        "begin": column([r.begin + offset for _, offset, r in found], "<f8"),
        "length": column([r.end - r.begin for _, _, r in found], "<f4"),
        "kind": column([np.asarray(r.kind, dtype=np.float64) for _, _, r in found], "<u1"),
        "low": column([np.rint(r.low * 255.0) for _, _, r in found], "<u1"),
        "high": column([np.rint(r.high * 255.0) for _, _, r in found], "<u1"),
    }

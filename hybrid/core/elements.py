"""HTML made of nested values: whatever is not made here is text, and escaped."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

from hybrid.core.errors import printable


class Html(str):
    """Text that is HTML already; never made of what comes from outside."""


def tag(name: str, *children: object, **attributes: object) -> Html:
    """Return an element; children and attributes are escaped unless they are elements.

    Args:
        name: of the element.
        children: elements, or values that become text.
        attributes: ``class_`` and others; an underscore in a name stands for a hyphen.

    Example:
        >>> tag("p", "a < b", tag("b", 1), class_="x")
        '<p class="x">a &lt; b<b>1</b></p>'
    """
    given = [
        f' {key.rstrip("_").replace("_", "-")}="{escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    inside = "".join(escaped(child) for child in children)
    return Html(f"<{name}{''.join(given)}>{inside}</{name}>")


def escaped(value: object) -> str:
    """Return a value as text for HTML; without control characters, and unless it is HTML."""
    return value if isinstance(value, Html) else html.escape(printable(str(value)))


def joined(parts: Iterable[object]) -> Html:
    """Return several elements or texts one after the other."""
    return Html("".join(escaped(part) for part in parts))


def table(
    head: Sequence[object], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()
) -> Html:
    """Return a table that scrolls where it is too wide.

    Args:
        head: names of the columns.
        rows: the cells.
        numbers: columns that are aligned as numbers.
    """

    def cells(name: str, row: Sequence[object]) -> Html:
        return joined(
            tag(name, cell, class_="number" if place in numbers else None)
            for place, cell in enumerate(row)
        )

    body = joined(tag("tr", cells("td", row)) for row in rows)
    top = tag("thead", tag("tr", cells("th", head))) if head else ""
    return tag("div", tag("table", top, tag("tbody", body)), class_="scrolls")


def facts(rows: Iterable[tuple[object, object]]) -> Html:
    """Return names and values, one below the other."""
    pairs = joined(joined([tag("dt", name), tag("dd", value)]) for name, value in rows)
    return tag("dl", pairs)


def data(value: Any) -> Html:
    """Return plain data as JSON for a script element, which nothing in it can end.

    Example:
        >>> data({"name": "</script>", "value": float("nan")})
        '{"name":"\\\\u003c/script\\\\u003e","value":null}'
    """
    text = json.dumps(_finite(value), allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Html(text)


def _finite(value: Any) -> Any:
    """Return plain data with None in place of NaN and infinity, and texts without control codes."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return printable(value) if isinstance(value, str) else value

"""Edge-list files: one ``u v [weight]`` per line, ``#`` starts a comment."""

from __future__ import annotations

import math
import re
from pathlib import Path

from hybrid.core.errors import InputError
from hybrid.problems.files import read_text

_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")

Edge = tuple[int | str, int | str, float]


def read_edges(path: str | Path) -> list[Edge]:
    """Return the edges of a file as (node, node, weight); weight 1 where none is given.

    Nodes are either all whole numbers or all names (any word, no blanks).

    Raises:
        InputError: no file or an empty one, a line of other than two or three columns, a
            weight that is not a finite number, a node joined to itself, an edge given twice,
            or numbers mixed with names; the message names the line.

    Example:
        >>> read_edges("examples/data/maxcut_12.edges")[0]
        (0, 1, 1.0)
    """
    edges: list[Edge] = []
    first_line: dict[frozenset[int | str], int] = {}
    for number, line in enumerate(read_text(path, "an edge list").split("\n"), 1):
        columns = line.partition("#")[0].split()
        if not columns:
            continue
        where = f"{path}, line {number}"
        u, v, weight = _edge(where, columns)
        kind = type(edges[0][0] if edges else u)
        if not type(u) is type(v) is kind:
            raise InputError(
                where,
                got="".join(c if c.isprintable() else "?" for c in f"{columns[0]} {columns[1]}"),
                expected="nodes that are all whole numbers, or all names, in the whole file",
                advice="a typing error here? else begin every name with a letter",
            )
        earlier = first_line.setdefault(frozenset((u, v)), number)
        if earlier != number:
            raise InputError(
                where,
                got=f"the edge {u} {v} again",
                expected="each edge once",
                advice=f"it is on line {earlier} already: remove one, or add up their weights",
            )
        edges.append((u, v, weight))
    if not edges:
        raise InputError(
            str(path), got="no edges", expected="lines 'u v [weight]'", advice="add some"
        )
    return edges


def _edge(where: str, columns: list[str]) -> Edge:
    """Return one line's edge."""
    if len(columns) not in (2, 3):
        raise InputError(
            where,
            got=f"{len(columns)} column{'s' * (len(columns) != 1)}",
            expected="two nodes and perhaps a weight: u v [weight]",
            advice="separate columns by blanks; node names hold none",
        )
    u, v = (_node(column) for column in columns[:2])
    try:
        weight = float(columns[2]) if len(columns) == 3 else 1.0
    except ValueError:
        weight = math.nan
    if not math.isfinite(weight):
        raise InputError(
            where,
            got=f"the weight {columns[2][:40]!r}",
            expected="a finite number",
            advice="leave it out for weight 1",
        )
    if u == v:
        raise InputError(
            where,
            got=f"node {u} joined to itself",
            expected="two different nodes",
            advice="remove the line: no cut separates a node from itself",
        )
    return u, v, weight


def _node(column: str) -> int | str:
    return int(column) if _WHOLE_NUMBER.fullmatch(column) else column

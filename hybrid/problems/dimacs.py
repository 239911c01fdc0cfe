"""The DIMACS format of undirected graphs: ``c`` comments, ``p edge n m``, ``e u v [weight]``.

Source: DIMACS Implementation Challenge, "Clique and coloring problems graph format" (1993).
"""

from __future__ import annotations

from hybrid.core.errors import InputError
from hybrid.problems.columns import WHOLE_NUMBER, Row, shown, weight
from hybrid.problems.graph import Edges, Graph, numbered

_UNDIRECTED = ("edge", "edges", "col")


def is_such(lines: list[Row]) -> bool:
    """Return whether the first line that is not a comment is a DIMACS problem line."""
    said = next((row.columns for row in lines if row.columns[0] != "c"), ())
    return len(said) == 4 and said[0] == "p" and all(map(WHOLE_NUMBER.fullmatch, said[2:]))


def read(path: str, lines: list[Row]) -> Graph[int | str]:
    """Return the graph; nodes are numbered from 1, including isolated ones.

    Files that list each edge in both directions are read too.

    Raises:
        InputError: another problem than an undirected graph, or lines that do not fit it.
    """
    problem, *others = [row for row in lines if row.columns[0] != "c"]
    if problem.columns[1] not in _UNDIRECTED:
        raise InputError(
            problem.where,
            got=f"the problem {shown(problem.columns[1])}",
            expected="p edge <nodes> <edges>, an undirected graph",
            advice="write the graph as an edge list: u v [weight]",
        )
    num_nodes, num_edges = map(int, problem.columns[2:])
    nodes = numbered(problem.where, 1, num_nodes)
    edges: Edges[int | str] = Edges(again="merge")
    for row in others:
        edges.add(row.where, *_edge(row, num_nodes))
    if num_edges not in (len(others), len(edges.edges)):
        raise InputError(
            path,
            got=f"{len(others)} edges",
            expected=f"{num_edges}, as {problem.where.rpartition(', ')[2]} says",
            advice="the file may be cut short: write it again",
        )
    if not edges.edges:
        raise InputError(path, got="no edges", expected="lines 'e u v'", advice="add some")
    return Graph(nodes, edges.edges)


def _edge(row: Row, num_nodes: int) -> tuple[int, int, float]:
    kind, *columns = row.columns
    ends = [int(column) for column in columns[:2] if WHOLE_NUMBER.fullmatch(column)]
    if kind != "e" or len(columns) not in (2, 3) or len(ends) != 2:
        raise InputError(
            row.where,
            got=shown(" ".join(row.columns)),
            expected="e u v, perhaps with a weight, or a comment: c ...",
            advice="remove what is no edge",
        )
    if not all(1 <= end <= num_nodes for end in ends):
        raise InputError(
            row.where,
            got=f"the edge {ends[0]} {ends[1]}",
            expected=f"nodes from 1 to {num_nodes}",
            advice="mend the edge, or the number of nodes on the line that starts with p",
        )
    return ends[0], ends[1], weight(row.where, columns[2]) if len(columns) == 3 else 1.0

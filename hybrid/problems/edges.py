"""Read graph files; the format is detected from the content."""

from __future__ import annotations

import re
from os import PathLike

from hybrid.core.errors import InputError
from hybrid.problems import dimacs, matrix_market, networkx_files
from hybrid.problems.columns import Row, node, rows, shown, weight
from hybrid.problems.files import read_text
from hybrid.problems.graph import Edges, Graph, numbered

_COMMENTS = ("%", "//")
_OTHER_COMMENTS = ("c", "!", "*", "--")
_COMMENT = "start comments with #"
_LETTER = re.compile(r"[^\W\d_]")
_ENDS = {"source", "target", "src", "dst", "from", "to", "node1", "node2", "node_1", "node_2"}
_WEIGHT = {"weight", "weights", "w", "value", "cost", "capacity"}
"""Column titles that may form the first line of a file with node names."""


def read_graph(path: str | PathLike[str]) -> Graph[int | str]:
    """Return the graph of a file.

    The format is found from the content:

    * an edge list, ``u v [weight]`` on each line, columns parted by blanks, tabs, commas or
      semicolons; comments start with ``#``, or at the beginning of a line with ``%`` or
      ``//``; a first line of titles (``source target weight``) is passed over;
    * the format of rudy and of the Gset collection: a first line ``nodes edges``, then as many
      lines ``u v [weight]`` with nodes from 1;
    * DIMACS, with its line ``p edge nodes edges``, and MatrixMarket, ``%%MatrixMarket``;
    * what NetworkX writes: edge lists with data (``u v {'weight': 0.5}``), GML, GraphML, GEXF, JSON
      (``node_link_data``), Pajek, and graph6 and sparse6 with their headers.

    Nodes are either all whole numbers or all names. All formats but edge lists declare their
    nodes, and isolated ones count.

    Raises:
        InputError: no file or an empty one; a line that is none of the format; a weight that is
            not a finite number; a node joined to itself; an edge given twice; numbers mixed
            with names; invisible characters in a name; a first line that may be a header or an
            edge. The message names the line.

    Example:
        >>> read_graph("examples/data/maxcut_12.edges").edges[0]
        (0, 1, 1.0)
    """
    text, name = read_text(path, "a graph file"), str(path)
    if matrix_market.is_such(text):
        return matrix_market.read(name, text)
    if networkx_files.is_such(text):
        return networkx_files.read(name, text)
    lines = rows(name, text, _COMMENTS)
    if dimacs.is_such(lines):
        return dimacs.read(name, lines)
    if lines and _is_titles(lines[0], lines[1:]):
        lines = lines[1:]
    if not lines:
        raise InputError(name, got="no edges", expected="lines 'u v [weight]'", advice="add some")
    _refuse_adjacency(lines)
    if declared := _header(lines):
        return _counted(lines, declared)
    edges = _edges(lines)
    return Graph(edges.nodes(), edges.edges)


def _edges(lines: list[Row]) -> Edges[int | str]:
    """Return the edges of lines ``u v [weight]``."""
    edges: Edges[int | str] = Edges()
    kind: type | None = None
    for row in lines:
        where, columns = row.where, row.columns
        if len(columns) not in (2, 3):
            raise InputError(
                where,
                got=f"{len(columns)} column{'s' * (len(columns) != 1)}",
                expected="two nodes and perhaps a weight: u v [weight]",
                advice=_COMMENT
                if columns[0] in _OTHER_COMMENTS
                else "separate columns by blanks; node names hold none",
            )
        u, v = (node(where, column) for column in columns[:2])
        kind = kind or type(u)
        if not type(u) is type(v) is kind:
            raise InputError(
                where,
                got=shown(f"{columns[0]} {columns[1]}").strip("'"),
                expected="nodes that are all whole numbers, or all names, in the whole file",
                advice=_COMMENT
                if columns[0] in _OTHER_COMMENTS
                else "a typing error here? else begin every name with a letter",
            )
        edges.add(where, u, v, weight(where, columns[2]) if len(columns) == 3 else 1.0)
    return edges


def _is_titles(first: Row, others: list[Row]) -> bool:
    """Return whether the first line names the columns."""
    titles = [column.lower() for column in first.columns]
    if not others or len(titles) not in (2, 3) or not all(map(_LETTER.match, titles)):
        return False
    if all(row.is_whole_pair() for row in others):
        return True
    if len(titles) == 3:
        return titles[2] in _WEIGHT
    used = {column for row in others for column in row.columns[:2]}
    return _ENDS.issuperset(titles) and not used.intersection(first.columns)


def _header(lines: list[Row]) -> tuple[int, int] | None:
    """Return the numbers of nodes and edges if the first line declares them.

    Raises:
        InputError: it does, and the lines that follow contradict it; or it may be an edge.
    """
    first, others = lines[0], lines[1:]
    if len(first.columns) != 2 or not first.is_whole() or not others:
        return None
    num_nodes, num_edges = map(int, first.columns)
    pairs = [tuple(map(int, row.columns[:2])) for row in others if row.is_whole_pair()]
    ends = {end for pair in pairs for end in pair}
    fits = (
        len(pairs) == len(others) == num_edges
        and max(ends) <= num_nodes
        and (0 not in ends or num_nodes not in ends)
    )
    weighted = all(len(row.columns) == 3 for row in others)
    if not fits:
        if weighted and len(pairs) == len(others) and num_edges != len(others) > 1:
            raise InputError(
                first.where,
                got=f"{num_nodes} {num_edges}, and {len(others)} lines 'u v weight' after it",
                expected=f"a header '{num_nodes} {len(others)}', or an edge with its weight",
                advice="the file may be cut short; write a weight on every line, or on none",
            )
        if len(pairs) == len(others) and _in_sequence(ends, num_nodes) and num_edges not in ends:
            raise _either(first, f"{len(others)} lines follow")
        return None
    repeated = num_nodes == num_edges or {num_nodes, num_edges} in map(set, pairs)
    if weighted or repeated or num_edges not in ends:
        return num_nodes, num_edges
    raise _either(first, f"{len(others)} lines follow")


def _in_sequence(ends: set[int], count: int) -> bool:
    """Return whether the nodes are exactly 0 to count - 1, or 1 to count."""
    return len(ends) == count > 0 and min(ends) in (0, 1) and max(ends) - min(ends) == count - 1


def _either(first: Row, follow: str) -> InputError:
    """Return the error for a first line that may be a header or an edge."""
    return InputError(
        first.where,
        got=f"{' '.join(first.columns)}, numbers of nodes and edges, or an edge ({follow})",
        expected="a file that can be read in one way only",
        advice="write the weight of each edge (u v 1), with or without such a first line",
    )


def _counted(lines: list[Row], declared: tuple[int, int]) -> Graph[int | str]:
    """Return a graph whose first line declares the number of nodes."""
    edges = _edges(lines[1:])
    lowest = 0 if 0 in edges.nodes() else 1
    return Graph(numbered(lines[0].where, lowest, declared[0]), edges.edges)


def _refuse_adjacency(lines: list[Row]) -> None:
    """Refuse the format of METIS: line k lists the neighbours of node k.

    A graph whose nodes have two or three neighbours each would otherwise be read as edges.
    """
    header, others = lines[0], lines[1:]
    if not all(row.is_whole() for row in lines) or len(header.columns) not in (2, 3):
        return
    lists = [[int(column) for column in row.columns] for row in others]
    symmetric = len(lists) == int(header.columns[0]) and all(
        1 <= v <= len(lists) and v != u and u in lists[v - 1]
        for u, neighbours in enumerate(lists, 1)
        for v in neighbours
    )
    if symmetric and sum(map(len, lists)) == 2 * int(header.columns[1]):
        raise InputError(
            header.where,
            got="lists of neighbours, as METIS reads them",
            expected="one edge a line: u v [weight]",
            advice="write the graph as an edge list",
        )

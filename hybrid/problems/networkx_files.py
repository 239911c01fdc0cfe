"""Graph files that NetworkX writes: edge lists with data, GML, GraphML, GEXF, JSON, Pajek, graph6.

NetworkX parses them; nothing in a file is executed, and entities of XML are refused.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import networkx

from hybrid.core.errors import InputError
from hybrid.problems.columns import node
from hybrid.problems.graph import MAX_NODES, Edges, Graph

_HEAD = 4096
"""Characters in which a format shows."""

_DATA = re.compile(r"[^\s{}]+\s+[^\s{}]+\s+\{[^\n]*\}\s*")


def is_such(text: str) -> bool:
    """Return whether a text is in one of the formats."""
    return _format_of(text) is not None


def read(name: str, text: str) -> Graph[int | str]:
    """Return the graph of a text in one of the formats.

    The weight of an edge is its attribute "weight", by default 1. Labels that are all whole numbers
    are numbers.

    Raises:
        InputError: a damaged text; a directed graph; a self-loop, or an edge given twice; a weight
            that is not a finite number; too many nodes.
    """
    kind = _format_of(text)
    assert kind is not None
    if "<!DOCTYPE" in text[:_HEAD] or "<!ENTITY" in text:
        raise InputError(name, got="entities of XML", expected="a graph without them")
    try:
        graph = _PARSERS[kind](text)
    except Exception as cause:  # each parser of NetworkX has its own
        reason = " ".join(str(cause).split()) or type(cause).__name__
        raise InputError(
            name,
            got=f"{kind} that NetworkX cannot read: {reason[:120]}",
            expected="a graph as networkx writes it",
        ) from cause
    return _checked(name, graph)


def _checked(name: str, graph: Any) -> Graph[int | str]:
    if graph.is_directed():
        raise InputError(
            name,
            got="a directed graph",
            expected="an undirected one",
            advice="graph.to_undirected() makes one",
        )
    if len(graph) > MAX_NODES:
        raise InputError(name, got=f"{len(graph)} nodes", expected=f"at most {MAX_NODES}")
    nodes = {label: node(f"{name}, node {label}", str(label)) for label in graph.nodes}
    edges: Edges[int | str] = Edges()
    for number, (u, v, data) in enumerate(graph.edges(data=True), 1):
        where = f"{name}, edge {number} ({u} {v})"
        edges.add(where, nodes[u], nodes[v], _weight(where, data.get("weight", 1.0)))
    if not edges.edges:
        raise InputError(name, got="no edges", expected="a graph with edges")
    labels = list(nodes.values())
    whole = all(isinstance(label, int) for label in labels)
    return Graph(sorted(labels) if whole else labels, edges.edges)


def _weight(where: str, given: object) -> float:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not math.isfinite(given):  # type: ignore[arg-type]
        raise InputError(
            where, got=f"the weight {given!r}"[:60], expected="a finite number as attribute weight"
        )
    return float(given)  # type: ignore[arg-type]


def _format_of(text: str) -> str | None:
    """Return the name of a text's format, or None."""
    head = text[:_HEAD].lstrip()
    for name, begins in _BEGINNINGS.items():
        if re.match(begins, head, re.IGNORECASE):
            return name
    if head.startswith("<"):
        return next((name for name in ("GraphML", "GEXF") if f"<{name.lower()}" in head), None)
    lines = [line for line in text.split("\n") if line.strip() and not line.startswith("#")]
    listed = bool(lines) and all(map(_DATA.fullmatch, lines))
    return "an edge list" if listed else None


_BEGINNINGS: Mapping[str, str] = {
    "JSON": r"\{",
    "GML": r"(creator\b[^\n]*\n\s*)?(version\b[^\n]*\n\s*)?graph\s*\[",
    "Pajek": r"\*(network|vertices)\b",
    "graph6": r">>graph6<<",
    "sparse6": r">>sparse6<<",
}


def _edge_list(text: str) -> Any:
    return networkx.parse_edgelist(text.split("\n"), data=True)


def _json(text: str) -> Any:
    data = json.loads(text)
    links = "links" if "links" in data else "edges"
    return networkx.node_link_graph(data, edges=links)


def _compact(parse: Callable[[bytes], Any]) -> Callable[[str], Any]:
    return lambda text: parse(text.strip().encode())


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "an edge list": _edge_list,
    "JSON": _json,
    "GML": lambda text: networkx.parse_gml(text.split("\n")),
    "Pajek": lambda text: networkx.parse_pajek(text.split("\n")),
    "GraphML": lambda text: networkx.parse_graphml(text, force_multigraph=True),
    "GEXF": lambda text: networkx.read_gexf(io.BytesIO(text.encode())),
    "graph6": _compact(networkx.from_graph6_bytes),
    "sparse6": _compact(networkx.from_sparse6_bytes),
}

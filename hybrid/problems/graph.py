"""Graphs as read from a file or an edge list."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hybrid.core.errors import InputError

Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True)
class Graph(Generic[Node]):
    """An undirected graph without loops or parallel edges.

    Attributes:
        nodes: in qubit order; isolated ones included where the source declares them.
        edges: (node, node, weight), in the order of the source.
    """

    nodes: list[Node]
    edges: list[tuple[Node, Node, float]]


class Edges(Generic[Node]):
    """Collects edges; refuses duplicates.

    Args:
        again: how to handle a duplicate edge of the same weight: "refuse", or "merge" for formats
            that list each edge in both directions.
    """

    def __init__(self, again: str = "refuse") -> None:
        self.edges: list[tuple[Node, Node, float]] = []
        self._again = again
        self._first: dict[frozenset[Node], tuple[float, str]] = {}

    def add(self, where: str, u: Node, v: Node, weight: float) -> None:
        """Add an edge.

        Raises:
            InputError: a self-loop, or a duplicate edge.
        """
        if u == v:
            raise InputError(
                where,
                got=f"node {u} joined to itself",
                expected="two different nodes",
                advice="remove it: no cut separates a node from itself",
            )
        earlier, place = self._first.setdefault(frozenset((u, v)), (weight, where))
        if place == where:
            self.edges.append((u, v, weight))
        elif self._again == "refuse" or earlier != weight:
            other = "" if earlier == weight else f" with weight {weight:g}, not {earlier:g}"
            raise InputError(
                where,
                got=f"the edge {u} {v} again{other}",
                expected="each edge once",
                advice=f"it is on {place.rpartition(', ')[2]} already: "
                "remove one, or add up their weights",
            )

    def nodes(self) -> list[Node]:
        """Return the nodes: whole numbers in ascending order, others by first appearance."""
        found: list[Any] = list(dict.fromkeys(node for u, v, _ in self.edges for node in (u, v)))
        return sorted(found) if all(isinstance(node, int) for node in found) else found


MAX_NODES = 100_000
"""Far above any graph that can be simulated; protects memory from a damaged header."""


def numbered(where: str, first: int, count: int) -> list[int | str]:
    """Return the nodes of a graph whose header declares their number.

    Raises:
        InputError: more than :data:`MAX_NODES`.
    """
    if count > MAX_NODES:
        raise InputError(
            where,
            got=f"{count} nodes",
            expected=f"at most {MAX_NODES}, one qubit each",
            advice="check that this is the file you mean",
        )
    return list(range(first, first + count))

"""What a graph file or an edge list says, before it becomes a problem."""

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
    """Edges as they come from a source, each of which must be new.

    Args:
        again: what to do with an edge that is given twice with the same weight: "refuse", or
            "merge" where the format lists each edge in both directions.
    """

    def __init__(self, again: str = "refuse") -> None:
        self.edges: list[tuple[Node, Node, float]] = []
        self._again = again
        self._first: dict[frozenset[Node], tuple[float, str]] = {}

    def add(self, where: str, u: Node, v: Node, weight: float) -> None:
        """Take an edge.

        Raises:
            InputError: a node joined to itself, or an edge that was given before.
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
"""Far above any graph that can be simulated; keeps a damaged header from filling memory."""


def numbered(where: str, first: int, count: int) -> list[int | str]:
    """Return the nodes that a header declares by their number.

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

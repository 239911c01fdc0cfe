"""Maximum cut: split the nodes of a graph in two, maximising the weight of the cut edges."""

from __future__ import annotations

import math
import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray, IntArray, MaskArray
from hybrid.core.errors import InputError
from hybrid.problems.bits import bits_of, tally
from hybrid.problems.chart import chart
from hybrid.problems.edges import read_graph
from hybrid.problems.graph import Edges, Graph

if TYPE_CHECKING:
    import networkx
    import rustworkx

_BRUTE_FORCE_LIMIT = 22
"""Nodes. Above, an exhaustive search takes minutes and gigabytes."""


@dataclass(frozen=True)
class Cut:
    """A cut of a graph.

    Attributes:
        value: total weight of the edges between the two sides.
        bitstring: the side of each node, in Qiskit's order: node 0 is the rightmost bit.
    """

    value: float
    bitstring: str


@dataclass(frozen=True, eq=False)
class MaxCut:
    """A weighted graph whose node k is qubit k; a node's side is its qubit's bit.

    Create it with :meth:`from_graph` or :meth:`from_edge_list`, which validate their input.

    Attributes:
        nodes: the user's name of each node, in qubit order.
        edges: (E, 2) int64, pairs of qubits, the smaller first.
        weights: (E,) float64.

    Example:
        >>> import networkx
        >>> from hybrid.problems import MaxCut
        >>> square = MaxCut.from_graph(networkx.cycle_graph(4))
        >>> square.best_cut(), square.cut_value("0011")
        (Cut(value=4.0, bitstring='0101'), 2.0)
    """

    nodes: tuple[Hashable, ...]
    edges: IntArray = field(repr=False)
    weights: FloatArray = field(repr=False)

    @classmethod
    def from_graph(cls, graph: networkx.Graph | rustworkx.PyGraph) -> MaxCut:
        """Make from an undirected NetworkX or rustworkx graph.

        Qubit k is the k-th node in the graph's own order (``list(graph.nodes)``,
        ``graph.node_indices()``), including isolated nodes. The weight is the edge attribute
        "weight" in NetworkX; in rustworkx the payload if it is a number, or its entry "weight" if
        it is a dict; by default 1. Weights of parallel edges are added.

        Raises:
            InputError: not a graph of these types, directed, without edges, with a self-loop, or
                with a weight that is not a finite number.
        """
        import networkx
        import rustworkx

        if isinstance(graph, networkx.Graph) and not graph.is_directed():
            edges = [(u, v, data.get("weight")) for u, v, data in graph.edges(data=True)]
            return cls._from_edges(list(graph.nodes), edges)
        if isinstance(graph, rustworkx.PyGraph):
            edges = [
                (u, v, payload.get("weight") if isinstance(payload, Mapping) else payload)
                for u, v, payload in graph.weighted_edge_list()
            ]
            return cls._from_edges(list(graph.node_indices()), edges)
        raise InputError(
            "graph",
            got=type(graph).__name__,
            expected="an undirected networkx.Graph or rustworkx.PyGraph",
            advice="graph.to_undirected() makes one from a directed graph",
        )

    @classmethod
    def from_edge_list(
        cls, edges: str | os.PathLike[str] | Iterable[Sequence[Any]] | NDArray[Any]
    ) -> MaxCut:
        """Make from a graph file, or from edges ``(u, v)`` or ``(u, v, weight)``.

        If all nodes are whole numbers, they are sorted, so node k is qubit k if they are 0, 1, ...
        without gaps; other nodes are ordered by first appearance. Files that declare the number of
        nodes (rudy, DIMACS, MatrixMarket) keep isolated nodes.

        Args:
            edges: the path of a file, see :func:`hybrid.problems.edges.read_graph` for its
                formats; or a sequence of edges, or an array of shape (E, 2) or (E, 3). Nodes
                may be any hashable objects; a weight is a finite number (default 1), or a dict
                with an entry "weight".

        Raises:
            InputError: another type, a self-loop, a duplicate edge, no edges, or a file that
                cannot be parsed (the message names the line).

        Example:
            >>> from hybrid.problems import MaxCut
            >>> MaxCut.from_edge_list("examples/data/maxcut_12.edges").num_edges
            18
            >>> MaxCut.from_edge_list([(0, 1), (1, 2), (2, 0, 0.5)]).best_cut().value
            2.0
        """
        if isinstance(edges, str | os.PathLike):
            graph: Graph[Any] = read_graph(edges)
        else:
            graph = _graph_of(edges)
        return cls._from_edges(graph.nodes, graph.edges)

    @classmethod
    def _from_edges(
        cls, nodes: Sequence[Hashable], edges: Iterable[tuple[Hashable, Hashable, object]]
    ) -> MaxCut:
        qubit = {node: k for k, node in enumerate(nodes)}
        total: dict[tuple[int, int], float] = {}
        for u, v, given in edges:
            if u == v:
                raise InputError(
                    f"edge {u!r}-{v!r}",
                    got="a node joined to itself",
                    expected="two different nodes",
                    advice="remove it: no cut separates a node from itself",
                )
            pair = min(qubit[u], qubit[v]), max(qubit[u], qubit[v])
            total[pair] = total.get(pair, 0.0) + _weight(u, v, given)
        if not total:
            raise InputError(
                "graph",
                got=f"{len(nodes)} nodes and no edges",
                expected="at least one edge",
                advice="add edges",
            )
        try:
            math.fsum(map(abs, total.values()))
        except OverflowError:
            raise InputError(
                "weights",
                got="numbers whose sum overflows",
                expected="a finite total weight",
                advice="divide all weights by the largest",
            ) from None
        pairs = sorted(total)
        return cls(
            tuple(nodes),
            np.array(pairs, dtype=np.int64),
            np.array([total[pair] for pair in pairs], dtype=np.float64),
        )

    @property
    def num_qubits(self) -> int:
        """The number of nodes."""
        return len(self.nodes)

    @property
    def num_edges(self) -> int:
        """The number of edges; parallel edges count once."""
        return len(self.weights)

    def cost(self) -> SparsePauliOp:
        """Return the diagonal operator whose value is MINUS the weight of the cut.

        ``C = sum over edges uv of w_uv / 2 (Z_u Z_v - 1)``: minimise it.

        Source: E. Farhi, J. Goldstone, S. Gutmann, arXiv:1411.4028.
        """
        terms: list[tuple[str, list[int], float]] = [
            ("ZZ", [u, v], weight / 2)
            for (u, v), weight in zip(self.edges.tolist(), self.weights.tolist(), strict=True)
        ]
        terms.append(("", [], -math.fsum(self.weights) / 2))
        operator = SparsePauliOp.from_sparse_list(terms, self.num_qubits)
        return SparsePauliOp(operator.paulis, operator.coeffs.real)

    def cut_value(self, sides: str | Sequence[int] | NDArray[Any]) -> float:
        """Return the weight of the edges between the two sides.

        Args:
            sides: a bitstring in Qiskit's order (node 0 rightmost), or an array (n,) of 0
                and 1 whose entry k is the side of node k.

        Raises:
            InputError: the wrong length, or values other than 0 and 1.
        """
        bits = bits_of(sides, self.num_qubits, "sides of a cut")
        return math.fsum(self.weights[bits[self.edges[:, 0]] != bits[self.edges[:, 1]]])

    def best_cut(self) -> Cut:
        """Return a maximum cut by exhaustive search; of equal cuts, the one of smallest index.

        Raises:
            InputError: more than 22 nodes.
        """
        if self.num_qubits > _BRUTE_FORCE_LIMIT:
            raise InputError(
                "best_cut",
                got=f"{self.num_qubits} nodes",
                expected=f"at most {_BRUTE_FORCE_LIMIT}, because the search is exhaustive",
                advice="use QAOA, or a classical solver for comparison",
            )
        # The last node stays on side 0: swapping the sides changes no cut.
        states: MaskArray = np.arange(2 ** (self.num_qubits - 1), dtype=np.uint64)
        values = np.zeros(len(states))
        for (u, v), weight in zip(self.edges.astype(np.uint64), self.weights, strict=True):
            values += weight * ((states >> u ^ states >> v) & np.uint64(1))
        return self._cut(format(int(values.argmax()), f"0{self.num_qubits}b"))

    def interpret(self, counts: Mapping[str, int] | Mapping[int, int]) -> Cut:
        """Return the best cut among sampled bitstrings.

        Args:
            counts: counts by bitstring (blanks are ignored) or by basis-state index. Of equal cuts
                the most frequent is returned, and of equally frequent ones the smallest bitstring.

        Raises:
            InputError: no outcomes, or an outcome of the wrong width.
        """
        found = [
            (-cut.value, -count, cut.bitstring, cut)
            for outcome, count in tally(counts, self.num_qubits).items()
            for cut in [self._cut(outcome)]
        ]
        return min(found)[-1]

    def chart(self, counts: Mapping[str, int] | Mapping[int, int]) -> str:
        """Return a histogram of the weights of sampled cuts, as text.

        Example:
            >>> print(MaxCut.from_edge_list([(0, 1)]).chart({"01": 3, "00": 1}))
               cut  share
                 0  25.0%  ##########
                 1  75.0%  ##############################
        """
        values: dict[float, float] = {}
        for outcome, count in tally(counts, self.num_qubits).items():
            value = self.cut_value(outcome)
            values[value] = values.get(value, 0.0) + count
        return chart(values, "cut")

    def _cut(self, bitstring: str) -> Cut:
        return Cut(self.cut_value(bitstring), bitstring)


def _weight(u: object, v: object, given: object) -> float:
    """Return an edge's weight, by default 1."""
    if given is None:
        return 1.0
    if isinstance(given, Real):
        try:
            if math.isfinite(value := float(given)):
                return value
        except OverflowError:
            pass
    raise InputError(
        f"weight of edge {u!r}-{v!r}",
        got=repr(given)[:60],
        expected="a finite number",
        advice="leave it out for weight 1",
    )


def _graph_of(edges: object) -> Graph[Any]:
    """Return the graph of a sequence of edges.

    Raises:
        InputError: not a sequence of edges.
    """
    if isinstance(edges, np.ndarray):
        edges = edges.tolist()
    if not isinstance(edges, Iterable) or isinstance(edges, str | bytes | dict):
        raise _no_edges(edges)
    found: Edges[Any] = Edges()
    for number, edge in enumerate(edges):
        columns = edge.tolist() if isinstance(edge, np.ndarray) else edge
        if not isinstance(columns, Sequence) or isinstance(columns, str | bytes):
            raise _no_edges(edge)
        if len(columns) not in (2, 3):
            raise _no_edges(edge)
        u, v = map(_node, columns[:2])
        given = columns[2] if len(columns) == 3 else None
        if isinstance(given, Mapping):
            given = given.get("weight")
        found.add(f"edge list, edge {number}", u, v, _weight(u, v, given))
    return Graph(found.nodes(), found.edges)


def _node(given: Any) -> Hashable:
    """Return a node; equal whole numbers of any type are the same node."""
    if not isinstance(given, Hashable) or given != given or given in (math.inf, -math.inf):
        raise _no_edges(given)
    if isinstance(given, Real) and not isinstance(given, bool | int) and given == int(given):
        return int(given)
    return given


def _no_edges(got: object) -> InputError:
    return InputError(
        "edge list",
        got=repr(got)[:60],
        expected="the path of a file, or edges (u, v) or (u, v, weight)",
        advice="MaxCut.from_graph takes graphs of NetworkX and rustworkx",
    )

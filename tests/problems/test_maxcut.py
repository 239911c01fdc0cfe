"""MaxCut against NetworkX' own cut size and graphs whose maximum cut is known."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import rustworkx as rx
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Statevector

from hybrid.core.errors import InputError
from hybrid.problems import MaxCut

EXAMPLE = Path(__file__).parents[2] / "examples" / "data" / "maxcut_12.edges"


def weighted_graph(seed: int, size: int = 7) -> nx.Graph:
    """A random graph with weights of both signs and names that are not numbers."""
    random = np.random.default_rng(seed)
    graph = nx.Graph()
    graph.add_nodes_from(random.permutation([f"node{k}" for k in range(size)]).tolist())
    nodes = list(graph)
    graph.add_edge(nodes[0], nodes[1])
    for u in range(size):
        for v in range(u):
            if random.random() < 0.5:
                graph.add_edge(nodes[u], nodes[v], weight=float(random.normal()))
    return graph


def side(graph: nx.Graph, bits: list[int]) -> set[object]:
    return {node for node, bit in zip(graph, bits, strict=True) if bit}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), bits=st.lists(st.integers(0, 1), min_size=7, max_size=7))
def test_cut_value_and_cost_agree_with_networkx(seed: int, bits: list[int]) -> None:
    graph = weighted_graph(seed)
    problem = MaxCut.from_graph(graph)
    expected = nx.cut_size(graph, side(graph, bits), weight="weight")
    bitstring = "".join(map(str, reversed(bits)))
    assert problem.cut_value(bits) == pytest.approx(expected, abs=1e-12)
    assert problem.cut_value(np.array(bits)) == problem.cut_value(bitstring)
    energy = Statevector.from_label(bitstring).expectation_value(problem.cost())
    assert energy == pytest.approx(-expected, abs=1e-10)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_best_cut_is_minus_the_lowest_cost(seed: int) -> None:
    problem = MaxCut.from_graph(weighted_graph(seed))
    diagonal = problem.cost().to_matrix(sparse=True).diagonal().real
    best = problem.best_cut()
    assert best.value == pytest.approx(-diagonal.min(), abs=1e-10)
    assert diagonal[int(best.bitstring, 2)] == pytest.approx(diagonal.min(), abs=1e-10)


@pytest.mark.parametrize(
    ("graph", "best"),
    [
        (nx.cycle_graph(8), 8),
        (nx.cycle_graph(9), 8),
        (nx.complete_graph(7), 12),
        (nx.complete_bipartite_graph(4, 5), 20),
        (nx.petersen_graph(), 12),
    ],
)
def test_known_maximum_cuts(graph: nx.Graph, best: int) -> None:
    assert MaxCut.from_graph(graph).best_cut().value == best


def test_example_file() -> None:
    problem = MaxCut.from_edge_list(EXAMPLE)
    assert (problem.num_qubits, problem.num_edges, problem.best_cut().value) == (12, 18, 16)
    assert problem.nodes == tuple(range(12))


def test_node_order_is_the_users(tmp_path: Path) -> None:
    path = tmp_path / "graph.edges"
    path.write_text("10 2 5\n2 1\n")
    assert MaxCut.from_edge_list(path).nodes == (1, 2, 10)
    assert MaxCut.from_edge_list(path).edges.tolist() == [[0, 1], [1, 2]]
    assert MaxCut.from_edge_list(path).weights.tolist() == [1.0, 5.0]
    path.write_text("red green\ngreen blue\n")
    assert MaxCut.from_edge_list(path).nodes == ("red", "green", "blue")
    graph = nx.Graph([("z", "y"), ("y", "x")])
    graph.add_node("alone")
    problem = MaxCut.from_graph(graph)
    assert problem.nodes == ("z", "y", "x", "alone")
    assert problem.cost().num_qubits == 4


def test_rustworkx_and_networkx_give_the_same_problem() -> None:
    graph = rx.PyGraph()
    graph.add_nodes_from(list("abcde"))
    graph.remove_node(1)
    graph.add_edges_from([(0, 2, 2.5), (2, 3, {"weight": -1}), (4, 3, None), (3, 4, 0.5)])
    twin = nx.Graph()
    twin.add_nodes_from([0, 2, 3, 4])
    twin.add_weighted_edges_from([(0, 2, 2.5), (2, 3, -1.0), (3, 4, 1.5)])
    mine, other = MaxCut.from_graph(graph), MaxCut.from_graph(twin)
    assert mine.nodes == other.nodes == (0, 2, 3, 4)
    assert mine.cost() == other.cost()


def test_interpret_takes_the_best_cut_and_breaks_ties_by_count() -> None:
    problem = MaxCut.from_graph(nx.path_graph(3))
    assert problem.interpret({"000": 90, "100": 7, "010": 3}).bitstring == "010"
    assert problem.interpret({"010": 3, "101": 4}).bitstring == "101"
    assert problem.interpret({"101": 4, "010": 4}).bitstring == "010"
    assert problem.interpret({0b101: 4, 0: 9}) == problem.interpret({"1 01": 4})
    assert problem.interpret({"001": 1}).value == 1.0


def test_bad_graphs() -> None:
    with pytest.raises(InputError, match="to_undirected"):
        MaxCut.from_graph(nx.DiGraph([(0, 1)]))
    with pytest.raises(InputError, match="got PyDiGraph"):
        MaxCut.from_graph(rx.PyDiGraph())
    with pytest.raises(InputError, match="got list"):
        MaxCut.from_graph([(0, 1)])
    with pytest.raises(InputError, match="3 nodes and no edges"):
        MaxCut.from_graph(nx.empty_graph(3))
    with pytest.raises(InputError, match="0 nodes and no edges"):
        MaxCut.from_graph(rx.PyGraph())
    with pytest.raises(InputError, match="edge 1-1: got a node joined to itself"):
        MaxCut.from_graph(nx.Graph([(0, 1), (1, 1)]))
    for weight in (float("nan"), float("inf"), "2", 1j, [1]):
        with pytest.raises(InputError, match="weight of edge 'a'-'b'"):
            MaxCut.from_graph(nx.Graph([("a", "b", {"weight": weight})]))


def test_edges_from_python() -> None:
    triangle = [(0, 1), (1, 2), (2, 0)]
    for edges in (
        triangle,
        tuple(triangle),
        iter(triangle),
        np.array(triangle),
        [[0, 1], [1, 2], [2, 0]],
        [(np.int64(u), np.int32(v)) for u, v in triangle],
        [np.array(edge) for edge in triangle],
        np.array([(u, v, 1.0) for u, v in triangle]),
        nx.Graph(triangle).edges,
        nx.Graph(triangle).edges(data=True),
        nx.complete_graph(3).edges(data="weight"),
        rx.generators.complete_graph(3).edge_list(),
    ):
        problem = MaxCut.from_edge_list(edges)
        assert problem.nodes == (0, 1, 2)
        assert problem.best_cut().value == 2.0
    problem = MaxCut.from_edge_list([("b", "a", 2.5), ("a", (1, 2), np.float32(0.5))])
    assert problem.nodes == ("b", "a", (1, 2))
    assert problem.weights.tolist() == [2.5, 0.5]


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        (None, "got None, expected the path of a file, or edges"),
        (3, "got 3, expected the path"),
        ([(float("inf"), 1)], "got inf, expected the path"),
        ([], "no edges"),
        ([0, 1], "got 0, expected the path of a file, or edges"),
        (["ab", "cd"], "got 'ab'"),
        ([(0,)], "edges"),
        ([(0, 1, 2, 3)], "edges"),
        ([(0, [1])], r"got \[1\]"),
        ([(0, float("nan"))], "got nan"),
        ([(0, 0)], "edge 0: got node 0 joined to itself"),
        ([(0, 1), (1, 0)], "on edge 0 already"),
        ([(0, 1, "heavy")], "got 'heavy', expected a finite number"),
        ([(0, 1, 10**400)], "expected a finite number"),
        ([(0, 1, 1j)], "expected a finite number"),
        ([(0, 1, 1e308), (1, 2, 1e308)], "sum overflows"),
        ({0: [1]}, "edges"),
    ],
)
def test_bad_edges_from_python(edges: object, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        MaxCut.from_edge_list(edges)


def test_bad_cuts() -> None:
    problem = MaxCut.from_graph(nx.cycle_graph(4))
    for sides in (
        "010",
        "01012",
        "01x1",
        [0, 1, 2, 0],
        [0.5, 0, 0, 1],
        [[0, 1], [1, 0]],
        [[0], [1, 0]],
        None,
    ):
        with pytest.raises(InputError, match="4 of 0 and 1"):
            problem.cut_value(sides)
    with pytest.raises(InputError, match="no outcomes"):
        problem.interpret({})
    with pytest.raises(InputError, match="4 of 0 and 1"):
        problem.interpret({31: 1})
    with pytest.raises(InputError, match="at most 22"):
        MaxCut.from_graph(nx.cycle_graph(23)).best_cut()


@pytest.mark.parametrize(
    "counts", [None, ["0101"], {(0, 1): 1}, {1.0: 1}, {-1: 1}, {"0101": "many"}, {"0x1": 1}, {}]
)
def test_bad_counts(counts: object) -> None:
    with pytest.raises(InputError):
        MaxCut.from_graph(nx.cycle_graph(4)).interpret(counts)

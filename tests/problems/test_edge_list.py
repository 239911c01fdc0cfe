"""Graph files: read as written, whatever their format, or refused with the line and the cure."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid.core.errors import InputError
from hybrid.problems import MaxCut
from hybrid.problems.edges import read_graph

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.:-]{0,8}", fullmatch=True)
numbers = st.integers(0, 10**9)
weights = st.floats(-1e6, 1e6)


def edge_lists(nodes: st.SearchStrategy[int] | st.SearchStrategy[str]) -> st.SearchStrategy:
    pairs = st.tuples(nodes, nodes).filter(lambda pair: pair[0] != pair[1])
    return st.lists(st.tuples(pairs, weights), min_size=1, unique_by=lambda e: frozenset(e[0]))


@settings(max_examples=100, deadline=None)
@given(edges=st.one_of(edge_lists(names), edge_lists(numbers)))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, edges: list) -> None:
    path = tmp_path_factory.getbasetemp() / "round_trip.edges"
    lines = [f"  {u}\t{v} {weight!r} # an edge" for (u, v), weight in edges]
    path.write_text("# graph\n\n" + "\n".join(lines))
    assert read_graph(path).edges == [(u, v, weight) for (u, v), weight in edges]


@settings(max_examples=200, deadline=None)
@given(text=st.text('0123abcep% ,;"/.-e#\n\t\x00é\u200b\ufeff', max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.edges"
    path.write_text(text, encoding="utf-8")
    edges, refusal = [], ""
    try:
        edges = read_graph(path).edges
    except InputError as error:  # no other exception may come out
        refusal = str(error)
    assert edges or str(path) in refusal
    assert refusal.isprintable()
    assert all(u != v for u, v, _ in edges)


PENTAGON = [(1, 2), (2, 3), (3, 4), (4, 5), (5, 1), (1, 3)]
"""With a chord: 5 nodes, and at most 5 of its 6 edges are cut."""

LINES = "\n".join(f"{u} {v}" for u, v in PENTAGON) + "\n"
WEIGHTED = "\n".join(f"{u} {v} 1" for u, v in PENTAGON) + "\n"
COMMA = LINES.replace(" ", ",")
LOWER = "\n".join(f"{max(edge)} {min(edge)}" for edge in PENTAGON) + "\n"
BOTH = "\n".join(f"{u} {v} 1\n{v} {u} 1" for u, v in PENTAGON) + "\n"

DIALECTS = {
    "plain": LINES,
    "rudy": "5 6\n" + WEIGHTED,
    "rudy without weights": "5 6\n" + LINES,
    "rudy from zero": "5 6\n" + "\n".join(f"{u - 1} {v - 1} 1" for u, v in PENTAGON),
    "titles": "source target\n" + LINES,
    "titles with weight": "Source\tTarget\tWeight\n" + WEIGHTED.replace(" ", "\t"),
    "titles in quotes": '"from","to"\n' + COMMA,
    "percent": "% a graph\n%another\n" + LINES,
    "slashes": "// a graph of five\n" + LINES,
    "hash": "#nodes edges\n" + LINES.replace("\n", " # an edge\n"),
    "byte order mark": "\ufeff" + LINES,
    "byte order mark and titles": "\ufeffsource,target\n" + COMMA,
    "Windows": LINES.replace("\n", "\r\n"),
    "old Macintosh": LINES.replace("\n", "\r"),
    "commas": COMMA,
    "commas and blanks": LINES.replace(" ", ", "),
    "semicolons": LINES.replace(" ", ";"),
    "quotes": "\n".join(f'"{u}" "{v}"' for u, v in PENTAGON),
    "DIMACS": "c a comment of words\nc\np edge 5 6\n"
    + "".join(f"e {u} {v}\n" for u, v in PENTAGON),
    "DIMACS, both ways": "p col 5 12\n" + "".join(f"e {u} {v}\ne {v} {u}\n" for u, v in PENTAGON),
    "MatrixMarket": "%%MatrixMarket matrix coordinate pattern symmetric\n% x\n5 5 6\n" + LOWER,
    "MatrixMarket, general": "%%MatrixMarket matrix coordinate real general\n5 5 12\n" + BOTH,
    "MatrixMarket, a triangle": "%%MatrixMarket matrix coordinate integer general\n5 5 6\n"
    + LOWER.replace("\n", " 1\n"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_graph_is_the_same_in_every_format(tmp_path: Path, dialect: str) -> None:
    path = tmp_path / "pentagon.txt"
    path.write_bytes(DIALECTS[dialect].encode())
    problem = MaxCut.from_edge_list(path)
    assert (problem.num_qubits, problem.num_edges, problem.best_cut().value) == (5, 6, 5.0)
    plain = MaxCut.from_graph(nx.Graph([(u, v) for u, v in PENTAGON]))
    assert problem.cost().equiv(plain.cost())


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffA B\nB C\nC A\n",
        "A, B\nB, C\nC, A\n",
        '"A" "B"\n"B" "C"\nC A\n',
        "A;B\nB;C\nC;A\n",
        "source target\nA B\nB C\nC A\n",
        "source,target,weight\nA,B,1\nB,C,1\nC,A,1\n",
        "e\u0301 B\nB C\nC \u00e9\n",
    ],
)
def test_a_triangle_of_names_has_three_nodes(tmp_path: Path, text: str) -> None:
    path = tmp_path / "triangle.txt"
    path.write_text(text, encoding="utf-8")
    problem = MaxCut.from_edge_list(path)
    assert (problem.num_qubits, problem.best_cut().value) == (3, 2.0)


def test_a_toroidal_grid_of_rudy_has_512_nodes(tmp_path: Path) -> None:
    """As torusg3-8: 512 nodes and 1536 edges with weights of both signs."""
    grid = nx.grid_graph([8, 8, 8], periodic=True)
    index = {node: k for k, node in enumerate(grid, 1)}
    draw = np.random.default_rng(1)
    lines = [f"{index[u]} {index[v]} {draw.integers(-(10**5), 10**5)}" for u, v in grid.edges]
    path = tmp_path / "torus"
    path.write_text("512 1536\n" + "\n".join(lines) + "\n")
    problem = MaxCut.from_edge_list(path)
    assert (problem.num_qubits, problem.num_edges) == (512, 1536)


def test_an_edge_list_may_begin_with_any_edge(tmp_path: Path) -> None:
    path = tmp_path / "graph.txt"
    for text, edges in [
        ("4 3\n3 2\n2 1\n", 3),
        ("1 2\n2 3\n", 2),
        ("0 1\n1 2\n0 2\n", 3),
        (f"{10**17} {10**17 + 1}\n1 2\n0 2\n", 3),
        ("7 9\n9 8\n8 7\n", 3),
        ("3 2 1\n2 1 1\n3 1 1\n", 3),
    ]:
        path.write_text(text)
        assert MaxCut.from_edge_list(path).num_edges == edges


def test_declared_nodes_count_even_without_edges(tmp_path: Path) -> None:
    path = tmp_path / "graph.txt"
    path.write_text("4 2\n1 2 1\n2 3 1\n")
    assert MaxCut.from_edge_list(path).nodes == (1, 2, 3, 4)
    path.write_text("p edge 4 2\ne 1 2\ne 2 3\n")
    assert MaxCut.from_edge_list(path).nodes == (1, 2, 3, 4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty file"),
        ("# nothing\n", "no edges"),
        ("0 1\n2\n", "line 2: got 1 column, expected two nodes"),
        ("0 1\n\n1 2 0.5 7\n", "line 3: got 4 columns"),
        ("0 1 heavy\n", "line 1: got the weight 'heavy'"),
        ("a b nan\nb c 1\n", "line 1: got the weight 'nan'"),
        ("0 1 1_0\n", "the weight '1_0'"),
        ("0 1 inf\n", "finite number"),
        ("0 1 1e999\n", "finite number"),
        ("0 1 {}\n0 2 3 4\n", "write_weighted_edgelist"),
        ("0 1\n3 3\n", "line 2: got node 3 joined to itself"),
        ("0 1\n1 2\n1 0\n", "it is on line 1 already"),
        ("0 1\n1 Z\n", "line 2: got 1 Z, expected nodes that are all whole numbers"),
        ("1 2\na b\n", "line 2: got a b"),
        ("c a graph of mine\n0 1\n1 2\n", "start comments with #"),
        ("0 1\nc two\n1 2\n", "start comments with #"),
        ("0 -1\n", "line 1: got the node '-1'"),
        ("0.5 1\n", "got the node '0.5'"),
        ("A\u200b B\nB C\n", "invisible character U+200B"),
        ("A\u00a0x B\nB C\n", "invisible character U+00A0"),
        ("A B\nB \ufeffA\n", "invisible character U+FEFF"),
        ("A\ufe0f B\n", "invisible character U+FE0F"),
        ('"New York",Boston\n', "' ' in the node"),
        ("A|B C\n", "'|' in the node"),
        ("(0,1)\n", "got the node '(0'"),
        ("A -- B;\n", "got"),
        ('"A B\n', "close the quote"),
        ("5 7\n" + WEIGHTED, "5 7, and 6 lines 'u v weight' after it"),
        ("3 2\n2 1\n3 1\n", "in one way only"),
        ("5 7\n" + LINES, "got 5 7, numbers of nodes and edges, or an edge (6 lines follow)"),
        ("5 5\n2 5\n1 3\n2 4\n3 5\n4 1\n", "METIS"),
        ("4 6 1\n2 3 4\n1 3 4\n1 2 4\n1 2 3\n", "METIS"),
        ("p edge 5 7\ne 1 2\n", "expected 7, as line 1 says"),
        ("p edge 5 1\ne 1 6\n", "nodes from 1 to 5"),
        ("p edge 5 1\n1 2\n", "line 2: got '1 2'"),
        ("c x\np sp 5 1\na 1 2 3\n", "the problem 'sp'"),
        ("p edge 999999999999 1\ne 1 6\n", "at most 100000"),
        ("p edge 3 2\ne 1 2 1\ne 2 1 3\n", "with weight 3, not 1"),
        ("%%MatrixMarket matrix array real general\n1 1\n0\n", "matrix coordinate"),
        ("%%MatrixMarket matrix coordinate complex general\n1 1 0\n", "coordinate"),
        ("%%MatrixMarket matrix coordinate real general\n2 3 1\n1 2 1\n", "a square matrix"),
        ("%%MatrixMarket matrix coordinate real general\n3 3 2\n1 2 1\n", "got 1 entries"),
        ("%%MatrixMarket matrix coordinate real general\n3 3 2\n1 2 1\n3 1 1\n", "directed"),
        ("%%MatrixMarket matrix coordinate real symmetric\n3 3 1\n2 2 1\n", "joined to itself"),
        ("%%MatrixMarket matrix coordinate real symmetric\n3 3 1\n2 9 1\n", "damaged"),
        ("%%MatrixMarket matrix coordinate real general\n3 3 2\n1 2 1\n1 2 1\n", "twice"),
        ("%%MatrixMarket matrix coordinate real general\n3 3 1\n1 2 nan\n", "finite"),
    ],
)
def test_refusals(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "graph.edges"
    path.write_bytes(text.encode())
    with pytest.raises(InputError) as caught:
        MaxCut.from_edge_list(path)
    assert expected in str(caught.value)


def test_missing_file_and_other_encodings(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_graph(tmp_path / "nowhere.edges")
    with pytest.raises(InputError, match="no such file"):
        read_graph("a\0b")
    path = tmp_path / "wide.edges"
    path.write_text("A B\n", encoding="utf-16")
    with pytest.raises(InputError, match="UTF-16"):
        read_graph(path)

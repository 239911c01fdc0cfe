"""Edge-list files: read as written, or refused with the line and the cure."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid.core.errors import InputError
from hybrid.problems.edges import read_edges

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
    assert read_edges(path) == [(u, v, weight) for (u, v), weight in edges]


@settings(max_examples=200, deadline=None)
@given(text=st.text("0123ab .-e#\n\t\x00é", max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.edges"
    path.write_text(text, encoding="utf-8")
    edges, refusal = [], ""
    try:
        edges = read_edges(path)
    except InputError as error:  # no other exception may come out
        refusal = str(error)
    assert edges or str(path) in refusal
    assert all(u != v for u, v, _ in edges)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty file"),
        ("# nothing\n", "no edges"),
        ("0 1\n2\n", "line 2: got 1 column, expected two nodes"),
        ("0 1\n\n1 2 0.5 7\n", "line 3: got 4 columns"),
        ("0 1 heavy\n", "line 1: got the weight 'heavy'"),
        ("0 1 nan\n", "line 1: got the weight 'nan'"),
        ("0 1 inf\n", "finite number"),
        ("0 1\n3 3\n", "line 2: got node 3 joined to itself"),
        ("0 1\n1 2\n1 0\n", "it is on line 1 already"),
        ("0 1\n1 Z\n", "line 2: got 1 Z, expected nodes that are all whole numbers"),
        ("a b\n1 2\n", "line 2: got 1 2"),
        ("0 -1\n", "line 1: got 0 -1"),
    ],
)
def test_refusals(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "graph.edges"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_edges(path)
    assert expected in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_edges(tmp_path / "nowhere.edges")

"""Graph files that NetworkX writes are read back as the graph that it wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from hybrid.core.errors import InputError
from hybrid.problems import MaxCut
from hybrid.problems.edges import read_graph


def weighted() -> nx.Graph:
    graph = nx.Graph()
    graph.add_edge(0, 1, weight=1.5)
    graph.add_edge(1, 2)
    graph.add_edge(2, 0, weight=-0.5)
    graph.add_edge(10, 2, weight=3)
    return graph


def _json(graph: nx.Graph, path: Path, **settings: Any) -> None:
    path.write_text(json.dumps(nx.node_link_data(graph, **settings)))


WRITERS: dict[str, Callable[[nx.Graph, Path], None]] = {
    "edge list": nx.write_edgelist,
    "GML": nx.write_gml,
    "GraphML": nx.write_graphml,
    "GEXF": nx.write_gexf,
    "JSON": lambda graph, path: _json(graph, path, edges="edges"),
    "JSON of older versions": lambda graph, path: _json(graph, path, edges="links"),
    "Pajek": nx.write_pajek,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_weights_and_isolated_nodes(kind: str, tmp_path: Path) -> None:
    graph = weighted()
    if kind != "edge list":
        graph.add_node(7)
    path = tmp_path / "graph"
    WRITERS[kind](graph, path)
    found, right = MaxCut.from_edge_list(path), MaxCut.from_graph(graph)
    assert found.nodes == tuple(sorted(graph.nodes))
    assert found.best_cut().value == pytest.approx(right.best_cut().value)
    edges = {frozenset((u, v)): weight for u, v, weight in read_graph(path).edges}
    assert edges == {frozenset((u, v)): d.get("weight", 1) for u, v, d in graph.edges(data=True)}


@pytest.mark.parametrize("kind", [kind for kind in WRITERS if kind != "Pajek"])
def test_names(kind: str, tmp_path: Path) -> None:
    graph = nx.relabel_nodes(weighted(), {0: "a", 1: "b", 2: "c", 10: "d"})
    path = tmp_path / "graph"
    WRITERS[kind](graph, path)
    assert set(MaxCut.from_edge_list(path).nodes) == {"a", "b", "c", "d"}


@pytest.mark.parametrize("write", [nx.write_graph6, nx.write_sparse6])
def test_compact_formats(write: Callable[..., None], tmp_path: Path) -> None:
    graph = nx.random_regular_graph(3, 8, seed=2)
    graph = nx.convert_node_labels_to_integers(graph, ordering="sorted")
    write(graph, tmp_path / "graph")
    found = read_graph(tmp_path / "graph")
    assert found.nodes == list(range(8))
    assert {frozenset(e[:2]) for e in found.edges} == {frozenset(e) for e in graph.edges}


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_graph(path)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_graphs_that_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "graph"
    nx.write_gml(nx.DiGraph([(0, 1)]), path)
    assert "got a directed graph" in refusal(path)
    nx.write_graphml(nx.Graph([(0, 0), (0, 1)]), path)
    assert "node 0 joined to itself" in refusal(path)
    nx.write_graphml(nx.MultiGraph([(0, 1), (0, 1)]), path)
    assert "the edge 0 1 again" in refusal(path)
    nx.write_edgelist(nx.Graph([(0, 1, {"weight": "heavy"})]), path)
    assert "got the weight 'heavy', expected a finite number" in refusal(path)
    nx.write_gml(nx.empty_graph(3), path)
    assert "got no edges" in refusal(path)


DAMAGED = [
    "0 1 {'weight': 1.5\n0 2 {}}",
    "0 1 {'weight': __import__('os').system('true')}",
    "{",
    '{"nodes": 3}',
    "graph [\n node [",
    "<graphml>",
    "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><graphml>&b;</graphml>",
    "*vertices x",
    ">>graph6<<\x7f",
    ">>sparse6<<",
]


@pytest.mark.parametrize("text", DAMAGED)
def test_damaged_files(text: str, tmp_path: Path) -> None:
    path = tmp_path / "graph"
    path.write_text(text)
    assert refusal(path)

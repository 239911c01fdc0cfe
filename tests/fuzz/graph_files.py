"""Random files of graphs in every format, and a plain reader of edge lists."""

from __future__ import annotations

import io
import random
from pathlib import Path

import networkx as nx
from scipy.io import mmwrite
from scipy.sparse import coo_array

from hybrid.problems import MaxCut
from tests.fuzz.written import Written, encoded


def graph(draw: random.Random) -> Written:
    """A random graph in a random format."""
    form = draw.choice([_edge_list, _edge_list, _rudy, _dimacs, _matrix_market, _networkx])
    size = draw.randint(2, 9)
    pairs = [(u, v) for u in range(size) for v in range(u)]
    chosen = draw.sample(pairs, draw.randint(1, min(len(pairs), 14)))
    weighted = draw.random() < 0.5
    edges = [
        (*draw.sample(pair, 2), round(draw.uniform(-3, 3), 3) if weighted else 1.0)
        for pair in chosen
    ]
    text, names, declared = form(draw, size, edges, weighted)
    used = {end for u, v, _ in edges for end in (u, v)}
    kept = range(size) if declared else sorted(used)
    return Written(
        encoded(draw, text),
        (
            sorted(map(repr, (names[k] for k in kept))),
            sorted((*sorted(map(repr, (names[u], names[v]))), w) for u, v, w in edges),
        ),
    )


_Edges = list[tuple[int, int, float]]


_Form = tuple[str, list[int | str], bool]
"""A text, the name of each node, and whether the text declares how many there are."""


def _edge_list(draw: random.Random, size: int, edges: _Edges, weighted: bool) -> _Form:
    whole = draw.random() < 0.5
    names: list[int | str] = (
        draw.sample(range(1000, 2000), size) if whole else [f"n{k}é_{k * 7}" for k in range(size)]
    )
    between = draw.choice([" ", "   ", "\t", ",", ", ", ";", " ; "])
    quote = draw.choice(["", "", '"'])
    lines = [
        between.join(
            [f"{quote}{names[u]}{quote}", f"{quote}{names[v]}{quote}", *([str(w)] * weighted)]
        )
        for u, v, w in edges
    ]
    for _ in range(draw.choice([0, 0, 3])):
        comment = draw.choice(["# a b c", "% a b", "// a", "#", "", "  "])
        lines.insert(draw.randrange(len(lines) + 1), comment)
    if draw.random() < 0.3:
        titles = ["source", "target", *(["weight"] * weighted)]
        lines.insert(0, between.join(titles))
    return "\n".join(lines) + draw.choice(["", "\n"]), names, False


def _rudy(draw: random.Random, size: int, edges: _Edges, weighted: bool) -> _Form:
    names: list[int | str] = list(range(1, size + 1))
    lines = [f"{size} {len(edges)}", *(f"{u + 1} {v + 1} {w}" for u, v, w in edges)]
    return "\n".join(lines) + "\n", names, True


def _dimacs(draw: random.Random, size: int, edges: _Edges, weighted: bool) -> _Form:
    names: list[int | str] = list(range(1, size + 1))
    lines = ["c a comment", f"p {draw.choice(['edge', 'col'])} {size} {len(edges)}"]
    lines += [f"e {u + 1} {v + 1}" + (f" {w}" if weighted else "") for u, v, w in edges]
    lines.insert(draw.randrange(len(lines)), "c 1 2")
    return "\n".join(lines) + "\n", names, True


def _matrix_market(draw: random.Random, size: int, edges: _Edges, weighted: bool) -> _Form:
    names: list[int | str] = list(range(1, size + 1))
    triples = [(max(u, v), min(u, v), w) for u, v, w in edges]
    general = draw.random() < 0.3
    both = triples + [(v, u, w) for u, v, w in triples] if general else triples
    rows, columns, weights = zip(*both, strict=True)
    matrix = coo_array((weights, (rows, columns)), shape=(size, size))
    stream = io.BytesIO()
    if general:
        mmwrite(stream, matrix, comment="a graph", symmetry="general")
    else:
        mmwrite(stream, matrix + matrix.T, precision=17)
    return stream.getvalue().decode(), names, True


def _networkx(draw: random.Random, size: int, edges: _Edges, weighted: bool) -> _Form:
    names: list[int | str] = draw.sample(range(100, 200), size)
    made = nx.Graph()
    made.add_weighted_edges_from((names[u], names[v], w) for u, v, w in edges)
    stream = io.BytesIO()
    if weighted:
        nx.write_weighted_edgelist(made, stream)
    else:
        nx.write_edgelist(made, stream, data=False)
    return stream.getvalue().decode(), names, False


def read_graph(path: Path) -> object:
    """Read a graph file with the reader under test."""
    return _contents(MaxCut.from_edge_list(path))


def _contents(problem: MaxCut) -> object:
    return (
        sorted(map(repr, problem.nodes)),
        sorted(
            (*sorted(repr(problem.nodes[end]) for end in pair), weight)
            for pair, weight in zip(problem.edges.tolist(), problem.weights.tolist(), strict=True)
        ),
    )


def plain_edges(text: str) -> object:
    """Read an edge list of names with NetworkX."""
    lines = [line.partition("#")[0] for line in text.split("\n")]
    lines = [line for line in lines if line.strip()]
    assert all(len(line.split()) in (2, 3) for line in lines)
    padded = [line if len(line.split()) == 3 else f"{line} 1" for line in lines]
    made = nx.parse_edgelist(padded, nodetype=str, data=(("weight", float),))
    return (
        sorted(map(repr, made.nodes)),
        sorted((*sorted((repr(u), repr(v))), w) for u, v, w in made.edges(data="weight")),
    )


def names_only(draw: random.Random) -> Written:
    """An edge list of names, in the form that NetworkX reads too."""
    edges = {tuple(sorted(draw.sample("abcdefgh", 2))) for _ in range(draw.randint(1, 8))}
    lines = [" ".join([*edge, *draw.choice([[], [str(draw.randint(-5, 5))]])]) for edge in edges]
    return Written("\n".join(lines) + "\n", None)

"""QAOA for MaxCut on a random 3-regular graph: the expected cut and its gradient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import networkx
import numpy as np

from bench.workload import Gate, String, Workload

Edge = tuple[int, int]


def maxcut_qaoa(num_qubits: int, depth: int) -> Workload:
    """Return depth p of exp(-i gamma C), exp(-i beta sum X); weights are gammas, then betas.

    C is the sum over edges of (1 - ZZ)/2; its constant only turns the global phase.
    """
    graph = networkx.random_regular_graph(3, num_qubits, seed=1)
    edges = [(int(a), int(b)) for a, b in graph.edges]
    weights = np.random.default_rng(0).uniform(0, 1, 2 * depth)
    return Workload(
        name=f"QAOA n={num_qubits}, p={depth}",
        num_qubits=num_qubits,
        gates=tuple(_gates(num_qubits, depth, edges)),
        observable=(*_cut(edges), String(len(edges) / 2, "", ())),
        weights=tuple(weights.tolist()),
    )


def _cut(edges: Sequence[Edge]) -> tuple[String, ...]:
    return tuple(String(-0.5, "ZZ", edge) for edge in edges)


def _gates(num_qubits: int, depth: int, edges: Sequence[Edge]) -> Iterator[Gate]:
    everywhere = tuple(range(num_qubits))
    for qubit in everywhere:
        yield Gate("h", (qubit,))
    for layer in range(depth):
        yield Gate("evolution", everywhere, weight=layer, strings=_cut(edges))
        for qubit in everywhere:
            yield Gate("rx", (qubit,), weight=depth + layer, scale=2.0)

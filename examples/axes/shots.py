"""Axis shots: the conditional value at risk of a cut, from shots that are split over the ranks.

The cost is minus the mean of the largest tenth of the measured cuts. It needs all shots together,
so the workload overrides ``combine``.

python examples/axes/shots.py
mpiexec -n 2 python -m hybrid examples/axes/shots.py
"""

import networkx as nx
import numpy as np
from qiskit.circuit.library import real_amplitudes

import hybrid

SHOTS, SHARE = 4096, 0.1
graph = nx.random_regular_graph(3, 8, seed=7)
ansatz = real_amplitudes(8, reps=2)


class ValueAtRisk(hybrid.Workload):
    """Minus the mean cut of the best tenth of the shots."""

    num_parameters = ansatz.num_parameters
    axis, sizes, grain = "shots", {"shots": SHOTS}, 512

    def run(self, piece, simulator):
        counts = simulator.sample(ansatz, piece.point, len(piece.piece))[0]
        cuts = [
            sum(bits[-1 - a] != bits[-1 - b] for a, b in graph.edges)
            for bits, times in sorted(counts.items())
            for _ in range(times)
        ]
        return -np.array(cuts, dtype=float)

    def combine(self, partials):
        kept = round(SHARE * SHOTS)
        return [
            np.sort(np.concatenate(partials.of_point(point)))[:kept].mean()
            for point in range(len(partials.ask.points))
        ]


print(hybrid.minimize(ValueAtRisk(), "COBYLA", seed=7, max_iterations=150))

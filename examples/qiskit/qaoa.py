"""The QAOA of qiskit-algorithms on hybrid: one class changed.

Run it with ``python``, or ``mpiexec -n 2 python``.
"""

from qiskit_algorithms import QAOA
from qiskit_algorithms.optimizers import COBYLA

import hybrid
from hybrid.problems import MaxCut

graph = MaxCut.from_edge_list("examples/data/maxcut_12.edges")
qaoa = QAOA(
    hybrid.Sampler(seed=7),  # instead of StatevectorSampler(seed=7)
    COBYLA(maxiter=60),
    reps=2,
    initial_point=[0.4, 0.7, 0.7, 0.4],
)
result = qaoa.compute_minimum_eigenvalue(graph.cost())
print(f"best cut {graph.cut_value(result.best_measurement['bitstring']):g}")

"""MaxCut of a 3-regular graph by QAOA, then the best of a thousand sampled cuts.

python examples/qaoa.py
mpiexec -n 2 python -m hybrid examples/qaoa.py
"""

from pathlib import Path

import hybrid
from hybrid.problems import MaxCut

graph = MaxCut.from_edge_list(Path(__file__).parent / "data" / "maxcut_12.edges")
problem = hybrid.QAOA(graph.cost(), depth=4, start="interp")  # depths 1 to 4, one after the other
result = hybrid.minimize(problem, optimizer="L-BFGS-B", seed=7)
print(result)

counts = hybrid.sample(problem.circuit, result.x, shots=1000, seed=7)
cut = graph.interpret(counts)
print(graph.chart(counts))
print(f"expected cut {-result.value:.3f}; best sampled cut {cut.value:g}: {cut.bitstring}")
print(f"largest cut: {graph.best_cut().value:g} of {graph.num_edges} edges")

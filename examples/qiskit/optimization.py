"""A solver of qiskit-optimization on hybrid: one class changed; needs qiskit-optimization.

Run it with ``python``, or ``mpiexec -n 2 python``.
"""

from qiskit_optimization import QuadraticProgram
from qiskit_optimization.algorithms import MinimumEigenOptimizer
from qiskit_optimization.minimum_eigensolvers import QAOA
from qiskit_optimization.optimizers import COBYLA

import hybrid

knapsack = QuadraticProgram("knapsack")
values, weights = [5, 4, 3, 2], [4, 3, 2, 1]
names = [knapsack.binary_var(f"item{number}").name for number in range(4)]
knapsack.maximize(linear=dict(zip(names, values, strict=True)))
knapsack.linear_constraint(dict(zip(names, weights, strict=True)), "<=", 6, "weight")
qaoa = QAOA(
    sampler=hybrid.Sampler(seed=7),  # instead of StatevectorSampler(seed=7)
    optimizer=COBYLA(maxiter=30),
    reps=1,
    initial_point=[0.4, 0.4],
)
result = MinimumEigenOptimizer(qaoa).solve(knapsack)
print(f"value {result.fval:g} with", ", ".join(n for n, x in result.variables_dict.items() if x))

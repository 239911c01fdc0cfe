"""VarQITE of qiskit-algorithms on hybrid, with its metric and gradients: three classes changed.

Run it with ``python``, or ``mpiexec -n 2 python``.
"""

from qiskit.circuit.library import efficient_su2
from qiskit.quantum_info import SparsePauliOp
from qiskit_algorithms import TimeEvolutionProblem, VarQITE
from qiskit_algorithms.time_evolvers.variational import ImaginaryMcLachlanPrinciple

import hybrid

hamiltonian = SparsePauliOp(["ZZ", "XI", "IX"], [-1.0, 0.5, 0.5])
ansatz = efficient_su2(2, reps=1)
principle = ImaginaryMcLachlanPrinciple(
    hybrid.QGT(),  # instead of LinCombQGT(estimator)
    hybrid.EstimatorGradient(),  # instead of LinCombEstimatorGradient(estimator)
)
evolution = VarQITE(
    ansatz,
    [0.3] * ansatz.num_parameters,
    principle,
    hybrid.Estimator(),  # instead of StatevectorEstimator()
    num_timesteps=30,
)
problem = TimeEvolutionProblem(hamiltonian, time=3.0, aux_operators=[hamiltonian])
energies = [values[0][0] for values in evolution.evolve(problem).observables]
print(f"energy {energies[0]:.4f} at the start, {energies[-1]:.4f} at the end")

"""p-VQD of qiskit-algorithms on hybrid: two classes changed.

Run it with ``python``, or ``mpiexec -n 2 python``.
"""

import numpy as np
from qiskit.circuit.library import efficient_su2
from qiskit.quantum_info import SparsePauliOp
from qiskit_algorithms import PVQD, TimeEvolutionProblem
from qiskit_algorithms.optimizers import L_BFGS_B
from qiskit_algorithms.state_fidelities import ComputeUncompute

import hybrid

hamiltonian = SparsePauliOp(["ZZ", "IX", "XI"], [0.1, 1.0, 1.0])
magnetization = SparsePauliOp(["IZ", "ZI"])
ansatz = efficient_su2(2, reps=1)
pvqd = PVQD(
    ComputeUncompute(hybrid.Sampler(seed=7, default_shots=4096)),  # StatevectorSampler(seed=7)
    ansatz,
    np.zeros(ansatz.num_parameters),
    hybrid.Estimator(),  # instead of StatevectorEstimator()
    optimizer=L_BFGS_B(maxiter=10),
    num_timesteps=2,
)
problem = TimeEvolutionProblem(hamiltonian, time=0.2, aux_operators=[magnetization])
result = pvqd.evolve(problem)
print("magnetization", ", ".join(f"{values[0]:.3f}" for values in result.observables))

"""VQD of qiskit-algorithms on hybrid: two classes changed.

Run it with ``python``, or ``mpiexec -n 2 python``.
"""

from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
from qiskit_algorithms import VQD
from qiskit_algorithms.optimizers import COBYLA
from qiskit_algorithms.state_fidelities import ComputeUncompute

import hybrid

hamiltonian = SparsePauliOp(["ZZ", "XI", "IX"], [-1.0, 0.5, 0.5])
ansatz = real_amplitudes(2, reps=2)
vqd = VQD(
    hybrid.Estimator(),  # instead of StatevectorEstimator()
    ComputeUncompute(hybrid.Sampler(seed=7)),  # instead of StatevectorSampler(seed=7)
    ansatz,
    COBYLA(maxiter=150),
    k=2,
    betas=[4.0, 4.0],
    initial_point=[0.3] * ansatz.num_parameters,
)
result = vqd.compute_eigenvalues(hamiltonian)
print("energies", ", ".join(f"{value.real:.4f}" for value in result.eigenvalues))

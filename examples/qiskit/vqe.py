"""The VQE of qiskit-algorithms on hybrid: two classes changed.

Run it with ``python``, or ``mpiexec -n 2 python``.
"""

from qiskit_algorithms import VQE
from qiskit_algorithms.optimizers import L_BFGS_B

import hybrid
from hybrid.problems import Molecule

lih = Molecule.from_fcidump("examples/data/lih.fcidump")
ansatz = lih.uccsd()
vqe = VQE(
    hybrid.Estimator(),  # instead of StatevectorEstimator()
    ansatz,
    L_BFGS_B(maxiter=50),
    gradient=hybrid.EstimatorGradient(),  # instead of ParamShiftEstimatorGradient(estimator)
    initial_point=[0.0] * ansatz.num_parameters,
)
result = vqe.compute_minimum_eigenvalue(lih.hamiltonian())
print(f"energy {result.eigenvalue.real:.8f} after {result.cost_function_evals} evaluations")

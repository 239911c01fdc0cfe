"""AdaptVQE of qiskit-algorithms on hybrid: two classes changed.

Run it with ``python``, or ``mpiexec -n 2 python``.
"""

from qiskit_algorithms import VQE, AdaptVQE
from qiskit_algorithms.optimizers import L_BFGS_B
from qiskit_nature.second_q.circuit.library import UCCSD, HartreeFock
from qiskit_nature.second_q.mappers import JordanWignerMapper

import hybrid
from hybrid.problems import Molecule

hydrogen = Molecule.from_fcidump("examples/data/h2.fcidump")
mapper = JordanWignerMapper()
ansatz = UCCSD(2, (1, 1), mapper, initial_state=HartreeFock(2, (1, 1), mapper))
solver = VQE(
    hybrid.Estimator(),  # instead of StatevectorEstimator()
    ansatz,
    L_BFGS_B(),
    gradient=hybrid.EstimatorGradient(),  # instead of ParamShiftEstimatorGradient(estimator)
)
result = AdaptVQE(solver).compute_minimum_eigenvalue(hydrogen.hamiltonian())
print(f"energy {result.eigenvalue.real:.8f} with {result.num_iterations} excitations")

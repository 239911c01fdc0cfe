"""A ground-state solver of qiskit-nature on hybrid: two classes changed.

Run it with ``python``, or ``mpiexec -n 2 python``.
"""

from qiskit_algorithms import VQE
from qiskit_algorithms.optimizers import L_BFGS_B
from qiskit_nature.second_q.algorithms import GroundStateEigensolver
from qiskit_nature.second_q.circuit.library import UCCSD, HartreeFock
from qiskit_nature.second_q.formats.fcidump import FCIDump
from qiskit_nature.second_q.formats.fcidump_translator import fcidump_to_problem
from qiskit_nature.second_q.mappers import ParityMapper

import hybrid

problem = fcidump_to_problem(FCIDump.from_file("examples/data/h2.fcidump"))
mapper = ParityMapper(problem.num_particles)
size = (problem.num_spatial_orbitals, problem.num_particles, mapper)
ansatz = UCCSD(*size, initial_state=HartreeFock(*size))
vqe = VQE(
    hybrid.Estimator(),  # instead of StatevectorEstimator()
    ansatz,
    L_BFGS_B(),
    gradient=hybrid.EstimatorGradient(),  # instead of ParamShiftEstimatorGradient(estimator)
    initial_point=[0.0] * ansatz.num_parameters,
)
result = GroundStateEigensolver(mapper, vqe).solve(problem)
print(f"total energy {result.total_energies[0]:.8f} hartree")

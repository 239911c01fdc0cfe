"""A VQE on a noisy device, simulated by Aer with shots; gradients by parameter shift.

The circuits of each gradient (four for each parameter) are split over the ranks.

python examples/noisy_vqe.py
mpiexec -n 2 python -m hybrid examples/noisy_vqe.py
"""

from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, depolarizing_error

import hybrid
from hybrid.optimizers import Adam
from hybrid.simulators import Aer

noise = NoiseModel()
noise.add_all_qubit_quantum_error(depolarizing_error(0.001, 1), ["rz", "sx", "x"])
noise.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["cx"])

ansatz = real_amplitudes(4, reps=2)
chain = SparsePauliOp.from_sparse_list(
    [("ZZ", [q, q + 1], -1.0) for q in range(3)] + [("X", [q], -0.7) for q in range(4)], 4
)
result = hybrid.minimize(
    hybrid.VQE(ansatz, chain),
    optimizer=Adam(learning_rate=0.1, max_iterations=40),
    simulator=Aer(noise_model=noise),
    shots=1000,
    seed=7,
)
print(result)

"""A quantum kernel of qiskit-machine-learning on hybrid: one class changed.

Needs qiskit-machine-learning. Run it with ``python``, or ``mpiexec -n 2 python``.
"""

import numpy as np
from qiskit.circuit.library import zz_feature_map
from qiskit_machine_learning.algorithms import QSVC
from qiskit_machine_learning.kernels import FidelityQuantumKernel
from qiskit_machine_learning.state_fidelities import ComputeUncompute

import hybrid

random = np.random.default_rng(7)
data = random.uniform(-1.0, 1.0, (16, 2))
labels = np.where(data[:, 0] * data[:, 1] > 0, 1, -1)
kernel = FidelityQuantumKernel(
    feature_map=zz_feature_map(2),
    fidelity=ComputeUncompute(hybrid.Sampler(seed=7)),  # instead of StatevectorSampler(seed=7)
)
machine = QSVC(quantum_kernel=kernel).fit(data, labels)
print(f"{machine.score(data, labels):.2f} classified correctly")

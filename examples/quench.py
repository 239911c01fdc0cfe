"""A quench of the transverse-field Ising chain, by variational time evolution.

python examples/quench.py
mpiexec -n 2 python -m hybrid examples/quench.py
"""

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

import hybrid

QUBITS, LAYERS, FIELD = 6, 3, 1.0
TIMES = np.linspace(0.0, 1.0, 6)

bonds = [("ZZ", [k, k + 1], -1.0) for k in range(QUBITS - 1)]
fields = [("X", [k], -FIELD) for k in range(QUBITS)]
hamiltonian = SparsePauliOp.from_sparse_list([*bonds, *fields], QUBITS)
magnetization = SparsePauliOp.from_sparse_list(
    [("Z", [k], 1.0 / QUBITS) for k in range(QUBITS)], QUBITS
)

# Layers of the Hamiltonian's own rotations. With all angles zero, all spins point up.
angles = iter(ParameterVector("a", LAYERS * (2 * QUBITS - 1)))
ansatz = QuantumCircuit(QUBITS)
for _ in range(LAYERS):
    for k in range(QUBITS):
        ansatz.rx(next(angles), k)
    for k in range(QUBITS - 1):
        ansatz.rzz(next(angles), k, k + 1)

result = hybrid.minimize(hybrid.TimeEvolution(ansatz, hamiltonian, TIMES))
print(result.message)
values = hybrid.expectation(ansatz, magnetization, result.x)
for time, value, bound in zip(TIMES, values, result.error_bounds, strict=True):
    print(f"time {time:.1f}: magnetization {value:.4f}, error of the state at most {bound:.3f}")

"""Axis terms: groups of a Hamiltonian's terms, split over the ranks.

Useful if states are cheap and there are very many terms, or if each group needs its own measurement
circuits. Partials along this axis are added in a fixed order.

python examples/axes/terms.py
mpiexec -n 2 python -m hybrid examples/axes/terms.py
"""

import numpy as np
from qiskit.circuit.library import efficient_su2
from qiskit.quantum_info import SparsePauliOp

import hybrid

NUM_QUBITS, NUM_TERMS = 8, 2000

random = np.random.default_rng(7)
labels = ["".join(random.choice(list("IXYZ"), NUM_QUBITS)) for _ in range(NUM_TERMS)]
hamiltonian = SparsePauliOp(labels, random.normal(size=NUM_TERMS)).simplify()
ansatz = efficient_su2(NUM_QUBITS, reps=2)


@hybrid.workload(
    num_parameters=ansatz.num_parameters,
    num_qubits=NUM_QUBITS,
    axis="terms",
    size=len(hamiltonian),
    grain=100,
    x0=random.uniform(-np.pi, np.pi, ansatz.num_parameters),
)
def energy(piece, simulator):
    """Return value and gradient of the piece's terms."""
    values, gradients = simulator.expectation(
        ansatz, hamiltonian[piece.slice], piece.point, gradient=True
    )
    return values[0], gradients[0]


print(hybrid.minimize(energy, max_iterations=30, seed=7))

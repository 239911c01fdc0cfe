"""A VQE in PennyLane on hybrid: one word changed.

Run it with ``python``, or ``mpiexec -n 2 python``.
"""

import pennylane as qml
from pennylane import numpy as np

SITES, LAYERS = 6, 2
dev = qml.device("hybrid.qubit", wires=SITES)  # instead of "lightning.qubit"
bonds = [qml.Z(k) @ qml.Z(k + 1) for k in range(SITES - 1)]
fields = [qml.X(k) for k in range(SITES)]
ising = qml.Hamiltonian([-1.0] * len(bonds) + [-0.7] * len(fields), bonds + fields)


@qml.qnode(dev)
def energy(angles):
    """Return the energy of a hardware-efficient ansatz."""
    for layer in angles:
        for wire in range(SITES):
            qml.RY(layer[wire], wires=wire)
        for wire in range(SITES - 1):
            qml.CNOT(wires=[wire, wire + 1])
    return qml.expval(ising)


angles = np.random.default_rng(7).uniform(0.0, np.pi, (LAYERS, SITES))
optimizer = qml.AdamOptimizer(0.1)
for _ in range(40):
    angles, before = optimizer.step_and_cost(energy, angles)
exact = np.linalg.eigvalsh(qml.matrix(ising))[0]
print(f"energy {energy(angles):.4f}, exact {exact:.4f}")

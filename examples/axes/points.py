"""Axis points: local optimizations from many starting points, split over the ranks.

python examples/axes/points.py
mpiexec -n 2 python -m hybrid examples/axes/points.py
"""

import numpy as np
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
from scipy.optimize import minimize

import hybrid

ansatz = real_amplitudes(4, reps=2)
chain = SparsePauliOp.from_sparse_list(
    [("ZZ", [q, q + 1], -1.0) for q in range(3)] + [("X", [q], -0.7) for q in range(4)], 4
)
starts = np.random.default_rng(7).uniform(-np.pi, np.pi, (16, ansatz.num_parameters))


def descend(start, simulator):
    """Return the energy reached from one start, and the number of evaluations."""

    def energy(point):
        values, gradients = simulator.expectation(ansatz, chain, point, gradient=True)
        return values[0], gradients[0]

    found = minimize(energy, start, jac=True, method="L-BFGS-B")
    return [float(found.fun), int(found.nfev)]


energies, evaluations = np.array(hybrid.map(descend, starts, seed=7)).T
print(f"best of {len(starts)} starts: {energies.min():.6f}, worst {energies.max():.6f}")
print(f"{int(evaluations.sum())} evaluations, {int(evaluations.min())} to {int(evaluations.max())}")

"""Axis components: the gradient of a cost that is not an expectation value, component by component.

The cost is the variance of the energy, <H^2> - <H>^2. Its derivatives are central differences, and
each component of the gradient may run on another rank.

python examples/axes/components.py
mpiexec -n 2 python -m hybrid examples/axes/components.py
"""

import numpy as np
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid

ansatz = real_amplitudes(3, reps=2)
energy = SparsePauliOp(["ZZI", "IZZ", "XII", "IXI", "IIX"], [-1.0, -1.0, -0.7, -0.7, -0.7])
square = (energy @ energy).simplify()
STEP = 1e-4


class Variance(hybrid.Workload):
    """Component 0 is the value, component 1 + k the derivative with respect to parameter k."""

    num_parameters = ansatz.num_parameters
    axis, grain = "components", 1

    def run(self, piece, simulator):
        moves = np.vstack([np.zeros(self.num_parameters), np.eye(self.num_parameters)])
        moves = STEP * moves[piece.slice]
        points = np.vstack([piece.point + moves, piece.point - moves])
        mean = simulator.expectation(ansatz, energy, points)
        plus, minus = np.split(simulator.expectation(ansatz, square, points) - mean**2, 2)
        derivatives = (plus - minus) / (2 * STEP)
        if piece.start == 0:
            derivatives[0] = plus[0]
        return derivatives


result = hybrid.minimize(Variance(), x0=np.full(ansatz.num_parameters, 0.4), seed=7)
print(result)
print(f"energy of the eigenstate found: {hybrid.expectation(ansatz, energy, result.x)[0]:.6f}")

"""Axis samples: a classifier whose data set is split over the ranks.

Each rank runs the circuits of its samples, then their losses and the chain rule.

python examples/axes/samples.py
mpiexec -n 2 python -m hybrid examples/axes/samples.py
"""

import numpy as np
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.optimizers import Adam

NUM_QUBITS, LAYERS, SAMPLES = 4, 3, 200

random = np.random.default_rng(7)
data = random.uniform(-1, 1, (SAMPLES, 2))
labels = np.where(np.sum(data**2, axis=1) < 0.6, 1.0, -1.0)  # inside a circle or not

features = ParameterVector("a", 2)
weights = iter(ParameterVector("b", 2 * NUM_QUBITS * LAYERS))
circuit = QuantumCircuit(NUM_QUBITS)
for _ in range(LAYERS):
    for qubit in range(NUM_QUBITS):
        circuit.rx(np.pi * features[qubit % 2], qubit)
        circuit.ry(next(weights), qubit)
        circuit.rz(next(weights), qubit)
    for qubit in range(NUM_QUBITS - 1):
        circuit.cx(qubit, qubit + 1)
output = SparsePauliOp.from_sparse_list(
    [("Z", [q], 1.0 / NUM_QUBITS) for q in range(NUM_QUBITS)], NUM_QUBITS
)

classifier = hybrid.Supervised(circuit, output, data, labels, list(features), loss="squared")
result = hybrid.minimize(classifier, Adam(learning_rate=0.1, max_iterations=60), seed=7)
print(result)
points = classifier.rows(result.x, slice(None))
right = np.sign(hybrid.expectation(circuit, output, points)) == labels
print(f"{right.mean():.0%} of the samples are classified correctly")

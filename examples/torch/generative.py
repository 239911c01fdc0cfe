"""A generative model: a circuit of 12 qubits whose shots are bars and stripes of 3 x 4 pixels.

The loss is the maximum mean discrepancy of samples from the circuit and from the data, with a
Gaussian kernel over bits of two bandwidths. In terms of strings of Z it is a weighted sum of
squared differences of expectation values (Rudolph et al., npj Quantum Inf. 10, 116 (2024)), of
which 400 strings are drawn by weight. The loop is PyTorch's own: on several ranks all ranks make
the same steps.

python examples/torch/generative.py
sbatch examples/slurm/train.sbatch examples/torch/generative.py
"""

from itertools import product

import numpy as np
import torch
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.torch import QuantumLayer

ROWS, COLUMNS, LAYERS, STEPS = 3, 4, 4, 300
QUBITS = ROWS * COLUMNS
BANDWIDTHS = 0.25, 2.0

random = np.random.default_rng(7)
ones = np.ones((ROWS, COLUMNS), int)
bars = [np.array(each)[:, None] * ones for each in product((0, 1), repeat=ROWS)]
stripes = [np.array(each)[None, :] * ones for each in product((0, 1), repeat=COLUMNS)]
patterns = np.unique([each.ravel() for each in (*bars, *stripes)], axis=0)  # 22 of 4096

flips = [(1.0 - np.exp(-1.0 / (2.0 * width))) / 2.0 for width in BANDWIDTHS]
masks = np.unique(random.random((400, QUBITS)) < np.repeat(flips, 200)[:, None], axis=0)
masks = masks[masks.any(axis=1)]
strings = [SparsePauliOp("".join("Z" if bit else "I" for bit in mask[::-1])) for mask in masks]
goal = torch.tensor([np.mean((-1.0) ** (patterns @ mask)) for mask in masks.astype(int)])

w = iter(ParameterVector("w", 3 * QUBITS * LAYERS))
circuit = QuantumCircuit(QUBITS)
for _ in range(LAYERS):
    for qubit in range(QUBITS):
        circuit.ry(next(w), qubit)
        circuit.rz(next(w), qubit)
    for qubit in range(QUBITS):
        circuit.rxx(next(w), qubit, (qubit + 1) % QUBITS)

torch.manual_seed(7)
layer = QuantumLayer(circuit, strings, features=[], dtype=torch.float64)
optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
for step in range(STEPS):
    optimizer.zero_grad()
    loss = ((layer() - goal) ** 2).mean()
    loss.backward()
    optimizer.step()
    if step % 25 == 0 or step == STEPS - 1:
        print(f"step {step}: loss {loss.item():.5f}")

counts = hybrid.sample(circuit, layer.weights.detach(), shots=1000, seed=7)
good = {"".join(map(str, each[::-1])) for each in patterns}
share = sum(count for bits, count in counts.items() if bits in good) / 1000
print(f"{share:.1%} of 1000 shots are bars or stripes; by chance {len(good) / 2**QUBITS:.1%}")

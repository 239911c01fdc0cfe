"""Transfer learning: a circuit as the head over features of a small convolutional network.

The network learns the digits 0 to 4. Then it is frozen, and a circuit of 4 qubits learns to tell 5
from 6 by 4 combinations of its features, from 60 images.

python examples/torch/transfer.py
mpiexec -n 2 python -m hybrid examples/torch/transfer.py
sbatch examples/slurm/train.sbatch examples/torch/transfer.py transfer.db
"""

import sys

import torch
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp
from sklearn.datasets import load_digits

import hybrid
from hybrid.torch import QuantumLayer

QUBITS = 4
journal = sys.argv[1] if len(sys.argv) > 1 else None

digits = load_digits()
images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16.0
labels = torch.tensor(digits.target)


def accuracy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    if outputs.shape[1] == 1:
        return ((outputs > 0) == (targets > 0)).float().mean()
    return (outputs.argmax(1) == targets).float().mean()


torch.manual_seed(7)
layers = []
for before, after in ((1, 8), (8, 16)):
    convolution = torch.nn.Conv2d(before, after, 3, padding=1)
    layers += [convolution, torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
features = torch.nn.Sequential(*layers, torch.nn.Flatten())
network = torch.nn.Sequential(features, torch.nn.Linear(64, 5))
known = labels < 5
first = hybrid.train(
    network,
    (images[known], labels[known]),
    torch.nn.CrossEntropyLoss(),
    torch.optim.Adam(network.parameters(), lr=0.01),
    epochs=5,
    batch_size=64,
    metrics={"accuracy": accuracy},
    seed=7,
)
print(f"network, digits 0 to 4: {first.epochs[-1].metrics['accuracy']:.1%}")

for parameter in features.parameters():
    parameter.requires_grad_(False)
circuit = QuantumCircuit(QUBITS)
for qubit, angle in enumerate(ParameterVector("x", QUBITS)):
    circuit.ry(angle, qubit)
circuit.compose(real_amplitudes(QUBITS, reps=2, parameter_prefix="w"), inplace=True)
head = QuantumLayer(circuit, SparsePauliOp("ZZZZ"), features=[f"x[{k}]" for k in range(QUBITS)])
model = torch.nn.Sequential(features, torch.nn.Linear(64, QUBITS), head)

new = (labels == 5) | (labels == 6)
x, y = images[new], (2.0 * labels[new] - 11.0)[:, None]  # -1 for a 5, +1 for a 6
second = hybrid.train(
    model,
    (x[:60], y[:60]),
    torch.nn.SoftMarginLoss(),
    lambda trained: torch.optim.Adam(trained, lr=0.02),
    epochs=25,
    batch_size=20,
    validation=(x[60:], y[60:]),
    metrics={"accuracy": accuracy},
    seed=7,
    journal=journal,
)
seen = second.epochs[-1].validation["accuracy"]
print(f"circuit as its head, 5 or 6: {seen:.1%} of {len(x) - 60} unseen images")

"""Handwritten digits: a hybrid classifier beside its classical twin of the same size.

Both reduce an image to 8 numbers and read ten classes from 8 others; in between, one has a circuit
of 8 qubits with 48 weights, the other a dense layer of 72 parameters. Every rank holds the model,
each batch is split over the ranks, and the trained models have the same bits on any number.

python examples/torch/digits.py
mpiexec -n 2 python -m hybrid examples/torch/digits.py
sbatch examples/slurm/train.sbatch examples/torch/digits.py digits.db
"""

import sys

import torch
from qiskit.circuit import ParameterVector, QuantumCircuit
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import hybrid
from hybrid.torch import QuantumLayer

QUBITS, LAYERS = 8, 3
journal = sys.argv[1] if len(sys.argv) > 1 else None

images, digits = load_digits(return_X_y=True)
images, unseen, digits, answers = train_test_split(
    torch.tensor(images, dtype=torch.float32) / 16.0, torch.tensor(digits), random_state=0
)


def circuit() -> QuantumCircuit:
    """Return layers that load the features again, turn every qubit, and entangle a ring."""
    x, w = ParameterVector("x", QUBITS), iter(ParameterVector("w", 2 * QUBITS * LAYERS))
    made = QuantumCircuit(QUBITS)
    for _ in range(LAYERS):
        for qubit in range(QUBITS):
            made.rx(x[qubit], qubit)
            made.ry(next(w), qubit)
            made.rz(next(w), qubit)
        for qubit in range(QUBITS):
            made.cx(qubit, (qubit + 1) % QUBITS)
    return made


def accuracy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return (outputs.argmax(1) == targets).float().mean()


middles = {
    "hybrid": lambda: QuantumLayer(circuit(), features=[f"x[{k}]" for k in range(QUBITS)]),
    "classical": lambda: torch.nn.Sequential(torch.nn.Linear(QUBITS, QUBITS), torch.nn.Tanh()),
}
for name, middle in middles.items():
    torch.manual_seed(7)  # the same start on every rank
    model = torch.nn.Sequential(
        torch.nn.Linear(64, QUBITS), torch.nn.Tanh(), middle(), torch.nn.Linear(QUBITS, 10)
    )
    result = hybrid.train(
        model,
        (images, digits),
        torch.nn.CrossEntropyLoss(),
        torch.optim.Adam(model.parameters(), lr=0.02),
        epochs=30,
        batch_size=128,
        validation=(unseen, answers),
        metrics={"accuracy": accuracy},
        seed=7,
        journal=journal and f"{name}-{journal}",
    )
    parameters = sum(p.numel() for p in model.parameters())
    last = result.epochs[-1]
    print(f"{name:>9}: {parameters} parameters, {last.validation['accuracy']:.1%} of unseen digits")
    print(f"{'':>9}  {result.split}")

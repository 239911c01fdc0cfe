"""A chaotic time series: a circuit predicts the next step of the Lorenz-96 model of the weather.

Eight sites on a ring drive each other, dx_i/dt = (x_{i+1} - x_{i-2}) x_{i-1} - x_i + 8. The model
sees a site and its neighbours at one time and predicts the change of the site until the next; every
site is a sample. Linear regression and "no change" are given for comparison.

python examples/torch/lorenz.py
mpiexec -n 2 python -m hybrid examples/torch/lorenz.py
sbatch examples/slurm/train.sbatch examples/torch/lorenz.py lorenz.db
"""

import sys

import numpy as np
import torch
from qiskit.circuit import ParameterVector, QuantumCircuit

import hybrid
from hybrid.torch import QuantumLayer

SITES, FORCE, STEP, STEPS, LAYERS = 8, 8.0, 0.05, 600, 3
SEEN = (-2, -1, 0, 1, 2)
journal = sys.argv[1] if len(sys.argv) > 1 else None


def change(x: np.ndarray) -> np.ndarray:
    return (np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + FORCE


x = FORCE + np.random.default_rng(7).normal(size=SITES)
states = []
for _ in range(STEPS):  # the fourth-order Runge-Kutta method
    first = change(x)
    second = change(x + STEP / 2 * first)
    third = change(x + STEP / 2 * second)
    fourth = change(x + STEP * third)
    x = x + STEP / 6 * (first + 2 * second + 2 * third + fourth)
    states.append(x)
series = np.array(states[100:])  # on the attractor
inputs = np.stack([np.roll(series[:-1], -shift, axis=1) for shift in SEEN], axis=-1)
inputs = torch.tensor(inputs.reshape(-1, len(SEEN)) / 10.0, dtype=torch.float32)
targets = torch.tensor((series[1:] - series[:-1]).reshape(-1, 1), dtype=torch.float32)
border = SITES * 300

width = len(SEEN)
angles, w = ParameterVector("x", width), iter(ParameterVector("w", 2 * width * LAYERS))
circuit = QuantumCircuit(width)
for _ in range(LAYERS):
    for qubit in range(width):
        circuit.ry(angles[qubit], qubit)
        circuit.rz(next(w), qubit)
        circuit.rx(next(w), qubit)
    for qubit in range(width):
        circuit.cz(qubit, (qubit + 1) % width)

torch.manual_seed(7)
layer = QuantumLayer(circuit, features=[f"x[{k}]" for k in range(width)])
model = torch.nn.Sequential(torch.nn.Linear(width, width), layer, torch.nn.Linear(width, 1))
result = hybrid.train(
    model,
    (inputs[:border], targets[:border]),
    torch.nn.MSELoss(),
    torch.optim.Adam(model.parameters(), lr=0.02),
    epochs=40,
    batch_size=200,
    validation=(inputs[border:], targets[border:]),
    seed=7,
    journal=journal,
)
columns = torch.cat([inputs, torch.ones(len(inputs), 1)], 1)
fit = torch.linalg.lstsq(columns[:border], targets[:border]).solution
linear = ((columns[border:] @ fit - targets[border:]) ** 2).mean()
still = (targets[border:] ** 2).mean()
found = result.epochs[-1].validation["loss"]
print(f"squared errors of later times: circuit {found:.3f}, linear {linear:.3f}, none {still:.3f}")

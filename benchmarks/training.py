"""Steps of training beside other packages, over ranks, and the overhead of the layer.

The peers live in an environment of their own, with PyTorch. Each comparison is alternate steps in
one process on one thread; times are CPU time of the process, which other programs on the machine
disturb less than the time of day. A peer that takes longer than 3 s a step is measured once.

OMP_NUM_THREADS=1 python benchmarks/training.py peers      # or: peers NAME ..., of PEERS
OMP_NUM_THREADS=1 python benchmarks/training.py overhead
OMP_NUM_THREADS=1 mpiexec -n 2 python benchmarks/training.py ranks
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import torch
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.torch import QuantumLayer

Step = Callable[[], float]
REPEATS = 15
LONG = 3.0
RATE = 0.01


def circuit(width: int, layers: int) -> QuantumCircuit:
    """Return RX of the features, then layers of RZ, RY, RZ and a ring of CNOT gates."""
    x, w = ParameterVector("x", width), iter(ParameterVector("w", 3 * width * layers))
    made = QuantumCircuit(width)
    for qubit in range(width):
        made.rx(x[qubit], qubit)
    for _ in range(layers):
        for qubit in range(width):
            made.rz(next(w), qubit)
            made.ry(next(w), qubit)
            made.rz(next(w), qubit)
        for qubit in range(width):
            made.cx(qubit, (qubit + 1) % width)
    return made


def observables(width: int) -> list[SparsePauliOp]:
    """Return Z of each qubit."""
    return [SparsePauliOp.from_sparse_list([("Z", [k], 1.0)], width) for k in range(width)]


class Problem:
    """Samples, targets and starting weights, the same for every package.

    Args:
        width: qubits, features and outputs.
        layers: of the circuit.
        batch: samples.
        dense: whether a dense layer stands before and behind the circuit.
    """

    def __init__(self, width: int, layers: int, batch: int, dense: bool) -> None:
        random = np.random.default_rng(7)
        self.width, self.layers, self.batch, self.dense = width, layers, batch, dense
        self.x = random.uniform(-1.0, 1.0, (batch, width)).astype(np.float32)
        self.y = random.uniform(-1.0, 1.0, (batch, width)).astype(np.float32)
        self.weights = random.uniform(-1.0, 1.0, 3 * width * layers).astype(np.float32)
        self.matrix = random.normal(size=(2, width, width)).astype(np.float32) / width


def of_torch(problem: Problem, middle: torch.nn.Module) -> Step:
    """Return a step of PyTorch around a layer: forward, backward, update; it returns the loss."""
    parts: list[torch.nn.Module] = [middle]
    if problem.dense:
        ends = [torch.nn.Linear(problem.width, problem.width, bias=False) for _ in range(2)]
        for end, matrix in zip(ends, problem.matrix, strict=True):
            end.weight.data = torch.tensor(matrix.T.copy())
        parts = [ends[0], middle, ends[1]]
    model = torch.nn.Sequential(*parts)
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    x, y = torch.tensor(problem.x), torch.tensor(problem.y)

    def step() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x).float(), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def ours(problem: Problem) -> Step:
    """Return a step of our layer."""
    made = circuit(problem.width, problem.layers)
    names = [f"x[{k}]" for k in range(problem.width)]
    order = [f"w[{k}]" for k in range(len(problem.weights))]
    layer = QuantumLayer(
        made, observables(problem.width), features=names, weights=order, initial=problem.weights
    )
    return of_torch(problem, layer)


def pennylane_lightning(problem: Problem) -> Step:
    """Return a step of PennyLane's TorchLayer on lightning.qubit with the adjoint method."""
    import pennylane as qml

    width, layers = problem.width, problem.layers
    device = qml.device("lightning.qubit", wires=width)

    @qml.qnode(device, interface="torch", diff_method="adjoint")
    def node(inputs, weights):  # type: ignore[no-untyped-def]
        _pennylane(qml, inputs, weights, width, layers)
        return [qml.expval(qml.PauliZ(k)) for k in range(width)]

    layer = qml.qnn.TorchLayer(node, {"weights": problem.weights.shape})
    layer.weights.data = torch.tensor(problem.weights)
    return of_torch(problem, layer)


def pennylane_jax(problem: Problem) -> Step:
    """Return a step of PennyLane's default.qubit under jax.jit, with dense layers in JAX."""
    import jax
    import pennylane as qml

    width, layers = problem.width, problem.layers

    @qml.qnode(qml.device("default.qubit", wires=width), interface="jax", diff_method="backprop")
    def node(inputs, weights):  # type: ignore[no-untyped-def]
        _pennylane(qml, inputs, weights, width, layers)
        return [qml.expval(qml.PauliZ(k)) for k in range(width)]

    return of_jax(problem, jax, lambda x, weights: jax.numpy.stack(node(x, weights), axis=-1))


def _pennylane(qml, inputs, weights, width: int, layers: int) -> None:  # type: ignore[no-untyped-def]
    for k in range(width):
        qml.RX(inputs[..., k], wires=k)
    for layer in range(layers):
        for k in range(width):
            first = 3 * (layer * width + k)
            qml.RZ(weights[first], wires=k)
            qml.RY(weights[first + 1], wires=k)
            qml.RZ(weights[first + 2], wires=k)
        for k in range(width):
            qml.CNOT(wires=[k, (k + 1) % width])


def tensorcircuit_jax(problem: Problem) -> Step:
    """Return a step of tensorcircuit-ng with JAX, vectorised over the samples."""
    import jax
    import tensorcircuit as tc

    tc.set_backend("jax")
    width, layers = problem.width, problem.layers

    def values(x, weights):  # type: ignore[no-untyped-def]
        made = tc.Circuit(width)
        for k in range(width):
            made.rx(k, theta=x[k])
        for layer in range(layers):
            for k in range(width):
                first = 3 * (layer * width + k)
                made.rz(k, theta=weights[first])
                made.ry(k, theta=weights[first + 1])
                made.rz(k, theta=weights[first + 2])
            for k in range(width):
                made.cnot(k, (k + 1) % width)
        return jax.numpy.stack([made.expectation_ps(z=[k]).real for k in range(width)])

    return of_jax(problem, jax, jax.vmap(values, (0, None)))


def of_jax(problem: Problem, jax, values) -> Step:  # type: ignore[no-untyped-def]
    """Return a step under jax.jit: value, gradient, update."""
    x, y = jax.numpy.asarray(problem.x), jax.numpy.asarray(problem.y)
    ends = [jax.numpy.asarray(each) for each in problem.matrix]
    state = [(jax.numpy.asarray(problem.weights), *ends)]

    def loss(parameters, x, y):  # type: ignore[no-untyped-def]
        weights, before, behind = parameters
        if not problem.dense:
            return ((values(x, weights) - y) ** 2).mean()
        return ((values(x @ before, weights) @ behind - y) ** 2).mean()

    @jax.jit
    def update(parameters, x, y):  # type: ignore[no-untyped-def]
        value, slopes = jax.value_and_grad(loss)(parameters, x, y)
        return value, jax.tree.map(lambda p, s: p - RATE * s, parameters, slopes)

    def step() -> float:
        value, state[0] = update(state[0], x, y)
        return float(value)

    return step


def torch_connector(problem: Problem) -> Step:
    """Return a step of qiskit-machine-learning's TorchConnector, with its default gradients."""
    from qiskit.primitives import StatevectorEstimator
    from qiskit_machine_learning.connectors import TorchConnector
    from qiskit_machine_learning.neural_networks import EstimatorQNN

    made = circuit(problem.width, problem.layers)
    parameters = {each.name: each for each in made.parameters}
    estimator = StatevectorEstimator()
    network = EstimatorQNN(
        circuit=made,
        estimator=estimator,
        observables=observables(problem.width),
        input_params=[parameters[f"x[{k}]"] for k in range(problem.width)],
        weight_params=[parameters[f"w[{k}]"] for k in range(len(problem.weights))],
        input_gradients=problem.dense,
        default_precision=0.0,
    )
    return of_torch(problem, TorchConnector(network, problem.weights))


def compare(problem: Problem, peers: dict[str, Callable[[Problem], Step]]) -> None:
    """Print CPU milliseconds of a step, alternately, and how many times as long each peer takes."""
    steps = {"hybrid": ours(problem)} | {name: make(problem) for name, make in peers.items()}
    losses, seconds = {}, {name: [] for name in steps}
    slow: set[str] = set()
    for name, step in steps.items():
        losses[name] = step()  # compiles
    for _ in range(REPEATS):
        for name, step in steps.items():
            if name in slow:
                continue
            start = time.process_time()
            step()
            seconds[name].append(time.process_time() - start)
            if seconds[name][-1] > LONG:
                slow.add(name)
    own = float(np.median(seconds["hybrid"]))
    print(f"{problem.width} qubits, {problem.layers} layers, batch {problem.batch}, ", end="")
    print("with dense layers" if problem.dense else "circuit alone")
    for name, times in seconds.items():
        found = float(np.median(times))
        print(
            f"  {name:>22} {1e3 * found:10.2f} ms {found / own:8.1f}x  "
            f"(n = {len(times)}, first loss {losses[name]:.6f})",
            flush=True,
        )


def overhead() -> None:
    """Print the time of a forward and backward pass over that of ``hybrid.pull_back``."""
    for batch in (64, 256, 1024):
        problem = Problem(8, 4, batch, False)
        made, listed = circuit(8, 4), observables(8)
        names = [each.name for each in made.parameters]
        columns = [names.index(f"x[{k}]") for k in range(8)]
        rest = [names.index(f"w[{k}]") for k in range(96)]
        layer = QuantumLayer(
            made, listed, features=[names[k] for k in columns], initial=problem.weights,
            weights=[names[k] for k in rest],
        )  # fmt: skip
        x = torch.tensor(problem.x, requires_grad=True)
        points = np.empty((batch, 104))
        points[:, columns], points[:, rest] = problem.x, problem.weights
        cotangents = np.ones((batch, 8))
        ones = torch.ones(batch, 8)
        times: dict[str, list[float]] = {"layer": [], "pull_back": []}
        for _ in range(4 * REPEATS):
            start = time.process_time()
            layer(x).backward(ones)
            middle = time.process_time()
            hybrid.pull_back(made, listed, points, cotangents, inputs=columns)
            times["layer"].append(middle - start)
            times["pull_back"].append(time.process_time() - middle)
        best = {name: 1e3 * float(np.quantile(each, 0.25)) for name, each in times.items()}
        print(
            f"batch {batch}: layer {best['layer']:.2f} ms, pull_back {best['pull_back']:.2f} ms, "
            f"ratio {best['layer'] / best['pull_back']:.3f} (lower quartiles of {4 * REPEATS})"
        )


def ranks() -> None:
    """Print the time of a step of ``hybrid.train`` at batch 1,024, and a digest of the weights."""
    import hashlib

    from hybrid.runtime import world

    problem = Problem(8, 4, 1024, True)
    names = [f"x[{k}]" for k in range(8)]
    times = []
    for _ in range(5):
        torch.manual_seed(7)
        layer = QuantumLayer(circuit(8, 4), observables(8), features=names)
        model = torch.nn.Sequential(torch.nn.Linear(8, 8), layer, torch.nn.Linear(8, 8))
        adam = torch.optim.Adam(model.parameters(), lr=RATE)
        data = (torch.tensor(problem.x), torch.tensor(problem.y))
        result = hybrid.train(
            model, data, torch.nn.MSELoss(), adam, epochs=20, batch_size=1024, seed=7, threads=1
        )
        times += [epoch.seconds for epoch in result.epochs]
    content = b"".join(p.detach().numpy().tobytes() for p in model.parameters())
    if world().rank == 0:
        print(
            f"{world().size} ranks: {1e3 * np.quantile(times, 0.25):.1f} ms a step (lower quartile "
            f"of {len(times)}), {hashlib.sha256(content).hexdigest()[:16]}; {result.split}"
        )


PEERS: dict[str, tuple[tuple[int, int, int, bool], dict[str, Callable[[Problem], Step]]]] = {
    "lightning": ((8, 4, 256, False), {"PennyLane lightning": pennylane_lightning}),
    "tensorcircuit": ((8, 4, 256, False), {"tensorcircuit-ng, JAX": tensorcircuit_jax}),
    "connector": ((8, 4, 1, False), {"TorchConnector": torch_connector}),
    "dense": (
        (4, 2, 200, True),
        {"PennyLane, jax.jit": pennylane_jax, "tensorcircuit-ng, JAX": tensorcircuit_jax},
    ),
}
"""Widths, layers, batch and dense layers of each comparison, and whom it compares with."""


if __name__ == "__main__":
    kind = sys.argv[1] if len(sys.argv) > 1 else "peers"
    torch.set_num_threads(1)
    if kind == "peers":
        for name in sys.argv[2:] or PEERS:
            problem, peers = PEERS[name]
            compare(Problem(*problem), peers)
    else:
        {"overhead": overhead, "ranks": ranks}[kind]()

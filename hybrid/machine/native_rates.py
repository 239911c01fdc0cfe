"""Rates of the native kernels, from circuits of each kind at several widths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.ask import Ask
from hybrid.machine import rates
from hybrid.machine.machine import Curve
from hybrid.machine.timer import seconds_of_call
from hybrid.piece import Piece
from hybrid.programs import compile_observable, flatten
from hybrid.simulators import Estimation, Native
from hybrid.simulators.native import NativeEvaluation

WIDTHS = (4, 6, 8, 10, 12, 14, 16, 18, 20)
_EVOLUTIONS = (
    ("string", 4, 20),
    ("excitation", 4, 20),
    ("diagonal", 4, 20),
    ("phase", 1, 4),
)
"""Kinds of evolution, and how many of them the shorter and the longer circuit have."""
_BATCH = 32
_LEAST = 1e-9
"""Differences of times that noise turned negative count as this many seconds."""


def native_rates(widths: Sequence[int] = WIDTHS, budget: float = 0.004) -> dict[str, Curve]:
    """Measure all native rates; takes about 10 s with the default widths."""
    measured: dict[str, list[float]] = {}
    for width in widths:
        for gradient in (False, True):
            found = _at_width(width, gradient, budget)
            for kind, seconds in found.items():
                measured.setdefault(rates.native(kind, gradient=gradient), []).append(seconds)
    return {
        name: Curve(widths=tuple(widths), seconds=tuple(max(each, _LEAST) for each in seconds))
        for name, seconds in measured.items()
    }


def thread_gain(threads: int, widths: Sequence[int] = (8, 12, 16, 20)) -> Curve:
    """Measure the time of a gradient on one thread over that on ``threads``."""
    gains = []
    for width in widths:
        one, all_of_them = (
            _seconds(layered(width, 4), chain(width), True, 0.006, threads=count)
            for count in (1, threads)
        )
        gains.append(max(one / all_of_them, _LEAST))
    return Curve(widths=tuple(widths), seconds=tuple(gains))


def layered(width: int, layers: int) -> QuantumCircuit:
    """Return layers of RY, RZ on all qubits and CNOTs along the chain."""
    angles = iter(ParameterVector("a", 2 * width * layers))
    circuit = QuantumCircuit(width)
    for _ in range(layers):
        for qubit in range(width):
            circuit.ry(next(angles), qubit)
            circuit.rz(next(angles), qubit)
        for qubit in range(width - 1):
            circuit.cx(qubit, qubit + 1)
    return circuit


def chain(width: int, num_masks: int = 0) -> SparsePauliOp:
    """Return the sum of all Z, and strings with ``num_masks`` different X masks."""
    terms = [("Z", [qubit], 1.0) for qubit in range(width)]
    random = np.random.default_rng(0)
    seen: set[tuple[int, ...]] = set()
    while len(seen) < num_masks:
        size = int(random.integers(1, 1 + min(4, width)))
        places = tuple(sorted(random.choice(width, size, replace=False).tolist()))
        seen.add(places)
    terms += [("X" * len(places), list(places), 0.5) for places in sorted(seen)]
    return SparsePauliOp.from_sparse_list(terms, width)


def evolutions(width: int, kind: str, count: int) -> QuantumCircuit:
    """Return a circuit of ``count`` evolutions of a kind on changing qubits."""
    angles = ParameterVector("a", count)
    circuit = QuantumCircuit(width)
    if kind in ("diagonal", "phase"):
        circuit.h(range(width))
    random = np.random.default_rng(1)
    size = min(4 if kind == "excitation" else 3, width) if kind != "diagonal" else min(2, width)
    for angle in angles:
        if kind == "phase":
            # With mixers between them, as equal phases side by side would be merged into one.
            circuit.append(PauliEvolutionGate(_ring(width), time=angle), range(width))
            circuit.rx(angle, range(width))
            continue
        qubits = sorted(random.choice(width, size, replace=False).tolist())
        circuit.append(PauliEvolutionGate(_generator(kind, size), time=angle), qubits)
    return circuit


def _ring(width: int) -> SparsePauliOp:
    pairs = [(q, (q + step) % width) for q in range(width) for step in (1, 2, 3)]
    edges = sorted({tuple(sorted(pair)) for pair in pairs if pair[0] != pair[1]})
    return SparsePauliOp.from_sparse_list([("ZZ", list(e), 1.0) for e in edges], width)


def _generator(kind: str, size: int) -> SparsePauliOp:
    if kind == "diagonal":
        return SparsePauliOp("Z" * size)
    if kind == "string":
        return SparsePauliOp("X" + "Z" * (size - 2) + "Y")
    if size < 4:
        return SparsePauliOp(["XY" + "Z" * (size - 2), "YX" + "Z" * (size - 2)], [0.5, -0.5])
    labels = ["XXXY", "XXYX", "XYXX", "YXXX", "YYYX", "YYXY", "YXYY", "XYYY"]
    return SparsePauliOp(labels, [0.125, 0.125, -0.125, -0.125, -0.125, -0.125, 0.125, 0.125])


def _at_width(width: int, gradient: bool, budget: float) -> Mapping[str, float]:
    """Return seconds of each kind of operation at a width."""
    observable = chain(width)
    layers = 4
    short = _seconds(layered(width, 1), observable, gradient, budget)
    long = _seconds(layered(width, layers), observable, gradient, budget)
    per_layer = 3 * width - 1
    gate = (long - short) / ((layers - 1) * per_layer)
    found = {"gate": gate}
    call = max(short - per_layer * gate, 0.1 * short)
    for kind, few, many in _EVOLUTIONS:
        one, other = (
            _seconds(evolutions(width, kind, count), observable, gradient, budget)
            for count in (few, many)
        )
        found[kind] = max((other - one) / (many - few), 0.02 * gate)
    masks = min(2 ** (width - 1), 24)
    with_masks = _seconds(layered(width, 1), chain(width, masks), gradient, budget)
    found["mask"] = max((with_masks - short) / masks, 0.02 * gate)
    found["phase"] = max(found["phase"] - width * gate, 0.1 * found["phase"])
    found["call"] = call
    several = _seconds(layered(width, layers), observable, gradient, budget, points=_BATCH)
    found["batch"] = (several - call) / _BATCH / max(long - call, 0.1 * long)
    return found


def _seconds(
    circuit: QuantumCircuit,
    observable: SparsePauliOp,
    gradient: bool,
    budget: float,
    threads: int = 1,
    points: int = 1,
) -> float:
    evaluation = evaluation_of(circuit, observable)
    ask = Ask(np.full((points, circuit.num_parameters), 0.3), gradient)
    piece = Piece(0, "points", 0, points)
    return seconds_of_call(lambda: evaluation.run(ask, piece, seed=0, threads=threads), budget)


def evaluation_of(circuit: QuantumCircuit, observable: SparsePauliOp) -> NativeEvaluation:
    """Return the expectation value compiled for the kernels."""
    flat = flatten(circuit)
    return Native().prepare(Estimation(flat, compile_observable(observable, flat.num_qubits)))

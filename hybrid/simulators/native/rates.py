"""Measure the rates of the native kernels on circuits of each kind at several widths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.piece import Piece
from hybrid.core.work import Work
from hybrid.machine import Curve
from hybrid.machine.fit import costs_of
from hybrid.machine.timer import Timing, timings_of_calls
from hybrid.programs import compile_observable, flatten
from hybrid.simulators.native import cost as native_cost
from hybrid.simulators.native.evaluation import NativeEvaluation

WIDTHS = (4, 7, 8, 11, 12, 14, 16, 18, 19)
"""Widths on both sides of each change of the kernels' algorithm."""
_EVOLUTIONS = {"string": 20, "excitation": 20, "diagonal": 20, "phase": 4}
"""Number of evolutions per circuit, by kind."""
_MASKS = 24
_SHALLOW, _DEEP = 1, 4
_WIDE = 16
_LEAST = 0.02
"""Lower bound of fitted costs, as a fraction of a gate's: noise can make them vanish."""


def native_timings(widths: Sequence[int] = WIDTHS, budget: float = 0.001) -> Timings:
    """Measure all kinds of kernel call; takes about 6 s with the default widths."""
    probes = [probe for width in widths for probe in _probes(width)]
    return dict(zip(probes, timings_of_calls(probes, budget), strict=True))


def contention(timings: Timings) -> float:
    """Return the geometric mean of typical over best time of calls, at least 1."""
    ratios = [timing.usual / timing.least for timing in timings.values()]
    return max(1.0, float(np.exp(np.mean(np.log(ratios)))))


def native_rates(timings: Timings) -> dict[str, Curve]:
    """Return all native rates, fitted to typical times."""
    spent = {probe: timing.usual for probe, timing in timings.items()}
    curves: dict[str, list[tuple[int, float]]] = {}
    for width in sorted({probe.work.num_qubits for probe in spent}):
        for gradient in (False, True):
            mine = {
                probe: seconds
                for probe, seconds in spent.items()
                if probe.work.num_qubits == width and probe.work.gradient == gradient
            }
            for kind, seconds in _fitted(mine).items():
                name = native_cost.name_of(kind, gradient=gradient)
                curves.setdefault(name, []).append((width, seconds))
    return {
        name: Curve(widths=tuple(w for w, _ in points), seconds=tuple(s for _, s in points))
        for name, points in curves.items()
    }


def thread_gain(threads: int, widths: Sequence[int] = (8, 12, 16, 19)) -> Curve:
    """Measure the speedup of a gradient on ``threads`` threads over one."""
    probes = [
        probe_of(evaluation_of(layered(width, _DEEP), chain(width)), True, 1, count)
        for width in widths
        for count in (1, threads)
    ]
    spent = [timing.usual for timing in timings_of_calls(probes)]
    gains = [max(one / every, 1e-3) for one, every in zip(spent[::2], spent[1::2], strict=True)]
    return Curve(widths=tuple(widths), seconds=tuple(gains))


@dataclass(frozen=True, eq=False)
class Probe:
    """A kernel call to measure."""

    evaluation: NativeEvaluation
    ask: Ask
    piece: Piece
    threads: int

    def __call__(self) -> None:
        self.evaluation.run(self.ask, self.piece, seed=0, threads=self.threads)

    @property
    def work(self) -> Work:
        """The work of the call, in counts."""
        return self.evaluation.work(self.ask, self.piece)


Timings: TypeAlias = Mapping[Probe, Timing]


def probe_of(
    evaluation: NativeEvaluation, gradient: bool, points: int = 1, threads: int = 1
) -> Probe:
    ask = Ask(_points(points, evaluation.program.angles.num_parameters), gradient)
    return Probe(evaluation, ask, Piece(0, "points", 0, points), threads)


def _points(count: int, num_parameters: int) -> FloatArray:
    """Return points that differ in half of their parameters, like points for data samples."""
    random = np.random.default_rng(0)
    points = np.tile(random.uniform(-np.pi, np.pi, num_parameters), (count, 1))
    points[:, ::2] = random.uniform(-np.pi, np.pi, points[:, ::2].shape)
    return points


def _probes(width: int) -> Iterator[Probe]:
    """Yield the calls to measure at a width: every kind of operation, in varying numbers."""
    shallow, deep = (evaluation_of(layered(width, n), chain(width)) for n in (_SHALLOW, _DEEP))
    masks = chain(width, min(_MASKS, 2 ** (width - 1) - 1))
    others = [
        evaluation_of(evolutions(width, kind, count), chain(width))
        for kind, count in _EVOLUTIONS.items()
    ]
    several = _several(width)
    for gradient in (False, True):
        for evaluation in (shallow, deep):
            yield probe_of(evaluation, gradient)
            if several > 1:
                yield probe_of(evaluation, gradient, several)
        for evaluation in (*others, evaluation_of(layered(width, _SHALLOW), masks)):
            yield probe_of(evaluation, gradient)


def _several(width: int) -> int:
    """Return the points of a full piece, at least 4, to separate the costs of point and call.

    Wide circuits take one, as the cost of a call is negligible.
    """
    if width >= _WIDE:
        return 1
    return max(1 << max(0, 13 - width), 4)


def _fitted(spent: Mapping[Probe, float]) -> dict[str, float]:
    """Fit the seconds of each kind of operation at one width."""
    works = {probe: probe.work for probe in spent}
    alone = [probe for probe in spent if not native_cost.in_lanes(works[probe])]
    counts = [_counts(works[probe]) for probe in alone]
    kinds = [kind for kind in native_cost.ALONE if kind != _inseparable(works[alone[0]].num_qubits)]
    found = dict.fromkeys(native_cost.ALONE, 0.0)
    found |= costs_of(counts, [spent[probe] for probe in alone], kinds)
    least = _LEAST * found["gate"] or 1e-10
    found = {kind: max(seconds, least) for kind, seconds in found.items()}
    together = [probe for probe in spent if native_cost.in_lanes(works[probe])]
    if not together:
        return found
    counts = []
    for probe in together:
        points = native_cost.side_by_side(works[probe].circuits)
        work = sum(count * found[kind] for kind, count in works[probe].operations)
        counts.append({"lane": points, "batch": points * work})
    beside_call = [max(spent[probe] - found["call"], 0.1 * spent[probe]) for probe in together]
    of_lanes = costs_of(counts, beside_call, native_cost.TOGETHER)
    return found | {kind: max(seconds, _LEAST * least) for kind, seconds in of_lanes.items()}


def _inseparable(width: int) -> str | None:
    """Return the kind that cannot be fitted separately, as only single points are measured."""
    if width <= native_cost.NARROW:
        return "point"
    return "call" if width >= _WIDE else None


def _counts(work: Work) -> dict[str, float]:
    operations = {kind: work.circuits * count for kind, count in work.operations}
    return {"call": 1.0, "point": float(work.circuits), **operations}


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
    if kind == "excitation":
        circuit.x(range(width // 2))
    else:
        circuit.h(range(width))
    random = np.random.default_rng(1)
    size = min(4 if kind == "excitation" else 3, width) if kind != "diagonal" else min(2, width)
    for angle in angles:
        if kind == "phase":
            # Mixers in between: equal adjacent phases would be merged into one.
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


def evaluation_of(circuit: QuantumCircuit, observable: SparsePauliOp) -> NativeEvaluation:
    """Compile an expectation value for the kernels."""
    flat = flatten(circuit)
    observables = (compile_observable(observable, flat.num_qubits),)
    return NativeEvaluation(flat.program, observables, single=False)

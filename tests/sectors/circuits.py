"""Random circuits that conserve the numbers of ones on some sets of qubits, and others."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import PauliEvolutionGate, XXPlusYYGate
from qiskit.quantum_info import SparsePauliOp

KINDS = (
    "hop",
    "rotations",
    "excitation",
    "double",
    "givens",
    "rz",
    "rzz",
    "cphase",
    "ccphase",
    "swap",
    "cost",
    "controlled",
)


@st.composite
def conserving(
    draw: st.DrawFn, num_qubits: int = 6, real: bool = False, start: bool = True
) -> QuantumCircuit:
    """A circuit that conserves the number of ones of each of one to three sets."""
    sets = draw(partitions(num_qubits))
    circuit = QuantumCircuit(num_qubits)
    for q in range(num_qubits):
        if start and draw(st.booleans()):
            circuit.x(q)
    parameters = [Parameter(f"p{k}") for k in range(3)]
    kinds = ("excitation", "double", "givens") if real else KINDS
    for _ in range(draw(st.integers(1, 9))):
        some = draw(st.permutations(draw(st.sampled_from(sets))))
        every = draw(st.permutations(range(num_qubits)))
        angle = draw(st.sampled_from([*parameters, 0.5 * parameters[0] + 0.3, 0.7]))
        add(circuit, draw(st.sampled_from(kinds)), some, every, angle)
    return circuit


@st.composite
def partitions(draw: st.DrawFn, num_qubits: int) -> list[list[int]]:
    """One to three sets of at least two qubits each, interleaved."""
    order = draw(st.permutations(range(num_qubits)))
    cuts = draw(st.sampled_from([(), (2,), (3,), (2, 4)]))
    bounds = [0, *cuts, num_qubits]
    return [sorted(order[a:b]) for a, b in itertools.pairwise(bounds)]


def add(circuit: QuantumCircuit, kind: str, some: list, every: list, angle: object) -> None:
    """Append a gate that conserves the number of ones on `some` qubits."""
    a, b, *more = some
    if kind == "hop":
        circuit.append(PauliEvolutionGate(SparsePauliOp(["XX", "YY"], [0.5, 0.5]), angle), [a, b])
    elif kind == "rotations":
        circuit.rxx(angle, a, b)
        circuit.rz(angle, next(q for q in every if q not in (a, b)))
        circuit.ryy(angle, a, b)
    elif kind == "excitation":
        between = [q for q in every if q not in (a, b)][:2]
        labels = ["Z" * len(between) + "XY", "Z" * len(between) + "YX"]
        generator = SparsePauliOp(labels, [0.5, -0.5])
        circuit.append(PauliEvolutionGate(generator, angle), [a, b, *between])
    elif kind == "double" and len(more) >= 2:
        labels = ["XXXY", "XXYX", "XYXX", "YXXX", "YYYX", "YYXY", "YXYY", "XYYY"]
        signs = [0.125, 0.125, -0.125, -0.125, -0.125, -0.125, 0.125, 0.125]
        circuit.append(PauliEvolutionGate(SparsePauliOp(labels, signs), angle), [a, b, *more[:2]])
    elif kind == "givens":
        circuit.append(XXPlusYYGate(0.8, -np.pi / 2), [a, b])
    elif kind == "rz":
        circuit.rz(angle, a)
    elif kind == "rzz":
        circuit.rzz(angle, every[0], every[1])
    elif kind == "cphase":
        circuit.cp(angle, every[0], every[1])
    elif kind == "ccphase":
        circuit.mcp(angle, every[:2], every[2])
    elif kind == "swap":
        circuit.swap(a, b)
        circuit.iswap(a, b)
    elif kind == "cost":
        terms = [("ZZ", [i, j], 0.1 * i - 0.3 * j) for i, j in itertools.pairwise(every)]
        cost = SparsePauliOp.from_sparse_list([*terms, ("Z", [a], 0.7)], circuit.num_qubits)
        circuit.append(PauliEvolutionGate(cost, angle), range(circuit.num_qubits))
    elif kind == "controlled":
        control = next(q for q in every if q not in (a, b))
        circuit.cswap(control, a, b)
        circuit.append(XXPlusYYGate(0.6, 0.4).control(1, annotated=True), [control, a, b])


@st.composite
def observables(draw: st.DrawFn, num_qubits: int = 6) -> SparsePauliOp:
    """Strings of any kind, most of which leave the sector."""
    labels = draw(
        st.lists(st.text("IXYZ", min_size=num_qubits, max_size=num_qubits), min_size=1, max_size=9)
    )
    hops = [("XX", [q, q + 1], 0.4) for q in range(num_qubits - 1)]
    hops += [("YY", [q, q + 1], 0.4) for q in range(num_qubits - 1)]
    hops += [("XY", [0, num_qubits - 1], 0.3), ("YX", [0, num_qubits - 1], -0.3)]
    both = SparsePauliOp.from_sparse_list(hops, num_qubits) + SparsePauliOp(
        labels, np.linspace(-1.0, 1.0, len(labels))
    )
    return both.simplify()

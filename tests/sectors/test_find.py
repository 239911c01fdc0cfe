"""Sectors against dense matrices: what is conserved, and that no state is left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import PauliEvolutionGate, UnitaryGate, XXMinusYYGate, XXPlusYYGate
from qiskit.quantum_info import Operator, SparsePauliOp

import hybrid
from hybrid.programs import flatten
from hybrid.sectors import find_sector
from hybrid.sectors.charges import charges_of
from hybrid.sectors.merging import merged
from hybrid.sectors.moves import Move, moves_of
from hybrid.sectors.operations import Operation, operations_of
from tests import oracle
from tests.sectors.circuits import conserving


def point_of(circuit: QuantumCircuit) -> np.ndarray:
    return np.random.default_rng(4).normal(size=circuit.num_parameters)


@given(conserving())
def test_a_sector_holds_every_amplitude(circuit: QuantumCircuit) -> None:
    sector = find_sector(flatten(circuit).program)
    assert not isinstance(sector, str), sector
    outside = np.ones(2**circuit.num_qubits, dtype=bool)
    outside[sector.basis.states] = False
    state = oracle.state_of(circuit, point_of(circuit))
    assert not np.any(np.abs(state[outside]) > 1e-12)
    assert len(set(sector.basis.states.tolist())) == sector.size


@given(conserving(start=False))
def test_charges_commute_with_the_circuit(circuit: QuantumCircuit) -> None:
    """Charges of all operations are diagonal operators that commute with the circuit's unitary."""
    operations = merged(operations_of(flatten(circuit).program))
    charges = charges_of(frozenset().union(*map(moves_of, operations)), circuit.num_qubits)
    assert len(charges.weights) >= 1
    unitary = oracle.unitary(circuit, point_of(circuit))
    every = np.arange(2**circuit.num_qubits, dtype=np.uint64)
    for charge in charges.of(every).T[: len(charges.weights)]:
        assert np.abs(unitary * charge - charge[:, None] * unitary).max() < 1e-10
    for parity in charges.of(every).T[len(charges.weights) :]:
        signs = 1 - 2 * parity
        assert np.abs(unitary * signs - signs[:, None] * unitary).max() < 1e-10


@given(
    st.lists(
        st.tuples(st.integers(0, 63), st.integers(0, 63)).filter(lambda m: m[0] | m[1]), max_size=6
    )
)
def test_charges_are_all_that_moves_conserve(masks: list[tuple[int, int]]) -> None:
    moves = [Move(up & ~down, down & ~up) for up, down in masks if up != down]
    changes = np.array(
        [[(m.up >> q & 1) - (m.down >> q & 1) for q in range(6)] for m in moves]
    ).reshape(-1, 6)
    charges = charges_of(moves, 6)
    assert not np.any(charges.weights @ changes.T)
    rank = np.linalg.matrix_rank(changes) if len(moves) else 0
    assert len(charges.weights) == np.linalg.matrix_rank(charges.weights) == 6 - rank
    for parity in charges.parities:
        assert all(((m.up | m.down) & parity).bit_count() % 2 == 0 for m in moves)
    # As many independent parities as the flips leave, counted over all masks.
    flips = [m.up | m.down for m in moves]
    conserved = [mask for mask in range(64) if all((mask & f).bit_count() % 2 == 0 for f in flips)]
    spanned = {0}
    members = [sum(int(w) % 2 << q for q, w in enumerate(row)) for row in charges.weights]
    for mask in [*members, *charges.parities]:
        spanned |= {each ^ mask for each in spanned}
    assert spanned == set(conserved)


def test_two_sets_interleaved() -> None:
    circuit = QuantumCircuit(8)
    circuit.x([0, 1, 2])
    for a in range(6):
        circuit.rxx(Parameter(f"t{a}"), a, a + 2)
        circuit.ryy(circuit.parameters[-1], a, a + 2)
    sector = find_sector(flatten(circuit).program)
    assert not isinstance(sector, str)
    assert sector.charges.sets == (0b01010101, 0b10101010)
    assert sector.description == "sector (2 of 4, 1 of 4 particles): 24 of 256 amplitudes"


def test_parities_where_only_those_hold() -> None:
    circuit = QuantumCircuit(4)
    angles = [Parameter("a"), Parameter("b"), Parameter("c")]
    for k, angle in enumerate(angles):
        circuit.rxx(angle, k, k + 1)
    sector = find_sector(flatten(circuit).program)
    assert not isinstance(sector, str)
    assert sector.charges.parities == (0b1111,)
    assert sector.size == 8


def test_signed_numbers() -> None:
    """Pairs created by one gate and parted by hops conserve the difference of two numbers."""
    pairs = QuantumCircuit(4)
    pairs.x(0)
    pairs.rz(Parameter("z"), [0, 1, 2, 3])
    hop = SparsePauliOp(["XX", "YY"], [0.5, 0.5])
    pairs.append(PauliEvolutionGate(hop, Parameter("a")), [0, 1])
    create = SparsePauliOp(["XX", "YY"], [0.5, -0.5])
    pairs.append(PauliEvolutionGate(create, Parameter("b")), [1, 2])
    pairs.append(PauliEvolutionGate(hop, Parameter("c")), [2, 3])
    sector = find_sector(flatten(pairs).program)
    assert not isinstance(sector, str)
    assert sector.charges.weights.tolist() == [[1, 1, -1, -1]]
    ones = [(state & 0b11).bit_count() - (state >> 2).bit_count() for state in range(16)]
    assert sorted(sector.basis.states.tolist()) == [s for s in range(16) if ones[s] == 1]


def test_a_start_from_fixed_gates_is_a_superposition() -> None:
    circuit = QuantumCircuit(5)
    circuit.x(0)
    for k in range(4):  # a W state: one excitation, spread over the qubits
        circuit.cry(2 * np.arccos(np.sqrt(1 / (5 - k))), k, k + 1)
        circuit.cx(k + 1, k)
    circuit.rxx(Parameter("a"), 0, 1)
    circuit.ryy(circuit.parameters[0], 0, 1)
    sector = find_sector(flatten(circuit).program)
    assert not isinstance(sector, str)
    assert len(sector.start.states) == 5
    assert np.allclose(np.abs(sector.start.amplitudes), 1 / np.sqrt(5))


@pytest.mark.parametrize(
    ("width", "gates", "why"),
    [
        (2, lambda c, a: c.ry(a, [0, 1]), "conserves no number"),
        (
            2,
            lambda c, a: (c.h(0), c.rxx(a, 0, 1), c.ryy(a, 0, 1)),
            "superposition of different particle numbers",
        ),
        (
            3,
            lambda c, a: (
                c.x(0),
                c.append(PauliEvolutionGate(SparsePauliOp(["XX", "YY"]), a), [0, 1]),
                c.append(UnitaryGate(_random_unitary()), [0, 1]),
            ),
            "mixes more than two",
        ),
    ],
)
def test_circuits_without_a_sector(width, gates, why) -> None:
    circuit = QuantumCircuit(width)
    gates(circuit, Parameter("a"))
    found = find_sector(flatten(circuit).program)
    assert isinstance(found, str)
    assert why in found


def test_xx_before_yy_is_not_merged_across_what_does_not_commute() -> None:
    circuit = QuantumCircuit(3)
    circuit.x(0)
    a = Parameter("a")
    circuit.rxx(a, 0, 1)
    circuit.rxx(a, 1, 2)
    circuit.ryy(a, 0, 1)
    circuit.ryy(a, 1, 2)
    found = find_sector(flatten(circuit).program)
    assert not isinstance(found, str)
    assert found.charges.parities, "only the parity survives this product formula"


@settings(max_examples=30)
@given(st.integers(0, 2**31))
def test_generators_are_judged_by_their_matrix(seed: int) -> None:
    """Random sums with one X mask: moves are the entries of the dense matrix that are not zero."""
    random = np.random.default_rng(seed)
    x = int(random.integers(1, 16))
    parity = int(random.integers(2))
    masks = [z for z in range(16) if (x & z).bit_count() % 2 == parity]
    some = random.choice(masks, size=min(4, len(masks)), replace=False)
    strings = tuple((int(z), float(random.choice([0.25, -0.25, 0.5]))) for z in some)
    labels = ["".join("IXZY"[(x >> q & 1) + 2 * (z >> q & 1)] for q in (3, 2, 1, 0)) for z in some]
    matrix = Operator(SparsePauliOp(labels, [c for _, c in strings])).data
    dense = {
        frozenset((int(i) & ~int(j), int(j) & ~int(i)))
        for i, j in np.argwhere(np.abs(matrix) > 1e-12)
    }
    found = {frozenset(move) for move in moves_of(Operation(2, x_mask=x, strings=strings, slot=0))}
    assert found == dense


def _random_unitary() -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))[0]


def test_evolution_that_varies_too_much_has_no_sector() -> None:
    circuit = QuantumCircuit(16)
    circuit.x(range(8))
    terms = [("XXZ", [0, 1, q], 0.1 * q) for q in range(2, 16)]
    terms += [("YYZ", [0, 1, q], 0.1 * q) for q in range(2, 16)]
    hop = SparsePauliOp.from_sparse_list(terms, 16)
    circuit.append(PauliEvolutionGate(hop, Parameter("a")), range(16))
    found = find_sector(flatten(circuit).program)
    assert isinstance(found, str)
    assert "more than 12 qubits" in found


@pytest.mark.parametrize("kind", [XXPlusYYGate, XXMinusYYGate])
@pytest.mark.parametrize("change", ["plain", "inverse", "controlled"])
def test_exchange_gates_with_parameters(kind: type, change: str) -> None:
    """Their numbers are conserved, and their values and gradients are those of full matrices."""
    theta, beta = Parameter("theta"), Parameter("beta")
    gate = kind(theta + 0.2, 2 * beta)
    qubits = [1, 3]
    if change == "inverse":
        gate = gate.inverse()
    elif change == "controlled":
        gate, qubits = gate.control(1, annotated=True), [0, 1, 3]
    circuit = QuantumCircuit(4)
    circuit.x([0, 1])
    if kind is XXMinusYYGate:
        circuit.x(3)
    circuit.append(gate, qubits)
    circuit.rz(beta, 1)
    circuit.append(kind(0.7, 0.3), [1, 2])
    found = find_sector(flatten(circuit).program)
    assert not isinstance(found, str)
    assert found.size <= 4
    operator = SparsePauliOp(["ZIII", "XIXI", "YIXI", "IXXI"], [1.0, 0.5, 0.3, 0.2])
    values, gradients = hybrid.expectation(circuit, operator, [[0.4, 0.9]], gradient=True)
    assert np.isclose(values[0], oracle.value(circuit, operator, [0.4, 0.9]), atol=1e-11)
    slopes = oracle.gradient(circuit, operator, [0.4, 0.9])
    assert np.allclose(gradients[0], slopes, atol=1e-9)

"""Values, gradients and readings in sectors against dense states and full matrices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import XXPlusYYGate
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid import _kernels
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.resources import Resources
from hybrid.machine import reference
from hybrid.programs import compile_observable, flatten
from hybrid.scheduler import Topology
from hybrid.scheduler.groups import shards_to_try
from hybrid.sectors import Sector, find_sector
from hybrid.sectors.basis import Basis
from hybrid.simulators import Native
from hybrid.simulators.counted import counted
from hybrid.simulators.native.evaluation import NativeEvaluation
from hybrid.simulators.native.sector import SectorEvaluation
from tests import oracle
from tests.sectors.circuits import conserving, observables

CLOSE = {"rtol": 0.0, "atol": 1e-12}


def both(
    circuit: QuantumCircuit, *operators: SparsePauliOp, rows: int = 0
) -> tuple[SectorEvaluation, NativeEvaluation]:
    """Return the evaluation in the sector, however small the gain, and the dense one."""
    program = flatten(circuit).program
    compiled = tuple(compile_observable(each, circuit.num_qubits) for each in operators)
    sector = find_sector(program)
    assert isinstance(sector, Sector), sector
    if rows:
        sector = replace(sector, basis=in_rows(sector.basis, rows))
    return (
        SectorEvaluation(program, compiled, single=False, sector=sector),
        NativeEvaluation(program, compiled, single=False),
    )


def in_rows(basis: Basis, row_qubits: int) -> Basis:
    """Return the same states with other row qubits; columns are classed by the rows they have."""
    states = np.sort(basis.states)
    mask = np.uint64(row_qubits)
    rows = np.unique(states & mask)
    of_row = {int(r): tuple(sorted((states[states & mask == r] & ~mask).tolist())) for r in rows}
    kinds = sorted(set(of_row.values()))
    start = np.cumsum([0, *(len(kind) for kind in kinds)])
    return Basis(
        basis.num_qubits,
        row_qubits,
        rows,
        np.array([kinds.index(of_row[int(r)]) for r in rows], dtype=np.int32),
        np.array([c for kind in kinds for c in kind], dtype=np.uint64),
        start.astype(np.int64),
    )


def points_of(circuit: QuantumCircuit, count: int = 2) -> np.ndarray:
    return np.random.default_rng(7).normal(size=(count, circuit.num_parameters))


@given(conserving(), observables())
def test_values_and_gradients(circuit: QuantumCircuit, operator: SparsePauliOp) -> None:
    sector, dense = both(circuit, operator)
    ask = Ask(points_of(circuit), gradient=True)
    found, expected = (each.answer(ask, seed=0, threads=1) for each in (sector, dense))
    assert np.allclose(found.values, expected.values, **CLOSE)
    assert np.allclose(found.gradients, expected.gradients, **CLOSE)
    assert np.isclose(found.values[0], oracle.value(circuit, operator, ask.points[0]), atol=1e-10)


@given(conserving(), observables())
def test_many_rows_are_the_same_as_one(circuit: QuantumCircuit, operator: SparsePauliOp) -> None:
    ask = Ask(points_of(circuit), gradient=True)
    one, dense = both(circuit, operator)
    expected = dense.answer(ask, seed=0, threads=1)
    sets = one.sector.charges.sets or (0b111,)
    for rows in (sets[0], 0b111000):
        try:
            many = both(circuit, operator, rows=rows)[0]
        except ValueError:  # columns of two classes: the qubits do not separate charges
            continue
        found = many.answer(ask, seed=0, threads=1)
        assert np.allclose(found.values, expected.values, **CLOSE)
        assert np.allclose(found.gradients, expected.gradients, **CLOSE)


@given(conserving(real=True), observables())
def test_real_circuits_in_real_numbers(circuit: QuantumCircuit, operator: SparsePauliOp) -> None:
    sector, dense = both(circuit, operator)
    ask = Ask(points_of(circuit), gradient=True)
    found, expected = (each.answer(ask, seed=0, threads=1) for each in (sector, dense))
    assert np.allclose(found.values, expected.values, **CLOSE)
    assert np.allclose(found.gradients, expected.gradients, **CLOSE)


@given(conserving(), observables())
def test_other_answers(circuit: QuantumCircuit, operator: SparsePauliOp) -> None:
    sector, dense = both(circuit, operator, SparsePauliOp("ZZIIII"))
    points = points_of(circuit, 3)
    ask = Ask(points, gradient=True, metric=True, variance=True, others=points_of(circuit, 2) / 3)
    found, expected = (each.answer(ask, seed=0, threads=1) for each in (sector, dense))
    for name in ("values", "gradients", "metrics", "variances", "overlaps", "overlap_gradients"):
        one, other = getattr(found, name, None), getattr(expected, name, None)
        assert (one is None) == (other is None)
        if other is not None:
            assert np.allclose(one, other, rtol=0.0, atol=1e-11), name


@given(conserving(), observables())
def test_pulled_back(circuit: QuantumCircuit, operator: SparsePauliOp) -> None:
    sector, dense = both(circuit, operator, SparsePauliOp("ZIIIIZ"))
    points = points_of(circuit, 11)

    def weights(values: np.ndarray, _: slice) -> np.ndarray:
        return np.sin(values) + 0.3

    found, expected = (each.pull_back(points, weights, threads=1) for each in (sector, dense))
    assert np.allclose(found.values, expected.values, **CLOSE)
    assert np.allclose(found.summed, expected.summed, rtol=0.0, atol=1e-11)


@given(conserving())
def test_same_bits_for_any_number_of_threads_and_points(circuit: QuantumCircuit) -> None:
    hops = [("XX", [q, q + 1], 0.4) for q in range(5)] + [("YY", [q, q + 1], 0.4) for q in range(5)]
    sector, _ = both(circuit, SparsePauliOp.from_sparse_list(hops, 6))
    points = points_of(circuit, 5)
    one, two = (sector.answer(Ask(points, gradient=True), seed=0, threads=t) for t in (1, 2))
    assert np.array_equal(one.values, two.values)
    assert np.array_equal(one.gradients, two.gradients)


def chain(num_qubits: int, layers: int = 1) -> QuantumCircuit:
    """A wide circuit with one conserved number, in several classes of rows."""
    circuit = QuantumCircuit(num_qubits)
    circuit.x(range(0, num_qubits, 2))
    for layer in range(layers):
        for first in (0, 1):
            for q in range(first, num_qubits - 1, 2):
                angle = Parameter(f"t{layer}_{q}")
                circuit.rxx(angle, q, q + 1)
                circuit.ryy(angle, q, q + 1)
        for q in range(num_qubits):
            circuit.rz(Parameter(f"z{layer}_{q}"), q)
    return circuit


def heisenberg(num_qubits: int) -> SparsePauliOp:
    terms = [(two, [q, q + 1], 1.0) for q in range(num_qubits - 1) for two in ("XX", "YY", "ZZ")]
    return SparsePauliOp.from_sparse_list(terms, num_qubits)


def test_one_number_in_many_rows_and_threads() -> None:
    circuit = chain(14, layers=2)
    sector, dense = both(circuit, heisenberg(14))
    assert len(sector.sector.basis.rows) > 1
    assert sector.sector.size == 3432
    ask = Ask(points_of(circuit, 1), gradient=True)
    found = sector.answer(ask, seed=0, threads=1)
    expected = dense.answer(ask, seed=0, threads=1)
    assert np.allclose(found.values, expected.values, **CLOSE)
    assert np.allclose(found.gradients, expected.gradients, **CLOSE)


def test_threads_within_one_state_do_not_change_bits() -> None:
    circuit = chain(18)  # 48,620 amplitudes: operations are shared by threads
    sector, _ = both(circuit, heisenberg(18))
    ask = Ask(points_of(circuit, 1), gradient=True)
    one, two = (sector.answer(ask, seed=0, threads=t) for t in (1, 2))
    assert np.array_equal(one.values, two.values)
    assert np.array_equal(one.gradients, two.gradients)


def test_found_by_itself_and_turned_off() -> None:
    circuit, operator = chain(12), heisenberg(12)
    point = points_of(circuit, 1)[0]
    found = hybrid.expectation(circuit, operator, point, gradient=True)
    dense = hybrid.expectation(
        circuit, operator, point, gradient=True, simulator=Native(sector=False)
    )
    assert np.allclose(found[0], dense[0], **CLOSE)
    assert np.allclose(found[1], dense[1], **CLOSE)
    estimation = hybrid.simulators.Estimation(flatten(circuit), (compile_observable(operator, 12),))
    described = Native().prepare(estimation).description
    assert "sector (6 of 12 particles): 924 of 4,096 amplitudes" in described
    assert "sector" not in Native(sector=False).prepare(estimation).description
    assert "sector" not in Native("complex64").prepare(estimation).description


def test_a_superposition_of_numbers_is_dense_and_says_so() -> None:
    circuit = QuantumCircuit(8)
    circuit.h(range(8))
    circuit.compose(chain(8), inplace=True)
    estimation = hybrid.simulators.Estimation(
        flatten(circuit), (compile_observable(heisenberg(8), 8),)
    )
    described = Native().prepare(estimation).description
    assert "dense states, since the circuit starts from a superposition" in described


def test_every_call_has_the_keyword() -> None:
    circuit, operator = chain(12), heisenberg(12)
    point = points_of(circuit, 1)[0]
    answers = [
        lambda sector: hybrid.expectation(circuit, operator, point, sector=sector),
        lambda sector: hybrid.estimate(circuit, operator, point, sector=sector).values,
        lambda sector: hybrid.pull_back(circuit, operator, point, [1.0], sector=sector)[1],
        lambda sector: (
            hybrid.minimize(
                hybrid.VQE(circuit, operator), x0=point, max_iterations=1, sector=sector
            ).value
        ),
    ]
    for answer in answers:
        assert np.allclose(answer("auto"), answer(False), rtol=0.0, atol=1e-9)
        with pytest.raises(InputError, match="sector: got 'on', expected 'auto', or False"):
            answer("on")


def test_sector_is_auto_or_false() -> None:
    with pytest.raises(InputError, match="'auto', or False"):
        Native(sector=True)  # type: ignore[arg-type]


def test_a_sector_of_one_state() -> None:
    circuit = QuantumCircuit(8)
    circuit.x([0, 3])
    circuit.rz(Parameter("a"), 0)
    circuit.cp(Parameter("b"), 0, 3)
    operator = SparsePauliOp.from_sparse_list([("ZZ", [0, 3], 2.0), ("X", [1], 1.0)], 8)
    sector, _ = both(circuit, operator)
    found = sector.answer(Ask(np.array([[0.3, 0.4]]), gradient=True), seed=0, threads=1)
    assert sector.sector.size == 1
    assert found.values.tolist() == [2.0]
    assert found.gradients.tolist() == [[0.0, 0.0]]


def test_kernels_refuse_what_leaves_the_sector() -> None:
    sector = both(chain(4), heisenberg(4))[0].sector
    basis = in_rows(sector.basis, 0)
    short = replace(basis, columns=basis.columns[:-1], column_start=np.array([0, basis.size - 1]))
    with pytest.raises(ValueError, match="leaves the sector"):
        replace(sector, basis=short).kernel  # noqa: B018


def test_kernels_refuse_bad_bases() -> None:
    sector = both(chain(4), heisenberg(4))[0].sector
    basis = sector.basis
    for wrong, why in [
        ({"columns": basis.columns | np.uint64(1 << 9)}, "another qubit"),
        ({"columns": np.zeros_like(basis.columns)}, "repeats"),
        ({"column_start": np.array([0, 1])}, "col_start"),
        ({"row_class": np.array([3], dtype=np.int32)}, "without columns"),
        ({"row_qubits": 1 << 9}, "beyond"),
    ]:
        with pytest.raises(ValueError, match=why):
            replace(basis, **wrong).kernel  # noqa: B018
    other = both(chain(4), heisenberg(4))[0]
    with pytest.raises(ValueError, match="another program"):
        sector.kernel.evaluate(other.kernel_observables, np.zeros((1, 7)), False)
    with pytest.raises(ValueError, match="4"):
        _kernels.SectorSum(sector.kernel, both(chain(6), heisenberg(6))[1].kernel_observables[0])


def test_shards_of_a_state_in_a_sector_are_refused() -> None:
    circuit = QuantumCircuit(8)
    circuit.x([0, 3])
    angle = Parameter("a")
    for k in range(7):
        circuit.append(XXPlusYYGate(angle), [k, k + 1])
    inside, _ = both(circuit, SparsePauliOp("IIIIIIIZ"))
    pieces = counted(inside, Ask(np.zeros((1, 1))))
    with pytest.raises(InputError, match="sector=False keeps the state dense"):
        shards_to_try(pieces, Topology.uniform(reference(), 2), Resources(shards=2))

"""Ansatzes that grow: gradients of the pool, ground states, and how growth ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from scipy.linalg import expm

import hybrid
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.journal import open_journal
from hybrid.problems import Molecule
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.settings import build, load
from hybrid.simulators import Aer
from hybrid.workloads import Sampling
from hybrid.workloads.growth import point_of
from tests.settings.run_files import ISING, changed, write
from tests.workloads.test_vqd import _Stop

DATA = Path(__file__).parents[2] / "examples" / "data"
CHEMICAL_ACCURACY = 1.6e-3


def _molecule(name: str, mapper: str = "jordan_wigner") -> Molecule:
    return Molecule.from_fcidump(DATA / f"{name}.fcidump", mapper=mapper)


def _problem(molecule: Molecule, kind: str = "fermionic", **limits: float) -> hybrid.AdaptVQE:
    pool = molecule.pool(kind)
    return hybrid.AdaptVQE(molecule.hartree_fock(), pool, molecule.hamiltonian(), **limits)


def _random_problem(seed: int) -> tuple[QuantumCircuit, list[SparsePauliOp], SparsePauliOp]:
    random = np.random.default_rng(seed)
    reference = QuantumCircuit(3)
    reference.h(0)
    reference.cx(0, 1)
    reference.t(2)
    labels = ["".join(random.choice(list("IXYZ"), 3)) for _ in range(9)]
    strings = [label for label in labels if label != "III"]
    pool = [SparsePauliOp([each], [random.uniform(0.3, 1.5)]) for each in strings]
    energy = SparsePauliOp(["XYZ", "ZZI", "IXX", "YIY", "IIZ"], random.normal(size=5))
    return reference, pool, energy


@pytest.mark.parametrize("simulator", ["native", "aer"])
@pytest.mark.parametrize("seed", [1, 2])
def test_gradients_of_the_pool_are_commutators(seed: int, simulator: str) -> None:
    """The derivative by an operator A behind the state is <i [A, H]>, by dense algebra."""
    reference, pool, energy = _random_problem(seed)
    evaluation = hybrid.AdaptVQE(reference, pool, energy).prepare(Sampling(simulator))
    chosen, angles = (2, 0, 2), np.array([0.3, -0.8, 0.5])
    every = range(len(pool))
    point = point_of((*chosen, *every), np.append(angles, np.zeros(len(pool))))
    told = evaluation.answer(Ask(point[None], gradient=True), seed=0, threads=1)

    from qiskit.quantum_info import Statevector

    state = np.asarray(Statevector(reference).data)
    for number, angle in zip(chosen, angles, strict=True):
        state = expm(-1j * angle * pool[number].to_matrix()) @ state
    matrix = energy.to_matrix()
    commutators = [1j * (each.to_matrix() @ matrix - matrix @ each.to_matrix()) for each in pool]
    expected = [np.vdot(state, each @ state).real for each in commutators]
    assert told.values[0] == pytest.approx(np.vdot(state, matrix @ state).real, abs=1e-12)
    np.testing.assert_allclose(told.gradients[0, -len(pool) :], expected, atol=1e-10)
    assert not told.gradients[0, : 3 + len(pool)].any()


@pytest.mark.ranks
@pytest.mark.parametrize("kind", ["fermionic", "qubit"])
@pytest.mark.parametrize("mapper", ["jordan_wigner", "parity"])
def test_hydrogen_takes_one_operator(kind: str, mapper: str) -> None:
    result = hybrid.minimize(_problem(_molecule("h2", mapper), kind), seed=1)
    assert result.outcome is Outcome.CONVERGED
    assert len(result.operators) == 1
    assert result.value == pytest.approx(-1.1373060, abs=1e-6)


@pytest.mark.parametrize(("kind", "most"), [("fermionic", 8), ("qubit", 12)])
def test_lithium_hydride_to_chemical_accuracy(kind: str, most: int) -> None:
    molecule = _molecule("lih")
    problem = _problem(molecule, kind, max_operators=most)
    result = hybrid.minimize(problem, seed=1)
    assert result.value == pytest.approx(-7.8824019, abs=CHEMICAL_ACCURACY)
    assert np.all(np.diff(result.values) <= 1e-12)
    circuit = problem.circuit(result.operators)
    again = hybrid.expectation(circuit, molecule.hamiltonian(), result.x)
    np.testing.assert_allclose(again, result.value, atol=1e-12)


def test_the_rules_that_end_it() -> None:
    molecule = _molecule("lih")
    few = hybrid.minimize(_problem(molecule, max_operators=3), seed=1)
    assert (few.outcome, len(few.x), few.values.shape) == (Outcome.LIMIT, 3, (3,))
    flat = hybrid.minimize(_problem(molecule, gradient_tolerance=0.05), seed=1)
    assert "the norm of the pool's gradients is" in flat.message
    gain = hybrid.minimize(_problem(molecule, energy_tolerance=1e-3), seed=1)
    assert gain.values[-2] - gain.values[-1] <= 1e-3 < gain.values[-3] - gain.values[-2]
    at_once = hybrid.minimize(_problem(molecule, energy_tolerance=1.0), seed=1)
    assert (len(at_once.x), at_once.outcome) == (1, Outcome.CONVERGED)
    gained = molecule.hartree_fock_energy() - at_once.value
    assert f"1 operators; the last has gained {gained:.2g}." in at_once.message


@pytest.mark.ranks
def test_the_same_bits_on_all_ranks(alone: World) -> None:
    problem = _problem(_molecule("lih"), max_operators=4)
    together = hybrid.minimize(problem, seed=3)
    with use(alone):
        one = hybrid.minimize(problem, seed=3)
    assert together.x.tobytes() == one.x.tobytes()
    assert together.history.values.tobytes() == one.history.values.tobytes()


def test_it_resumes_in_the_middle_of_a_growth(tmp_path: Path) -> None:
    problem, path = _problem(_molecule("lih"), max_operators=5), tmp_path / "run.db"
    whole = hybrid.minimize(problem, seed=3)
    with pytest.raises(RuntimeError, match="out of power"):
        hybrid.minimize(problem, seed=3, journal=path, observer=_Stop(15, error=True))
    with open_journal(path) as journal:
        assert 2 < list(journal)[-1].ask.points.shape[1] < 10
    resumed = hybrid.minimize(problem, seed=3, journal=path)
    assert resumed.operators == whole.operators
    assert resumed.x.tobytes() == whole.x.tobytes()
    assert resumed.values.tobytes() == whole.values.tobytes()
    stopped = hybrid.minimize(problem, seed=3, observer=_Stop(15, error=False))
    count = len(stopped.operators)
    assert stopped.outcome is Outcome.STOPPED
    assert 0 < count < 5
    assert stopped.values.tobytes() == whole.values[:count].tobytes()


def test_other_optimizers_and_shots() -> None:
    molecule = _molecule("h2")
    for optimizer in ("QNG", "COBYLA", "BFGS"):
        result = hybrid.minimize(_problem(molecule), optimizer, seed=1)
        assert result.value == pytest.approx(-1.1373060, abs=1e-4)
    sampled = hybrid.minimize(
        _problem(molecule, max_operators=1), "Adam", simulator=Aer(), shots=2000, seed=1,
        max_iterations=3, options={"learning_rate": 0.05},
    )  # fmt: skip
    assert sampled.operators == ("0a 0b -> 1a 1b",)
    assert sampled.standard_error > 0.0


def test_a_flat_start_is_no_success() -> None:
    problem = hybrid.AdaptVQE(QuantumCircuit(2), [SparsePauliOp("ZI")], SparsePauliOp("XX"))
    result = hybrid.minimize(problem, seed=1)
    assert result.outcome is Outcome.STATIONARY_START
    assert not result.success
    assert (result.x.shape, result.operators, result.value) == ((0,), (), 0.0)
    assert "No operator of the pool has a gradient" in result.message


def test_bad_input() -> None:
    energy, bare = SparsePauliOp("XX"), QuantumCircuit(2)
    for pool, said in [
        ([], "got no operator"),
        (energy, "pool: got SparsePauliOp"),
        ([SparsePauliOp("X")], "operator '0' of the pool: got an operator on 1 qubits"),
        ({"a": SparsePauliOp("XX", [1j])}, "operator 'a' of the pool"),
        ([SparsePauliOp("II")], "got zero, or a multiple of the identity"),
        ({1: energy, "1": SparsePauliOp("YY")}, "pool: got two names that are spelled alike"),
    ]:
        with pytest.raises(InputError, match=said):
            hybrid.AdaptVQE(bare, pool, energy)
    with pytest.raises(InputError, match="reference: got a circuit with 3 parameters"):
        hybrid.AdaptVQE(_molecule("h2").uccsd(), [SparsePauliOp("XXXX")], SparsePauliOp("ZZZZ"))
    for name in ("gradient_tolerance", "energy_tolerance", "max_operators"):
        with pytest.raises(InputError, match=name):
            hybrid.AdaptVQE(bare, [energy], energy, **{name: 0})
    with pytest.raises(InputError, match="x0"):
        hybrid.minimize(hybrid.AdaptVQE(bare, [energy], energy), x0=[0.1])
    with pytest.raises(InputError, match="operators: got 'YY', expected names of the pool, such"):
        hybrid.AdaptVQE(bare, {"XX": energy}, energy).circuit(["XX", "YY"])
    with pytest.raises(InputError, match="one of 'fermionic', 'qubit'"):
        _molecule("h2").pool("gsd")


def test_from_a_run_file(tmp_path: Path) -> None:
    problem = {"kind": "molecule", "fcidump": str(DATA / "h2.fcidump")}
    tables = {"problem": problem, "ansatz": {"kind": "adapt", "pool": "qubit", "max_operators": 2}}
    job = build(load(write(tmp_path, tables)))
    assert job.workload.description == "AdaptVQE: 4 qubits, pool of 12, 15 terms"
    assert job.workload.limits.operators == 2
    with pytest.raises(InputError, match="'vqd' with ansatz 'adapt'"):
        load(write(tmp_path, {**tables, "workload": {"kind": "vqd", "states": 2}}))
    with pytest.raises(InputError, match="'adapt', which does not fit"):
        load(write(tmp_path, changed(ISING, ansatz={"kind": "adapt"})))

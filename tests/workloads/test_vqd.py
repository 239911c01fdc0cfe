"""Lowest states by deflation, against exact diagonalisation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.journal import open_journal
from hybrid.problems import Molecule
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.settings import build, load
from tests import oracle
from tests.settings.run_files import ISING, changed, write

DATA = Path(__file__).parents[2] / "examples" / "data"


def _any_state(num_qubits: int = 2) -> QuantumCircuit:
    """Return a circuit that reaches every state of two qubits."""
    angles = iter(ParameterVector("a", 18))
    circuit = QuantumCircuit(num_qubits)
    for layer in range(3):
        for qubit in range(2):
            circuit.rz(next(angles), qubit)
            circuit.ry(next(angles), qubit)
            circuit.rz(next(angles), qubit)
        if layer < 2:
            circuit.cx(0, 1)
    return circuit


FIELD = SparsePauliOp(["ZZ", "XI", "IX", "IZ"], [1.0, 0.4, -0.7, 0.3])


def _energies(molecule: Molecule) -> np.ndarray:
    """Return the exact energies of states with the molecule's electrons."""
    matrix = molecule.hamiltonian().to_matrix(sparse=True).tocsr()
    alpha, beta = (
        each.to_matrix(sparse=True).diagonal().real for each in molecule.sector().numbers
    )
    wanted = np.isclose(alpha, molecule.num_electrons[0])
    inside = np.flatnonzero(wanted & np.isclose(beta, molecule.num_electrons[1]))
    return np.linalg.eigvalsh(matrix[inside][:, inside].toarray())


@pytest.mark.ranks
def test_all_states_of_hydrogen() -> None:
    molecule = Molecule.from_fcidump(DATA / "h2.fcidump")
    problem = hybrid.VQD(molecule.uccsd(layers=2), molecule.hamiltonian(), states=4)
    result = hybrid.minimize(problem, seed=1)
    assert result.success
    assert result.x.shape == (4, problem.num_parameters)
    np.testing.assert_allclose(result.values, _energies(molecule), atol=1e-6)
    assert result.value == result.values[0]
    again = hybrid.expectation(problem.circuit, molecule.hamiltonian(), result.x)
    np.testing.assert_allclose(again, result.values, atol=1e-12)


def test_the_lowest_states_of_lithium_hydride() -> None:
    molecule = Molecule.from_fcidump(DATA / "lih.fcidump")
    problem = hybrid.VQD(
        molecule.uccsd(layers=2), molecule.hamiltonian(), states=2, weight=0.5, starts=1
    )
    result = hybrid.minimize(problem, seed=1, tolerance=1e-6)
    np.testing.assert_allclose(result.values, _energies(molecule)[:2], atol=1.6e-3)


@pytest.mark.parametrize("observable", [FIELD, FIELD * 1e-6, SparsePauliOp(["ZZ", "II"], [1, 2])])
def test_every_state_degenerate_ones_apart(observable: SparsePauliOp) -> None:
    result = hybrid.minimize(hybrid.VQD(_any_state(), observable, states=4), seed=3)
    exact = np.linalg.eigvalsh(observable.to_matrix())
    assert result.success, result.message
    np.testing.assert_allclose(result.values, exact, atol=1e-4 * np.abs(exact).max())
    states = np.array([oracle.state_of(_any_state(), each) for each in result.x])
    np.testing.assert_allclose(np.abs(states.conj() @ states.T) ** 2, np.eye(4), atol=1e-3)


def test_of_one_state_it_is_vqe() -> None:
    plain = hybrid.minimize(hybrid.VQE(_any_state(), FIELD), seed=5)
    alone = hybrid.minimize(hybrid.VQD(_any_state(), FIELD, states=1), seed=5)
    assert alone.x[0].tobytes() == plain.x.tobytes()
    assert alone.values[0] == pytest.approx(plain.value, abs=1e-14)
    assert plain.values is None
    problem = hybrid.VQD(_any_state(), FIELD, states=1)
    sampled = hybrid.minimize(problem, "SPSA", simulator="aer", shots=100, seed=5, max_iterations=2)
    assert sampled.standard_error > 0.0


def test_states_that_the_ansatz_cannot_tell_apart() -> None:
    angle = ParameterVector("a", 1)
    ansatz = QuantumCircuit(2)
    ansatz.ry(angle[0], 0)
    problem = hybrid.VQD(ansatz, SparsePauliOp("IZ"), states=3)
    result = hybrid.minimize(problem, seed=1, x0=[0.3])
    assert result.outcome is Outcome.FAILED
    assert not result.success
    assert "are not distinct" in result.message
    np.testing.assert_allclose(result.values[[0, -1]], [-1.0, 1.0], atol=1e-6)


@pytest.mark.ranks
def test_the_same_bits_on_all_ranks(alone: World) -> None:
    problem = hybrid.VQD(_any_state(), FIELD, states=3)
    together = hybrid.minimize(problem, seed=3)
    with use(alone):
        one = hybrid.minimize(problem, seed=3)
    assert together.x.tobytes() == one.x.tobytes()
    assert together.history.values.tobytes() == one.history.values.tobytes()


class _Stop:
    """Ends a run after some answers, with an error or with a reason."""

    def __init__(self, after: int, error: bool) -> None:
        self.left, self.error = after, error

    def started(self, description: object) -> None:
        pass

    def progressed(self, progress: object) -> str | None:
        self.left -= 1
        if self.left == 0 and self.error:
            raise RuntimeError("out of power")
        return "enough" if self.left <= 0 else None

    def finished(self, result: object) -> None:
        pass


def test_it_resumes_in_the_middle_of_the_second_state(tmp_path: Path) -> None:
    problem, path = hybrid.VQD(_any_state(), FIELD, states=2, starts=1), tmp_path / "run.db"
    whole = hybrid.minimize(problem, seed=3)
    first = hybrid.minimize(hybrid.VQE(_any_state(), FIELD), seed=3).evaluations
    with pytest.raises(RuntimeError, match="out of power"):
        hybrid.minimize(problem, seed=3, journal=path, observer=_Stop(first + 7, error=True))
    with open_journal(path) as journal:
        assert list(journal)[-1].ask.others.shape == (1, 18)
    resumed = hybrid.minimize(problem, seed=3, journal=path)
    assert resumed.x.tobytes() == whole.x.tobytes()
    assert resumed.values.tobytes() == whole.values.tobytes()
    with open_journal(path) as journal:
        assert journal.completed["values"] == whole.values.tolist()


def test_a_run_that_is_stopped_keeps_the_states_found() -> None:
    problem = hybrid.VQD(_any_state(), FIELD, states=3)
    first = hybrid.minimize(hybrid.VQE(_any_state(), FIELD), seed=3)
    found = hybrid.minimize(problem, seed=3, observer=_Stop(first.evaluations + 7, error=False))
    assert found.outcome is Outcome.STOPPED
    assert found.x.tobytes() == first.x.tobytes()
    assert found.values.tolist() == [first.value]
    assert "in the search for state 1 (enough); the states found" in found.message
    none = hybrid.minimize(problem, seed=3, observer=_Stop(2, error=False))
    assert none.x.shape == (1, 18)
    assert np.isnan(none.value)


def test_states_of_a_run_that_is_stopped_are_in_ascending_order() -> None:
    problem = hybrid.VQD(_any_state(), FIELD, states=4, weight=0.01, starts=1)
    counted = _Stop(10_000, error=False)
    hybrid.minimize(problem, "COBYLA", seed=3, max_iterations=20, observer=counted)
    stop = _Stop(10_000 - counted.left - 3, error=False)
    found = hybrid.minimize(problem, "COBYLA", seed=3, max_iterations=20, observer=stop)
    assert (found.outcome, found.x.shape) == (Outcome.STOPPED, (3, 18))
    assert (np.diff(found.values) >= 0.0).all()
    assert found.value == found.values[0]
    energies = hybrid.expectation(_any_state(), FIELD, found.x)
    assert (np.abs(energies - found.values) <= 0.01 * 3).all()


def test_bad_input() -> None:
    for states in (0, 5, 1.5, True, None):
        with pytest.raises(InputError, match="expected an integer from 1 to 4"):
            hybrid.VQD(_any_state(), FIELD, states=states)
    with pytest.raises(InputError, match="weight"):
        hybrid.VQD(_any_state(), FIELD, states=2, weight=-1.0)
    with pytest.raises(InputError, match="starts"):
        hybrid.VQD(_any_state(), FIELD, states=2, starts=0)
    with pytest.raises(InputError, match="got overlaps, expected at most gradients, values"):
        hybrid.minimize(hybrid.VQD(_any_state(), FIELD, states=2), simulator="aer")


def test_from_a_run_file(tmp_path: Path) -> None:
    tables = changed(ISING, workload={"kind": "vqd", "states": 2, "weight": 4.0})
    job = build(load(write(tmp_path, tables)))
    assert job.workload.description == "VQD of 2 states: 2 qubits, 4 parameters, 3 terms"
    assert (job.workload.states, job.workload.weight, job.workload.starts) == (2, 4.0, 4)
    with pytest.raises(InputError, match=r"workload\.states"):
        load(write(tmp_path, changed(ISING, workload={"kind": "vqd"})))

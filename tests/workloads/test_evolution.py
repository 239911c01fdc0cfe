"""Variational time evolution against exact evolution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import PauliEvolutionGate, XXPlusYYGate
from qiskit.quantum_info import SparsePauliOp
from scipy.linalg import expm

import hybrid
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.journal import open_journal
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.settings import build, load
from tests import oracle
from tests.settings.run_files import ISING, changed, write
from tests.workloads.test_vqd import _Stop

TIMES = np.linspace(0.0, 1.0, 5)


def _chain(num_qubits: int, field: float) -> tuple[SparsePauliOp, SparsePauliOp]:
    """Return the two parts of the transverse-field Ising Hamiltonian of an open chain."""
    bonds = [("ZZ", [k, k + 1], -1.0) for k in range(num_qubits - 1)]
    fields = [("X", [k], -field) for k in range(num_qubits)]
    return (
        SparsePauliOp.from_sparse_list(bonds, num_qubits),
        SparsePauliOp.from_sparse_list(fields, num_qubits),
    )


def _ansatz(num_qubits: int, layers: int) -> QuantumCircuit:
    """Return layers of the Hamiltonian's own evolutions, one parameter for each term."""
    bonds, fields = _chain(num_qubits, 1.0)
    angles = iter(ParameterVector("a", layers * (len(bonds) + len(fields))))
    circuit = QuantumCircuit(num_qubits)
    for _ in range(layers):
        for part in (fields, bonds):
            for string in part.paulis:
                circuit.append(
                    PauliEvolutionGate(SparsePauliOp(string), next(angles)), range(num_qubits)
                )
    return circuit


def _distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return the norm of the difference of two states, up to a phase."""
    return float(np.sqrt(max(0.0, 2.0 - 2.0 * abs(np.vdot(one, other)))))


@pytest.mark.parametrize("layers", [1, 3])
def test_a_quench_of_the_ising_chain(layers: int) -> None:
    hamiltonian, ansatz = sum(_chain(4, 0.8)).simplify(), _ansatz(4, layers)
    result = hybrid.minimize(hybrid.TimeEvolution(ansatz, hamiltonian, TIMES))
    assert result.outcome is Outcome.FINISHED
    assert result.x.shape == (5, ansatz.num_parameters)
    start, matrix = oracle.state_of(ansatz, result.x[0]), hamiltonian.to_matrix()
    for time, x, bound, energy in zip(
        TIMES, result.x, result.error_bounds, result.values, strict=True
    ):
        state = oracle.state_of(ansatz, x)
        distance = _distance(expm(-1j * time * matrix) @ start, state)
        assert distance <= bound + 1e-4
        assert energy == pytest.approx(np.vdot(state, matrix @ state).real, abs=1e-10)
    np.testing.assert_array_equal(result.point, result.x[-1])
    if layers == 3:
        assert distance < 0.05
    else:
        assert bound > 0.1


def test_an_ansatz_that_follows_exactly_has_no_error() -> None:
    hamiltonian = SparsePauliOp(["ZI", "IX", "IZ"], [0.4, 0.3, -0.7])
    angles = ParameterVector("a", 4)
    ansatz = QuantumCircuit(2)
    ansatz.h([0, 1])
    ansatz.rz(angles[0], 1)
    ansatz.rz(angles[1], 0)
    ansatz.rx(angles[2], 0)
    ansatz.rz(angles[3], 0)
    result = hybrid.minimize(
        hybrid.TimeEvolution(ansatz, hamiltonian, [0.5, 1.0], tolerance=1e-9),
        x0=[0.0, 0.1, 0.2, 0.3],
    )
    exact = expm(-1j * hamiltonian.to_matrix()) @ oracle.state_of(ansatz, [0.0, 0.1, 0.2, 0.3])
    assert _distance(exact, oracle.state_of(ansatz, result.x[-1])) < 1e-5
    assert result.error_bounds[-1] < 1e-5
    assert len(result.x) == 2


def test_imaginary_time_reaches_the_ground_state() -> None:
    hamiltonian, ansatz = sum(_chain(3, 0.7)).simplify(), _ansatz(3, 2)
    turned = ansatz.compose(QuantumCircuit(3), front=True)
    problem = hybrid.TimeEvolution(turned, hamiltonian, [4.0, 8.0], imaginary=True, tolerance=1e-5)
    result = hybrid.minimize(problem, x0=np.full(problem.num_parameters, 0.2))
    assert result.error_bounds is None
    assert result.values[1] <= result.values[0] + 1e-9
    plus = QuantumCircuit(3)
    plus.h(range(3))
    angles = ParameterVector("b", 6)
    for k in range(3):
        plus.ry(angles[k], k)
    plus.cz(0, 1)
    plus.cz(1, 2)
    for k in range(3):
        plus.ry(angles[3 + k], k)
    lowest = np.linalg.eigvalsh(hamiltonian.to_matrix())[0]
    flow = hybrid.minimize(
        hybrid.TimeEvolution(plus, hamiltonian, [10.0], imaginary=True, tolerance=1e-5)
    )
    best = hybrid.minimize(hybrid.VQE(plus, hamiltonian), x0=flow.x[0] + 0.01)
    assert flow.value == pytest.approx(best.value, abs=1e-3)
    assert flow.value >= lowest - 1e-9


def test_a_short_imaginary_time_is_that_of_the_exact_flow() -> None:
    hamiltonian = SparsePauliOp(["Z", "X"], [0.6, 0.5])
    angles = ParameterVector("a", 2)
    ansatz = QuantumCircuit(1)
    ansatz.ry(angles[0], 0)
    ansatz.rz(angles[1], 0)
    start = np.array([0.4, 0.3])
    result = hybrid.minimize(
        hybrid.TimeEvolution(ansatz, hamiltonian, [0.7], imaginary=True, tolerance=1e-8), x0=start
    )
    exact = expm(-0.7 * hamiltonian.to_matrix()) @ oracle.state_of(ansatz, start)
    exact /= np.linalg.norm(exact)
    assert _distance(exact, oracle.state_of(ansatz, result.x[0])) < 1e-5


@pytest.mark.ranks
def test_the_same_bits_on_all_ranks(alone: World) -> None:
    problem = hybrid.TimeEvolution(_ansatz(3, 2), sum(_chain(3, 0.8)).simplify(), TIMES)
    together = hybrid.minimize(problem)
    with use(alone):
        one = hybrid.minimize(problem)
    assert together.x.tobytes() == one.x.tobytes()
    assert together.error_bounds.tobytes() == one.error_bounds.tobytes()


def test_it_resumes_with_the_same_bits(tmp_path: Path) -> None:
    problem = hybrid.TimeEvolution(_ansatz(3, 1), sum(_chain(3, 0.8)).simplify(), TIMES)
    whole = hybrid.minimize(problem, seed=1)
    path = tmp_path / "run.db"
    with pytest.raises(RuntimeError, match="out of power"):
        hybrid.minimize(problem, seed=1, journal=path, observer=_Stop(20, error=True))
    resumed = hybrid.minimize(problem, seed=1, journal=path)
    assert resumed.replayed >= 20
    assert resumed.x.tobytes() == whole.x.tobytes()
    with open_journal(path) as journal:
        assert journal.completed["error_bounds"] == whole.error_bounds.tolist()


def test_a_run_that_is_stopped_keeps_the_times_reached() -> None:
    problem = hybrid.TimeEvolution(_ansatz(3, 1), sum(_chain(3, 0.8)).simplify(), TIMES)
    whole = hybrid.minimize(problem, seed=1)
    cut = hybrid.minimize(problem, observer=_Stop(whole.evaluations // 2, error=False))
    assert cut.outcome is Outcome.STOPPED
    assert 1 <= len(cut.x) < 5
    assert cut.x.tobytes() == whole.x[: len(cut.x)].tobytes()


def test_the_header_names_the_integrator() -> None:
    class Listener(_Stop):
        def started(self, description: object) -> None:
            self.optimizer = description.optimizer

    listener = Listener(10**9, error=False)
    problem = hybrid.TimeEvolution(_ansatz(2, 1), sum(_chain(2, 0.8)).simplify(), [0.1])
    hybrid.minimize(problem, observer=listener)
    assert listener.optimizer == "RK45"


@pytest.mark.parametrize(
    "settings",
    [{"optimizer": "Adam"}, {"max_iterations": 3}, {"tolerance": 1e-3}, {"options": {"maxls": 9}}],
    ids=str,
)
def test_settings_of_optimizers_are_refused(settings: dict) -> None:
    problem = hybrid.TimeEvolution(_ansatz(2, 1), SparsePauliOp("ZZ"), [1.0])
    with pytest.raises(InputError, match="RK45 takes the steps"):
        hybrid.minimize(problem, **settings)


def test_from_a_run_file(tmp_path: Path) -> None:
    evolution = {"kind": "evolution", "times": [0.5, 1], "tolerance": 1e-5}
    job = build(load(write(tmp_path, changed(ISING, workload=evolution))))
    assert isinstance(job.workload, hybrid.TimeEvolution)
    assert job.workload.times.tolist() == [0.5, 1.0]
    assert not job.workload.imaginary
    for wrong in ({"times": [1.0, 0.5]}, {"times": []}, {"regularization": 1.0}):
        path = write(tmp_path, changed(ISING, workload=evolution | wrong))
        with pytest.raises(InputError, match=r"times|regularization"):
            build(load(path))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"times": [0.0, 0.0]}, "ascending"),
        ({"times": [-1.0]}, "ascending"),
        ({"times": []}, "times"),
        ({"times": [np.inf]}, "times"),
        ({"times": [[0.1, 0.2]]}, "times"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"regularization": 1.0}, "regularization"),
    ],
)
def test_bad_input(changes: dict, match: str) -> None:
    arguments = {"times": [1.0], **changes}
    with pytest.raises(InputError, match=match):
        hybrid.TimeEvolution(_ansatz(2, 1), SparsePauliOp("ZZ"), **arguments)


def test_an_ansatz_in_a_symmetry_sector_has_the_dense_forces() -> None:
    num_qubits = 8
    angles = iter(ParameterVector("a", num_qubits - 1))
    circuit = QuantumCircuit(num_qubits)
    circuit.x([0, 2, 4, 6])
    for k in range(num_qubits - 1):
        circuit.append(XXPlusYYGate(next(angles)), [k, k + 1])
    hamiltonian = SparsePauliOp.from_sparse_list(
        [("ZZ", [k, k + 1], 1.0) for k in range(num_qubits - 1)]
        + [(pair, [k, k + 1], 0.5) for k in range(num_qubits - 1) for pair in ("XX", "YY")],
        num_qubits,
    )
    point = np.linspace(0.1, 0.9, num_qubits - 1)
    inside = hybrid.estimate(circuit, hamiltonian, point, force=True)
    dense = hybrid.estimate(circuit, hamiltonian, point, force=True, sector=False)
    np.testing.assert_allclose(inside.forces, dense.forces, atol=1e-12)


def test_a_state_that_no_parameter_moves_stays() -> None:
    angle = ParameterVector("a", 1)
    ansatz = QuantumCircuit(1)
    ansatz.rz(angle[0], 0)
    result = hybrid.minimize(hybrid.TimeEvolution(ansatz, SparsePauliOp("X"), [0.3]))
    np.testing.assert_array_equal(result.x, [[0.0]])
    assert result.error_bounds[0] == pytest.approx(0.3)


def test_a_simulator_without_states_is_refused() -> None:
    problem = hybrid.TimeEvolution(_ansatz(2, 1), SparsePauliOp("ZZ"), [1.0])
    with pytest.raises(InputError, match="forces"):
        hybrid.minimize(problem, simulator="aer", shots=100)

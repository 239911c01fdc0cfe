"""The loop: known ground states, what it records, and how it ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from hybrid.loop.result import Progress, Result, RunDescription
from hybrid.problems import MaxCut, Molecule

DATA = Path(__file__).parents[2] / "examples" / "data"
CHAIN = SparsePauliOp(["ZZI", "IZZ", "XII", "IXI", "IIX"], [-1.0, -1.0, -0.7, -0.7, -0.7])
PROBLEM = hybrid.VQE(real_amplitudes(3, reps=2), CHAIN)
GROUND = float(np.linalg.eigvalsh(CHAIN.to_matrix())[0])


class Listener:
    """Writes down what a run says of itself."""

    def __init__(self, action: object = None) -> None:
        self.heard: list[object] = []
        self.action = action

    def started(self, description: RunDescription) -> None:
        self.heard.append(description)

    def progressed(self, progress: Progress) -> None:
        self.heard.append(progress)
        if callable(self.action):
            self.action(progress)

    def finished(self, result: Result) -> None:
        self.heard.append(result)


@pytest.mark.ranks
@pytest.mark.parametrize("name", ["L-BFGS-B", "BFGS", "SLSQP", "trust-constr"])
def test_gradient_methods_find_the_ground_state(name: str) -> None:
    result = hybrid.minimize(PROBLEM, name, seed=3)
    assert result.value == pytest.approx(GROUND, abs=1e-4)
    assert result.success, result.message


@pytest.mark.parametrize("name", ["COBYLA", "COBYQA", "Nelder-Mead", "Powell", "SPSA", "Adam"])
def test_other_methods_come_near_it(name: str) -> None:
    bound = {"SPSA": 400, "Adam": 300}.get(name, 2000)
    result = hybrid.minimize(PROBLEM, name, seed=3, max_iterations=bound)
    assert result.value < GROUND + 0.2
    assert result.message


@pytest.mark.ranks
def test_hydrogen_reaches_full_configuration_interaction() -> None:
    hydrogen = Molecule.from_fcidump(DATA / "h2.fcidump")
    result = hybrid.minimize(hybrid.VQE(hydrogen.uccsd(), hydrogen.hamiltonian()))
    exact = float(np.linalg.eigvalsh(hydrogen.hamiltonian().to_matrix())[0])
    assert result.history.values[0] == pytest.approx(hydrogen.hartree_fock_energy(), abs=1e-10)
    assert result.value == pytest.approx(exact, abs=1e-7)


def test_qaoa_beats_a_random_cut() -> None:
    graph = MaxCut.from_edge_list(DATA / "maxcut_12.edges")
    problem = hybrid.QAOA(graph.cost(), depth=2)
    result = hybrid.minimize(problem)
    random_cut = -graph.num_edges / 2
    # The ramp that it starts from is already better than a random cut.
    assert result.history.values[0] < random_cut - 1.0
    assert -graph.best_cut().value < result.value < -0.75 * graph.best_cut().value


@pytest.mark.ranks
def test_the_result_is_complete() -> None:
    result = hybrid.minimize(PROBLEM, seed=3)
    assert result.x.shape == (PROBLEM.num_parameters,)
    assert len(result.history) > 0
    assert result.evaluations == result.history.evaluations[-1]
    assert result.iterations >= result.history.iterations[-1] - 1
    assert result.value == result.history.best_values[-1]
    assert result.wall_time >= result.history.wall_times[-1] > 0
    assert result.core_seconds > 0
    assert result.seed == 3
    again = hybrid.expectation(real_amplitudes(3, reps=2), CHAIN, result.x)
    assert again[0] == result.value
    assert "converged" in str(result)


@pytest.mark.ranks
def test_observers_hear_everything_on_rank_0_alone(job: hybrid.runtime.World) -> None:
    listener = Listener()
    result = hybrid.minimize(PROBLEM, seed=3, observer=listener)
    if job.rank > 0:
        assert listener.heard == []
        return
    description, *progress, last = listener.heard
    assert isinstance(description, RunDescription)
    assert description.ranks == job.size
    assert description.num_parameters == PROBLEM.num_parameters
    assert "piece" in description.plan
    assert last is result
    assert len(progress) == len(result.history)
    assert isinstance(progress[-1], Progress)
    assert progress[-1].best_value == result.value


@pytest.mark.ranks
def test_an_observer_that_fails_ends_the_run_everywhere(job: hybrid.runtime.World) -> None:
    def fail(progress: Progress) -> None:
        raise ZeroDivisionError("the observer is broken")

    with pytest.raises(Exception, match="the observer is broken"):
        hybrid.minimize(PROBLEM, seed=3, observer=Listener(fail))


@pytest.mark.ranks
def test_control_c_keeps_the_best_point() -> None:
    def interrupt(progress: Progress) -> None:
        if progress.evaluations == 3:
            os.kill(os.getpid(), signal.SIGINT)

    result = hybrid.minimize(PROBLEM, seed=3, observer=Listener(interrupt))
    assert not result.success
    assert "Interrupted" in result.message
    assert result.evaluations == 3
    assert result.value == min(result.history.values)


def test_a_cost_that_turns_nan_stops_and_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    from hybrid.simulators.native.evaluation import NativeEvaluation

    combine = NativeEvaluation.combine
    calls = []

    def spoiled(self, ask, partials):
        told = combine(self, ask, partials)
        calls.append(told)
        if len(calls) == 4:
            told.values[:] = np.nan
        return told

    monkeypatch.setattr(NativeEvaluation, "combine", spoiled)
    result = hybrid.minimize(PROBLEM, seed=3)
    assert len(calls) == 4
    assert not result.success
    assert "nan" in result.message
    assert result.value == min(told.values[0] for told in calls[:3])


@pytest.mark.ranks
def test_without_a_seed_all_ranks_share_a_fresh_one() -> None:
    first = hybrid.minimize(PROBLEM, max_iterations=2)
    second = hybrid.minimize(PROBLEM, max_iterations=2)
    assert first.seed != second.seed
    again = hybrid.minimize(PROBLEM, max_iterations=2, seed=first.seed)
    assert again.value == first.value


@pytest.mark.ranks
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x0": [0.0]}, r"x0: got shape \(1,\), expected shape \(9,\)"),
        ({"x0": np.full(9, np.nan)}, "x0: got nan for parameter 0"),
        ({"optimizer": "L-BFGS"}, "did you mean 'L-BFGS-B'"),
        ({"optimizer": 3}, "optimizer"),
        ({"options": {"maxcore": 3}}, "maxcore"),
        ({"shots": 0}, "shots: got 0"),
        ({"simulator": "qulacs"}, "qulacs"),
        ({"workload": real_amplitudes(2)}, "workload: got QuantumCircuit"),
    ],
)
def test_bad_input_is_refused_before_anything_runs(change: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        hybrid.minimize(**({"workload": PROBLEM} | change))


def test_bad_workloads_are_refused() -> None:
    with pytest.raises(InputError, match=r"workload: got <class .*VQE'>, expected a workload"):
        hybrid.minimize(hybrid.VQE)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no parameters"):
        hybrid.VQE(QuantumCircuit(1), SparsePauliOp("Z"))
    with pytest.raises(InputError, match="a string with X or Y"):
        hybrid.QAOA(SparsePauliOp("X"), 1)
    with pytest.raises(InputError, match="depth: got 0"):
        hybrid.QAOA(SparsePauliOp("Z"), 0)
    ansatz = QuantumCircuit(1)
    ansatz.ry(Parameter("a"), 0)
    with pytest.raises(InputError, match="an operator on 2 qubits"):
        hybrid.VQE(ansatz, SparsePauliOp("ZZ"))

"""Rotosolve: its waves, its minima, and costs that are none."""

from __future__ import annotations

import numpy as np
import pytest
from optimizer_driver import drive
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.optimizers import Rotosolve
from hybrid.simulators import Native

ISING = SparsePauliOp(["ZZI", "IZZ", "XII", "IXI", "IIX"], [-1.0, -1.0, -0.7, -0.7, -0.7])
PROBLEM = hybrid.VQE(real_amplitudes(3, reps=2), ISING)
GROUND = float(np.linalg.eigvalsh(ISING.to_matrix())[0])


@pytest.mark.parametrize("highest", [1, 2, 3, 6])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_parameter_goes_to_the_lowest_point_of_its_waves(highest: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    cosines, sines = random.normal(size=(2, highest + 1))

    def cost(x: np.ndarray) -> float:
        phases = np.arange(highest + 1) * x[0]
        return float(cosines @ np.cos(phases) + sines @ np.sin(phases))

    steps = Rotosolve(frequencies=highest, max_iterations=1).steps(np.array([0.4]), 0)
    run = drive(steps, cost)
    assert [len(ask.points) for ask in run.asks] == [2 * highest + 2, 1]
    grid = np.linspace(-np.pi, np.pi, 20001)
    assert run.tolds[-1].values[0] <= min(cost([angle]) for angle in grid) + 1e-9


@pytest.mark.ranks
@pytest.mark.parametrize("factor", [1.0, 1e-6])
def test_it_finds_the_ground_state(factor: float) -> None:
    problem = hybrid.VQE(real_amplitudes(3, reps=2), factor * ISING)
    found = hybrid.minimize(problem, "Rotosolve", seed=1)
    assert found.value / factor == pytest.approx(GROUND, abs=1e-5)
    assert found.outcome is Outcome.CONVERGED


def one_angle(make: str) -> hybrid.VQE:
    angle = Parameter("a")
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    circuit.rz(0.3, 1)
    if make == "twice":
        circuit.rz(angle, 0)
        circuit.ry(angle, 0)
    elif make == "scaled":
        circuit.ry(1.5 * angle, 0)
    else:
        circuit.cry(angle, 1, 0)
    return hybrid.VQE(circuit, SparsePauliOp(["IZ", "XI", "IX"], [1.0, 0.3, 0.5]))


@pytest.mark.ranks
@pytest.mark.parametrize("make", ["twice", "scaled", "controlled"])
def test_other_frequencies_are_refused(make: str) -> None:
    with pytest.raises(Exception, match="the cost along parameter 0: got a value that differs"):
        hybrid.minimize(one_angle(make), "Rotosolve", x0=[0.7], seed=1)


def test_an_angle_of_two_gates_has_two_frequencies() -> None:
    problem = one_angle("twice")
    found = hybrid.minimize(problem, Rotosolve(frequencies=2), x0=[0.7], seed=1)
    grid = np.linspace(-np.pi, np.pi, 2001)[:, None]
    lowest = min(problem_values(problem, grid))
    assert found.value <= lowest + 1e-9
    assert found.success


def problem_values(problem: hybrid.VQE, points: np.ndarray) -> np.ndarray:
    circuit = QuantumCircuit(2)
    angle = Parameter("a")
    circuit.h([0, 1])
    circuit.rz(0.3, 1)
    circuit.rz(angle, 0)
    circuit.ry(angle, 0)
    return hybrid.expectation(circuit, problem.observable.operator, points)


def test_single_precision_and_samples_are_no_other_frequency() -> None:
    single = hybrid.minimize(PROBLEM, "Rotosolve", seed=1, simulator=Native(precision="complex64"))
    assert single.value == pytest.approx(GROUND, abs=1e-3)
    sampled = hybrid.minimize(PROBLEM, "Rotosolve", seed=1, shots=1000, max_iterations=3)
    assert sampled.outcome is Outcome.FINISHED
    assert sampled.value < GROUND + 0.8


@pytest.mark.parametrize("option", ["frequencies", "max_iterations"])
def test_bad_options(option: str) -> None:
    with pytest.raises(InputError, match=f"{option} of Rotosolve: got 0"):
        Rotosolve(**{option: 0})

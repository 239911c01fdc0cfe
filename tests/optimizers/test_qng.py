"""Quantum natural gradient against its formula, plain descent and exact ground states."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.ask import Told
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.optimizers import QNG, Steps, keep_best

ISING = SparsePauliOp(["ZZI", "IZZ", "XII", "IXI", "IIX"], [-1.0, -1.0, -0.7, -0.7, -0.7])
ANSATZ = real_amplitudes(3, reps=2)
GROUND = float(np.linalg.eigvalsh(ISING.to_matrix())[0])


class PlainDescent:
    """The same rule for steps in a space without curvature."""

    name = "plain descent"

    def steps(self, x0: np.ndarray, seed: int) -> Steps:
        inner = QNG(max_iterations=2000, tolerance=1e-4).steps(x0, seed)
        ask = next(inner)
        try:
            while True:
                told = yield replace(ask, metric=False)
                ask = inner.send(replace(told, metric=np.eye(len(x0))[None] / 4))
        except StopIteration as end:
            return end.value


def test_a_step_is_that_of_the_formula() -> None:
    x0 = np.linspace(-0.8, 0.9, 9)
    steps = QNG(learning_rate=0.05, regularization=1e-3).steps(x0, 0)
    first = next(steps)
    assert first.metric
    assert first.gradient
    values, gradients = hybrid.expectation(ANSATZ, ISING, first.points, gradient=True)
    told = Told(values, gradients, None, hybrid.metric(ANSATZ, first.points))
    metric = told.metric[0] + 1e-3 * np.mean(np.diag(told.metric[0])) * np.eye(9)
    expected = x0 - 0.05 * np.linalg.inv(metric) @ told.gradients[0]
    np.testing.assert_allclose(steps.send(told).points[0], expected, atol=1e-12)


def test_fewer_iterations_than_plain_descent() -> None:
    problem = hybrid.VQE(ANSATZ, ISING)
    steps = []
    for seed in range(2):
        x0 = np.random.default_rng(seed).uniform(-1.0, 1.0, 9)
        pair = [
            hybrid.minimize(problem, optimizer, x0=x0, seed=1)
            for optimizer in (QNG(tolerance=1e-4), PlainDescent())
        ]
        for found in pair:
            assert found.success
            assert found.value == pytest.approx(GROUND, abs=1e-6)
        steps.append([found.iterations for found in pair])
    natural, plain = np.array(steps).T
    assert np.all(natural < plain)
    assert natural.sum() < plain.sum() / 2


@pytest.mark.ranks
@pytest.mark.parametrize("factor", [1.0, 1e-6])
def test_it_finds_the_ground_state(factor: float) -> None:
    ansatz = efficient_su2(3, reps=2)  # with redundant parameters: the metric is singular
    found = hybrid.minimize(hybrid.VQE(ansatz, factor * ISING), "QNG", seed=3)
    assert found.value / factor == pytest.approx(GROUND, abs=1e-6)
    assert found.outcome is Outcome.CONVERGED


@pytest.mark.ranks
def test_it_resumes_to_the_same_bits(tmp_path: Path, job: hybrid.runtime.World) -> None:
    path = job.communicator.broadcast(str(tmp_path).encode() if job.rank == 0 else None)
    journal = Path(path.decode()) / "run.db"
    problem = hybrid.VQE(ANSATZ, ISING)
    alone = hybrid.minimize(problem, "QNG", seed=3)
    part = hybrid.minimize(problem, "QNG", seed=3, journal=journal)
    again = hybrid.minimize(problem, "QNG", seed=3, journal=journal)
    assert alone.x.tobytes() == part.x.tobytes() == again.x.tobytes()


def test_a_simulator_without_the_metric_is_refused() -> None:
    problem = hybrid.VQE(ANSATZ, ISING)
    for how in ({"simulator": "aer"}, {"shots": 100}):
        with pytest.raises(InputError, match="metric"):
            hybrid.minimize(problem, "QNG", seed=3, **how)


def test_no_step_that_lowers_the_cost_is_a_failure() -> None:
    steps = keep_best(QNG().steps(np.zeros(2), 0))
    ask = next(steps)
    told = Told(np.array([1.0]), np.array([[1.0, 0.0]]), None, np.eye(2)[None])
    try:
        while ask:
            ask = steps.send(told)
            told = replace(told, values=np.array([1.0 + 1e-3]))
    except StopIteration as end:
        solution = end.value
    assert solution.outcome is Outcome.FAILED
    assert solution.value == 1.0


@pytest.mark.parametrize("option", ["learning_rate", "regularization", "max_iterations"])
def test_bad_options(option: str) -> None:
    with pytest.raises(InputError, match=f"{option} of QNG: got 0"):
        QNG(**{option: 0})

"""Supervised learning with several observables: the sum of their losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.workloads import Sampling, Supervised

FEATURE, WEIGHTS = Parameter("x"), [Parameter(f"w{k}") for k in range(3)]
PAULIS = [SparsePauliOp("IZ"), SparsePauliOp("ZI"), SparsePauliOp(["XX", "II"], [0.5, 0.1])]
DATA = np.random.default_rng(0).uniform(-2, 2, 200)
SIGNS = np.where(np.random.default_rng(1).uniform(size=(200, 3)) < 0.5, -1.0, 1.0)


def circuit() -> QuantumCircuit:
    made = QuantumCircuit(2)
    made.ry(FEATURE, 0)
    made.ry(WEIGHTS[0], 1)
    made.cx(0, 1)
    made.rx(WEIGHTS[1], 0)
    made.ry(WEIGHTS[2], 1)
    return made


def summed(outputs: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One loss a sample, which couples its outputs."""
    away = (outputs - labels).sum(axis=1)
    return away**2, np.repeat(2 * away[:, None], labels.shape[1], axis=1)


EXPECTED = {
    "squared": lambda f: ((f - SIGNS) ** 2).sum(),
    "logistic": lambda f: np.log1p(np.exp(-SIGNS * f)).sum(),
    "hinge": lambda f: np.maximum(0, 1 - SIGNS * f).sum(),
    summed: lambda f: ((f - SIGNS).sum(axis=1) ** 2).sum(),
}


@pytest.mark.ranks
@pytest.mark.parametrize("loss", EXPECTED)
def test_losses_of_all_outputs_are_added(loss: Any, alone: World) -> None:
    task = Supervised(circuit(), PAULIS, DATA, SIGNS, FEATURE, loss)
    start = np.array([0.4, -0.3, 0.9])

    def cost(weights: np.ndarray) -> float:
        values = hybrid.expectation(circuit(), PAULIS, task.rows(weights, slice(None)))
        return float(EXPECTED[loss](values)) / len(DATA)

    evaluation = task.prepare(Sampling())
    told = evaluation.answer(Ask(start[None], gradient=True), seed=0, threads=1)
    assert told.values[0] == pytest.approx(cost(start), abs=1e-12)
    for k, step in enumerate(1e-6 * np.eye(3)):
        slope = (cost(start + step) - cost(start - step)) / 2e-6
        assert told.gradients[0, k] == pytest.approx(slope, abs=1e-6)
    run = hybrid.minimize(task, x0=start, max_iterations=4)
    with use(alone):
        again = hybrid.minimize(task, x0=start, max_iterations=4)
    assert (run.value, run.x.tobytes()) == (again.value, again.x.tobytes())


def test_a_list_of_one_observable() -> None:
    one = Supervised(circuit(), PAULIS[0], DATA, SIGNS[:, 0], FEATURE)
    listed = Supervised(circuit(), PAULIS[:1], DATA, SIGNS[:, :1], FEATURE)
    runs = [hybrid.minimize(task, x0=[0.1] * 3, max_iterations=3) for task in (one, listed)]
    assert runs[0].value == runs[1].value


def test_the_hinge_loss_takes_classes() -> None:
    names = np.where(SIGNS[:, 0] > 0, "up", "down")
    named = Supervised(circuit(), PAULIS[0], DATA, names, FEATURE, "hinge")
    assert named.classes == ("down", "up")
    assert named.labels.tolist() == SIGNS[:, 0].tolist()


@pytest.mark.parametrize(
    ("labels", "loss", "expected"),
    [
        (SIGNS[:, 0], "squared", r"got shape \(200,\), expected shape \(200, 3\)"),
        (SIGNS[:, :2], "squared", r"got shape \(200, 2\)"),
        (np.where(SIGNS > 0, np.nan, SIGNS), "squared", "got nan"),
        ((SIGNS + 1) / 2, "logistic", r"got 0.0, expected -1 and \+1"),
        ((SIGNS + 1) / 2, "hinge", r"got 0.0, expected -1 and \+1"),
    ],
)
def test_labels_that_do_not_fit(labels: Any, loss: Any, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        Supervised(circuit(), PAULIS, DATA, labels, FEATURE, loss)

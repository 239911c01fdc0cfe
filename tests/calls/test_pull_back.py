"""Weighted sums of gradients against individual gradients and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError, PieceError

A, B, X = (Parameter(name) for name in "abx")
OBSERVABLE = SparsePauliOp(["ZIII", "IXXI", "IIIZ"], [0.5, -0.25, 1.0])


def model() -> QuantumCircuit:
    circuit = QuantumCircuit(4)
    for qubit in range(4):
        circuit.rx(X * (qubit + 1), qubit)
        circuit.ry(A, qubit)
        circuit.rz(A * B, qubit)
        circuit.rx(A * X, qubit)  # its derivative by a differs from point to point
        circuit.cx(qubit, (qubit + 1) % 4)
        circuit.ry(B, qubit)
    return circuit


def points(count: int) -> np.ndarray:
    random = np.random.default_rng(4)
    shared = np.broadcast_to(random.normal(size=2), (count, 2))
    return np.column_stack([shared, random.normal(size=count)])


@pytest.mark.ranks
@pytest.mark.parametrize("count", [1, 7, 5000])
def test_it_is_the_weighted_sum_of_gradients(count: int) -> None:
    at, weights = points(count), np.random.default_rng(5).normal(size=count)
    values, summed = hybrid.pull_back(model(), OBSERVABLE, at, weights)
    expected, gradients = hybrid.expectation(model(), OBSERVABLE, at, gradient=True)
    np.testing.assert_array_equal(values, expected)
    np.testing.assert_allclose(summed, weights @ gradients, atol=1e-11 * max(1, count))


def test_it_is_the_gradient_of_a_loss() -> None:
    at, labels = points(20), np.random.default_rng(6).choice([-1.0, 1.0], 20)

    def loss(shared: np.ndarray) -> float:
        moved = np.column_stack([np.broadcast_to(shared, (20, 2)), at[:, 2]])
        return float(np.mean((hybrid.expectation(model(), OBSERVABLE, moved) - labels) ** 2))

    values = hybrid.expectation(model(), OBSERVABLE, at)
    _, slope = hybrid.pull_back(model(), OBSERVABLE, at, 2 * (values - labels) / 20)
    for k, step in enumerate(1e-6 * np.eye(2)):
        difference = (loss(at[0, :2] + step) - loss(at[0, :2] - step)) / 2e-6
        assert slope[k] == pytest.approx(difference, abs=1e-7)


@pytest.mark.ranks
def test_cotangents_may_be_a_function_of_the_values() -> None:
    at, labels = points(3000), np.random.default_rng(6).choice([-1.0, 1.0], 3000)

    def slopes(values: np.ndarray, which: slice) -> np.ndarray:
        return 2 * (values - labels[which])

    values, summed = hybrid.pull_back(model(), OBSERVABLE, at, slopes)
    again = hybrid.pull_back(model(), OBSERVABLE, at, 2 * (values - labels))
    assert values.tobytes() == again[0].tobytes()
    assert summed.tobytes() == again[1].tobytes()


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda values, which: values[1:], "got shape"),
        (lambda values, which: values * np.nan, "got nan for point 0"),
        (lambda values: values, "cotangents of points 0 to 2 failed: TypeError"),
    ],
)
def test_functions_that_do_not_give_cotangents(function: object, message: str) -> None:
    with pytest.raises(PieceError, match=message):
        hybrid.pull_back(model(), OBSERVABLE, points(3), function)


@pytest.mark.parametrize("inputs", [0, X, "abx", {0, 1}, [3], [0, A], [True]])
def test_inputs_that_are_no_columns(inputs: object) -> None:
    with pytest.raises(InputError, match="inputs: got"):
        hybrid.pull_back(model(), OBSERVABLE, points(3), np.ones(3), inputs=inputs)


@pytest.mark.parametrize("cotangents", [[1.0], np.ones((3, 1)), [1.0, 2.0, np.nan]])
def test_cotangents_that_do_not_fit(cotangents: object) -> None:
    with pytest.raises(InputError, match="cotangents"):
        hybrid.pull_back(model(), OBSERVABLE, points(3), cotangents)

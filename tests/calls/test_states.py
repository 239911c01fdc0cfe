"""Probabilities, metric and states of circuits against Qiskit's simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import Statevector

import hybrid
from hybrid.core.errors import InputError

A, B = Parameter("a"), Parameter("b")


def circuit() -> QuantumCircuit:
    made = QuantumCircuit(4)
    for qubit in range(4):
        made.ry(A + 0.3 * qubit, qubit)
        made.rzz(A * B, qubit, (qubit + 1) % 4)
        made.rx(2 * B, qubit)
        made.cx(qubit, (qubit + 1) % 4)
    return made


POINTS = np.array([[0.4, -1.1], [1.3, 0.2], [-0.6, 0.9]])


def bound(point: np.ndarray) -> np.ndarray:
    return Statevector(circuit().assign_parameters({A: point[0], B: point[1]})).data


@pytest.mark.ranks
@pytest.mark.parametrize("qubits", [None, [2], [3, 0], [0, 1, 2, 3], []])
def test_probabilities(qubits: list[int] | None) -> None:
    found = hybrid.probabilities(circuit(), POINTS, qubits)
    for row, point in zip(found, POINTS, strict=True):
        np.testing.assert_allclose(row, Statevector(bound(point)).probabilities(qubits), atol=1e-12)


@pytest.mark.ranks
def test_metric() -> None:
    found = hybrid.metric(circuit(), POINTS)
    step = 1e-5
    for metric, point in zip(found, POINTS, strict=True):
        psi = bound(point)
        slopes = np.array([bound(point + e) - bound(point - e) for e in step * np.eye(2)])
        slopes /= 2 * step
        along = slopes.conj() @ psi
        expected = (slopes.conj() @ slopes.T - np.outer(along, along.conj())).real
        np.testing.assert_allclose(metric, expected, atol=1e-8)


def test_state() -> None:
    np.testing.assert_allclose(hybrid.state(circuit(), POINTS[0]), bound(POINTS[0]), atol=1e-12)


def test_a_single_point_gives_a_single_array() -> None:
    assert hybrid.metric(circuit(), POINTS[0]).shape == (2, 2)
    assert hybrid.probabilities(circuit(), POINTS[0], [1]).shape == (2,)


@pytest.mark.parametrize("qubits", [[4], [-1], [1, 1]])
def test_qubits_that_cannot_be_read(qubits: list[int]) -> None:
    with pytest.raises(InputError, match="different integers from 0 to 3"):
        hybrid.probabilities(circuit(), POINTS, qubits)


def test_a_state_of_several_points() -> None:
    with pytest.raises(InputError, match="one point, of shape"):
        hybrid.state(circuit(), POINTS)


@pytest.mark.parametrize("qubits", [np.arange(2), [np.int64(0), np.uint8(1)], range(2), (0, 1)])
def test_integers_of_every_make_are_qubits(qubits: Any) -> None:
    expected = hybrid.probabilities(circuit(), POINTS, [0, 1])
    np.testing.assert_array_equal(hybrid.probabilities(circuit(), POINTS, qubits), expected)


@pytest.mark.parametrize(
    "qubits", [0, "01", [True, False], [0.0, 1.0], {0, 1}, iter([0, 1]), np.zeros((1, 2), int)]
)
def test_qubits_that_could_mean_something_else(qubits: Any) -> None:
    with pytest.raises(InputError, match="a list of different integers from 0 to 3"):
        hybrid.probabilities(circuit(), POINTS, qubits)


@pytest.mark.parametrize(
    "states", [np.arange(16), list(range(16)), [f"{k:04b}" for k in range(16)]]
)
def test_basis_states_by_number_and_by_string(states: Any) -> None:
    found = hybrid.amplitudes(circuit(), POINTS[0], states)
    np.testing.assert_allclose(found, bound(POINTS[0]), atol=1e-12)


@pytest.mark.parametrize("states", [3, "0000", None, [True], [1.0], iter([0]), [16], ["00"]])
def test_basis_states_that_are_none(states: Any) -> None:
    with pytest.raises(InputError, match="a list of integers from 0 to 15, or of strings of 4"):
        hybrid.amplitudes(circuit(), POINTS, states)


@pytest.mark.parametrize("width", [36, 40, 48, 62, 63])
def test_a_state_that_does_not_fit_in_memory(width: int) -> None:
    wide = QuantumCircuit(width)
    wide.h(0)
    with pytest.raises(InputError, match=f"a state of {width} qubits that needs .* are free"):
        hybrid.state(wide)

"""Sums of vector-Jacobian products against the gradients of single points."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import vectors
from .arrays import pauli_sum, program
from .dense import Circuit, Evolution, Terms
from .strategies import angles, circuits, terms


def expected(
    circuit: Circuit, observables: list[Terms], points: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return values (B, O), and weighted gradients (B, K), summed over observables."""
    values, rows = np.empty(weights.shape), np.zeros(points.shape)
    for p, point in enumerate(points):
        for o, observable in enumerate(observables):
            values[p, o], gradient = vectors.value_and_gradient(circuit, observable, point)
            rows[p] += weights[p, o] * gradient
    return values, rows


@settings(max_examples=30)
@given(st.data())
@pytest.mark.parametrize("shape", ["auto", "batched", "blocked"])
def test_it_is_the_weighted_sum_of_gradients(shape: str, data: st.DataObject) -> None:
    circuit = data.draw(circuits(max_qubits=8, max_operations=25))
    observables = data.draw(st.lists(terms(circuit.num_qubits), min_size=1, max_size=3))
    points = angles(data.draw(st.integers(1, 11)), circuit.num_slots, data.draw(st.integers(0, 9)))
    weights = angles(len(points), len(observables), 7)
    apart = sorted(data.draw(st.sets(st.integers(0, circuit.num_slots - 1))))
    loaded = program(circuit)
    values, tape = loaded.record(
        [pauli_sum(circuit.num_qubits, each) for each in observables],
        points,
        threads=2,
        shape=shape,  # type: ignore[arg-type]
    )
    del loaded
    gc.collect()  # the tape holds what it needs
    total, rows = tape.pull_back(weights, apart)
    wanted, by_point = expected(circuit, observables, points, weights)
    np.testing.assert_allclose(values, wanted, atol=1e-12)
    np.testing.assert_allclose(total, by_point.sum(axis=0), atol=1e-10)
    np.testing.assert_allclose(rows, by_point[:, apart], atol=1e-11)


@settings(max_examples=30)
@given(st.data())
@pytest.mark.parametrize("shape", ["batched", "blocked"])
def test_the_same_bits_for_any_number_of_threads(shape: str, data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=4, max_qubits=8, max_operations=25))
    observables = [pauli_sum(circuit.num_qubits, data.draw(terms(circuit.num_qubits)))] * 2
    points = angles(75, circuit.num_slots, 1)
    loaded, found = program(circuit), []
    for threads in (1, 2, 3):
        values, tape = loaded.record(observables, points, threads=threads, shape=shape)  # type: ignore[arg-type]
        found.append((values.tobytes(), tape.pull_back(points[:, :1] * [1.0, 2.0])[0].tobytes()))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("num_qubits", [3, 9, 13])
def test_single_precision_is_close(num_qubits: int) -> None:
    circuit = Circuit(
        num_qubits,
        num_qubits,
        [Evolution(1 << q, [1 << q], [0.5], q) for q in range(num_qubits)]
        + [Evolution(0, [3], [0.3], 0)],
    )
    observables = [
        pauli_sum(num_qubits, Terms([0, 1], [3, 2], [0.5, 0.7])),
        pauli_sum(num_qubits, Terms([2], [0], [1.0])),
    ]
    points, weights = angles(5, num_qubits, 3), angles(5, 2, 4)
    double, single = (
        program(circuit).record(observables, points, single=single) for single in (False, True)
    )
    np.testing.assert_allclose(single[0], double[0], atol=1e-5)
    np.testing.assert_allclose(
        single[1].pull_back(weights)[0], double[1].pull_back(weights)[0], atol=1e-4
    )


def test_bad_calls() -> None:
    circuit = Circuit(3, 2, [Evolution(1, [1], [0.5], 0), Evolution(2, [0], [0.5], 1)])
    loaded, observable = program(circuit), pauli_sum(3, Terms([0], [1], [1.0]))
    points = np.zeros((4, 2))
    with pytest.raises(ValueError, match="observables is empty"):
        loaded.record([], points)
    with pytest.raises(ValueError, match="the observable has 2 qubits, the program 3"):
        loaded.record([observable, pauli_sum(2, Terms([0], [1], [1.0]))], points)
    with pytest.raises(ValueError, match="angles has no rows"):
        loaded.record([observable], np.zeros((0, 2)))
    with pytest.raises(ValueError, match="angles has an element that is not finite"):
        loaded.record([observable], np.full((1, 2), np.inf))
    with pytest.raises(ValueError, match="expected auto, batched or blocked"):
        loaded.record([observable], points, shape="sharded")  # type: ignore[arg-type]
    _, tape = loaded.record([observable], points)
    with pytest.raises(ValueError, match=r"weights has shape.*\(4, 1\)"):
        tape.pull_back(np.zeros((4, 2)))
    with pytest.raises(ValueError, match="weights has another dtype"):
        tape.pull_back(np.zeros((4, 1), np.float32))
    with pytest.raises(ValueError, match="weights has an element that is not finite"):
        tape.pull_back(np.full((4, 1), np.nan))
    for apart in ([2], [-1], [0, 0]):
        with pytest.raises(ValueError, match="apart has"):
            tape.pull_back(np.ones((4, 1)), apart)
    tape.pull_back(np.ones((4, 1)))
    with pytest.raises(ValueError, match="pulled back before"):
        tape.pull_back(np.ones((4, 1)))

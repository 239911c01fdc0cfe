"""Programs in blocks of every size against state vectors, and invariance of their bits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import vectors
from .arrays import pauli_sum, program
from .dense import Circuit, Evolution, Matrix, Terms
from .strategies import angles, circuits, terms


@settings(max_examples=150)
@given(st.data())
def test_blocks_of_any_size_agree_with_state_vectors(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=4, max_qubits=10, max_operations=40))
    observable = data.draw(terms(circuit.num_qubits))
    rows = data.draw(st.integers(1, 8))
    point = angles(1, circuit.num_slots, data.draw(st.integers(0, 9)))
    loaded = program(circuit, block_rows=rows)
    np.testing.assert_allclose(loaded.state(point[0]), vectors.state(circuit, point[0]), atol=1e-12)
    values, gradients = loaded.evaluate(
        pauli_sum(circuit.num_qubits, observable), point, True, threads=2, shape="blocked"
    )
    assert gradients is not None
    value, gradient = vectors.value_and_gradient(circuit, observable, point[0])
    np.testing.assert_allclose(values[0], value, atol=1e-12)
    np.testing.assert_allclose(gradients[0], gradient, atol=1e-11)


@settings(max_examples=30)
@given(st.data())
def test_twelve_qubits_in_the_blocks_that_they_get(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=11, max_qubits=12, max_operations=40))
    observable = data.draw(terms(circuit.num_qubits))
    point = angles(1, circuit.num_slots, data.draw(st.integers(0, 9)))
    values, gradients = program(circuit).evaluate(
        pauli_sum(circuit.num_qubits, observable), point, True
    )
    assert gradients is not None
    value, gradient = vectors.value_and_gradient(circuit, observable, point[0])
    np.testing.assert_allclose(values[0], value, atol=1e-12)
    np.testing.assert_allclose(gradients[0], gradient, atol=1e-11)


def every_two_qubit_operation(a: int, b: int, slot: int) -> list[Matrix | Evolution]:
    """Operations of each kind on an ordered pair of qubits; rotations share two slots."""
    x = np.array([[0, 1], [1, 0]])
    random = np.linalg.qr(np.random.default_rng(a + 31 * b).normal(size=(4, 4)))[0]
    both = 1 << a | 1 << b
    return [
        Evolution(1 << a, [1 << a], [0.5], slot),
        Evolution(1 << b, [0], [0.5], slot),
        Evolution(0, [both], [0.5], slot),
        Matrix([b], x, 1 << a, 1 << a),
        Matrix([a], x, 1 << b, 0),
        Evolution(both, [0, both], [0.25, 0.25], slot),
        Evolution(both, [1 << a, 1 << b], [0.25, -0.25], slot + 1),
        Evolution(1 << a, [1 << a], [0.5], slot + 1, 1 << b, 1 << b),
        Evolution(1 << a, [1 << b], [0.5], slot + 1),
        Matrix([a, b], random),
        Matrix([a, b], np.eye(4)[[0, 2, 1, 3]]),
        Matrix([a], np.diag([1, 1j]), 1 << b, 1 << b),
    ]


@pytest.mark.parametrize("rows", [2, 3, 7])
def test_every_pair_of_positions(rows: int) -> None:
    n = 8
    observable = Terms([0, 3, 1 << 7, 0b10010010], [255, 1, 1 << 7, 16], [0.3, -0.7, 0.5, 0.9])
    start: list[Matrix | Evolution] = [Evolution(1 << q, [1 << q], [0.5], q % 2) for q in range(n)]
    for a, b in itertools.permutations(range(n), 2):
        circuit = Circuit(n, 2, start + every_two_qubit_operation(a, b, 0))
        point = angles(1, 2, a + 8 * b)
        _, gradient = program(circuit, block_rows=rows).evaluate(
            pauli_sum(n, observable), point, True
        )
        assert gradient is not None
        _, expected = vectors.value_and_gradient(circuit, observable, point[0])
        np.testing.assert_allclose(gradient[0], expected, atol=1e-12)


@settings(max_examples=40)
@given(st.data())
def test_the_same_bits_for_any_number_of_threads(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=6, max_qubits=10, max_operations=30))
    observable = pauli_sum(circuit.num_qubits, data.draw(terms(circuit.num_qubits)))
    point = angles(2, circuit.num_slots, 1)
    loaded = program(circuit, block_rows=2)
    one = loaded.evaluate(observable, point, True, threads=1, shape="blocked")
    three = loaded.evaluate(observable, point, True, threads=3, shape="blocked")
    assert one[0].tobytes() == three[0].tobytes()
    assert one[1].tobytes() == three[1].tobytes()


def test_a_layered_chain_takes_three_sweeps() -> None:
    n, operations = 20, []
    x = np.array([[0, 1], [1, 0]])
    for _ in range(6):
        operations += [Evolution(1 << q, [1 << q], [0.5], 0) for q in range(n)]
        operations += [Matrix([q + 1], x, 1 << q, 1 << q) for q in range(n - 1)]
    assert program(Circuit(n, 1, operations)).num_sweeps == 3

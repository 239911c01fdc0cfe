"""Merged runs of one-qubit operations against operations one at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from . import vectors
from .arrays import pauli_sum, program
from .dense import Circuit, Evolution, Matrix, Terms
from .strategies import angles, evolutions, matrices, terms

H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
SX = np.array([[1 + 1j, 1 - 1j], [1 - 1j, 1 + 1j]]) / 2


@st.composite
def rich_in_runs(draw: st.DrawFn) -> Circuit:
    """Circuits with many consecutive operations on the same qubit."""
    n = draw(st.sampled_from([1, 3, 4, 10, 11]))
    operations: list[Matrix | Evolution] = []
    for _ in range(draw(st.integers(1, 8))):
        q = draw(st.integers(0, n - 1))
        for kind in draw(st.lists(st.sampled_from("xyziHSVX"), max_size=6)):
            if kind in "xyzi":
                x, z = {"x": (1, 0), "y": (1, 1), "z": (0, 1), "i": (0, 0)}[kind]
                strings = [z << q, 0] if kind == "z" and draw(st.booleans()) else [z << q]
                coefficients = [0.5, -0.25][: len(strings)]
                slot = draw(st.integers(0, 2))
                operations.append(Evolution(x << q, strings, coefficients, slot))
            else:
                fixed = {"H": H, "S": np.diag([1, 1j]), "V": SX, "X": np.eye(2)[::-1]}[kind]
                operations.append(Matrix([q], fixed))
        operations.append(draw(st.one_of(matrices(n), evolutions(n, 3))))
    return Circuit(n, 3, operations)


@settings(max_examples=150)
@given(rich_in_runs(), st.data())
@pytest.mark.parametrize("shape", ["batched", "blocked"])
def test_values_and_gradients(shape: str, circuit: Circuit, data: st.DataObject) -> None:
    observable = data.draw(terms(circuit.num_qubits))
    points = angles(9, 3, data.draw(st.integers(0, 9)))
    loaded, h = program(circuit), pauli_sum(circuit.num_qubits, observable)
    values, _ = loaded.evaluate(h, points, False, shape=shape)  # type: ignore[call-overload]
    same, gradients = loaded.evaluate(h, points, True, shape=shape)  # type: ignore[call-overload]
    for k in (0, 8):
        value, gradient = vectors.value_and_gradient(circuit, observable, points[k])
        np.testing.assert_allclose([values[k], same[k]], value, atol=1e-12)
        np.testing.assert_allclose(gradients[k], gradient, atol=1e-11)
    state = vectors.state(circuit, points[0])
    np.testing.assert_allclose(loaded.state(points[0]), state, atol=1e-12)


def test_the_same_bits_alone_and_in_company() -> None:
    n = 10
    operations = [
        Evolution(x << q, [z << q], [0.5], (q + k) % 4)
        for q in range(n)
        for k, (x, z) in enumerate([(1, 0), (1, 1), (0, 1), (1, 0)])
    ]
    loaded, h = program(Circuit(n, 4, operations)), pauli_sum(n, Terms([0, 3], [5, 0], [1.0, 0.5]))
    points = angles(17, 4, 0)
    values, _ = loaded.evaluate(h, points, False, threads=1)
    again, _ = loaded.evaluate(h, points[::-1].copy(), False, threads=3)
    assert values[::-1].tobytes() == again.tobytes()

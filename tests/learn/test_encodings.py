"""Encodings by name: the states that their sources define."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import zz_feature_map
from qiskit.quantum_info import Statevector

import hybrid
from hybrid.core.errors import InputError
from hybrid.learn.encodings import check_order, encoding_of

RANDOM = np.random.default_rng(11)
NOTHING = np.empty(0)


@pytest.mark.parametrize("columns", [1, 2, 3, 5, 8])
def test_amplitudes_are_the_sample(columns: int) -> None:
    rows = RANDOM.normal(size=(6, columns))
    rows[0, 1:] = 0.0
    rows[1] *= 1e-200
    rows[2] *= 1e200
    made = encoding_of("amplitude", columns)
    for row, point in zip(rows, made.points(rows, NOTHING), strict=True):
        expected = np.zeros(2**made.circuit.num_qubits)
        expected[:columns] = row / np.abs(row).max()
        expected /= np.linalg.norm(expected)
        np.testing.assert_allclose(hybrid.state(made.circuit, point), expected, atol=1e-12)


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_zz_is_that_of_havlicek(columns: int) -> None:
    rows = RANDOM.normal(size=(3, columns))
    made = encoding_of("zz", columns)
    for row, point in zip(rows, made.points(rows, NOTHING), strict=True):
        plus = np.full(2**columns, 2 ** (-columns / 2))
        signs = 1 - 2 * (np.arange(2**columns)[:, None] >> np.arange(columns) & 1)
        angle = signs @ row
        for one in range(columns):
            for other in range(one):
                angle = angle + (np.pi - row[one]) * (np.pi - row[other]) * (
                    signs[:, one] * signs[:, other]
                )
        hadamard = np.array([[1.0]])
        for _ in range(columns):
            hadamard = np.kron(hadamard, [[1, 1], [1, -1]]) / np.sqrt(2)
        expected = np.exp(-1j * angle) * (hadamard @ (np.exp(-1j * angle) * plus))
        found = hybrid.state(made.circuit, point)
        assert abs(np.vdot(expected, found)) == pytest.approx(1.0, abs=1e-12)
        if columns > 1:
            state = Statevector(zz_feature_map(columns).assign_parameters(row))
            assert abs(np.vdot(state.data, found)) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("name", ["angle", "reuploading"])
def test_products_of_rotations(name: str) -> None:
    rows = RANDOM.normal(size=(3, 12))
    made = encoding_of(name, 12)
    found = hybrid.expectation(
        made.circuit, hybrid.learn.model._observables(None, 12), made.points(rows, NOTHING)
    )
    np.testing.assert_allclose(found, np.cos(rows), atol=1e-12)


@pytest.mark.parametrize("name", ["angle", "reuploading", "zz", "amplitude"])
def test_layers_add_weights(name: str) -> None:
    made = encoding_of(name, 3, layers=2)
    qubits = made.circuit.num_qubits
    assert len(made.circuit.parameters) == len(made.features) + 5 * qubits


def test_columns_in_another_order() -> None:
    check_order(["b", "c"], ["a", "b"])
    check_order([], ["a", "b"])
    with pytest.raises(InputError, match=r"order b, a, expected the order .*: a, b; pass X\[\["):
        check_order(["b", "a"], ["a", "b"])

"""Several observables, inputs of layers, overlaps with gradients: against dense algebra."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError, PieceError
from tests import oracle

OBSERVABLES = [
    SparsePauliOp(["ZII", "IXZ"], [1.0, 0.5]),
    SparsePauliOp(["IYI"], [0.7]),
    SparsePauliOp(["ZZI", "IIX", "III"], [0.2, -0.4, 0.1]),
]


def layer() -> tuple[QuantumCircuit, list, list]:
    """Return a circuit with weights and three inputs, one squared and one used twice."""
    x, w = list(ParameterVector("x", 3)), list(ParameterVector("w", 6))
    circuit = QuantumCircuit(3)
    for qubit in range(3):
        circuit.ry(x[qubit] * x[qubit] if qubit == 1 else 2.0 * x[qubit], qubit)
    for qubit in range(3):
        circuit.rz(w[qubit], qubit)
        circuit.ry(w[3 + qubit], qubit)
    circuit.cx(0, 1)
    circuit.rx(x[0] + w[0], 2)
    circuit.cx(1, 2)
    return circuit, x, w


def points_of(count: int) -> FloatArray:
    return np.random.default_rng(7).normal(size=(count, 9))


@pytest.mark.ranks
@pytest.mark.parametrize("simulator", ["native", "aer"])
def test_values_and_gradients_of_several_observables(simulator: str) -> None:
    circuit, _, _ = layer()
    points = points_of(1)
    how = {"simulator": simulator, "gradient": True}
    if simulator == "aer":  # which cannot shift a square
        how["gradient"] = "finite-difference"
    values, gradients = hybrid.expectation(circuit, OBSERVABLES, points, **how)
    assert (values.shape, gradients.shape) == ((1, 3), (1, 3, 9))
    for b, point in enumerate(points):
        for m, observable in enumerate(OBSERVABLES):
            assert values[b, m] == pytest.approx(oracle.value(circuit, observable, point), abs=1e-9)
            np.testing.assert_allclose(
                gradients[b, m], oracle.gradient(circuit, observable, point), atol=1e-7
            )


def test_each_has_the_bits_that_it_has_alone() -> None:
    circuit, _, _ = layer()
    points = points_of(20)
    values, gradients = hybrid.expectation(circuit, OBSERVABLES, points, gradient=True)
    for m, observable in enumerate(OBSERVABLES):
        alone, slopes = hybrid.expectation(circuit, observable, points, gradient=True)
        assert values[:, m].tobytes() == alone.tobytes()
        assert gradients[:, m].tobytes() == slopes.tobytes()
        (one, slopes_of_one) = hybrid.expectation(circuit, [observable], points, gradient=True)
        assert (one.shape, slopes_of_one.shape) == ((20, 1), (20, 1, 9))
        assert one.tobytes() == alone.tobytes()


def test_more_observables_than_are_kept() -> None:
    circuit, _, _ = layer()
    many = [SparsePauliOp(["ZII", "IXZ"], [1.0, 0.1 * k]) for k in range(40)]
    values = hybrid.expectation(circuit, many, points_of(2))
    slopes = np.diff(values, axis=1)
    np.testing.assert_allclose(slopes, slopes[:, :1] * np.ones(39), atol=1e-12)


@pytest.mark.ranks
def test_a_wide_circuit_reads_several_observables() -> None:
    angles = ParameterVector("a", 14)
    circuit = QuantumCircuit(14)
    for qubit in range(14):
        circuit.ry(angles[qubit], qubit)
    for qubit in range(13):
        circuit.cx(qubit, qubit + 1)
    observables = [SparsePauliOp("Z" * 14), SparsePauliOp("X" * 14), SparsePauliOp("I" * 13 + "Z")]
    point = np.linspace(0.1, 1.0, 14)
    values, gradients = hybrid.expectation(circuit, observables, [point], gradient=True)
    assert values[0, 2] == pytest.approx(np.cos(point[0]), abs=1e-12)
    for m, observable in enumerate(observables):
        alone, slopes = hybrid.expectation(circuit, observable, [point], gradient=True)
        assert values[:, m].tobytes() == alone.tobytes()
        assert gradients[:, m].tobytes() == slopes.tobytes()


@pytest.mark.ranks
def test_cotangents_of_several_observables_and_gradients_by_inputs() -> None:
    circuit, inputs, _ = layer()
    points = points_of(9)
    weights = np.random.default_rng(1).normal(size=(9, 3))
    columns = [list(circuit.parameters).index(each) for each in inputs]
    values, summed, by_input = hybrid.pull_back(
        circuit, OBSERVABLES, points, weights, inputs=inputs
    )
    wanted, gradients = hybrid.expectation(circuit, OBSERVABLES, points, gradient=True)
    np.testing.assert_allclose(values, wanted, atol=1e-12)
    each = np.einsum("bm,bmp->bp", weights, gradients)
    np.testing.assert_allclose(summed, each.sum(axis=0), atol=1e-11)
    np.testing.assert_allclose(by_input, each[:, columns], atol=1e-11)
    again = hybrid.pull_back(circuit, OBSERVABLES, points, weights, inputs=columns[::-1])
    np.testing.assert_allclose(again[2], each[:, columns[::-1]], atol=1e-11)


def test_cotangents_as_a_function_of_several_values() -> None:
    circuit, inputs, _ = layer()
    points, labels = points_of(5), np.random.default_rng(2).normal(size=(5, 3))

    def slopes(values: FloatArray, which: slice) -> FloatArray:
        return 2.0 * (values - labels[which])

    values, summed, by_input = hybrid.pull_back(circuit, OBSERVABLES, points, slopes, inputs=inputs)
    fixed = hybrid.pull_back(circuit, OBSERVABLES, points, 2.0 * (values - labels), inputs=inputs)
    for one, other in zip((values, summed, by_input), fixed, strict=True):
        assert one.tobytes() == other.tobytes()


def test_a_layer_behind_a_layer() -> None:
    circuit, inputs, _ = layer()
    columns = [list(circuit.parameters).index(each) for each in inputs]
    first, second = points_of(4), points_of(4)[::-1].copy()
    labels = np.random.default_rng(3).normal(size=(4, 3))

    def loss(first: FloatArray) -> float:
        chained = second.copy()
        chained[:, columns] = hybrid.expectation(circuit, OBSERVABLES, first)
        out = hybrid.expectation(circuit, OBSERVABLES, chained)
        return float(((out - labels) ** 2).sum())

    chained = second.copy()
    chained[:, columns] = hybrid.expectation(circuit, OBSERVABLES, first)

    def slopes(values: FloatArray, which: slice) -> FloatArray:
        return 2.0 * (values - labels[which])

    _, _, hidden = hybrid.pull_back(circuit, OBSERVABLES, chained, slopes, inputs=columns)
    _, gradient = hybrid.pull_back(circuit, OBSERVABLES, first, hidden)
    step = 1e-5
    for k in range(9):
        unit = step * np.eye(9)[k]
        expected = (loss(first + unit) - loss(first - unit)) / (2.0 * step)
        assert gradient[k] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("cotangents", "inputs", "message"),
    [
        (np.ones((2, 2)), None, r"expected shape \(2, 3\), one finite number for each point and"),
        (np.ones(2), None, r"got shape \(2,\)"),
        (np.full((2, 3), np.nan), None, "cotangents"),
        (np.ones((2, 3)), [9], "got 9, expected parameters of the circuit, or columns from 0 to 8"),
        (np.ones((2, 3)), [True], "got True"),
        (np.ones((2, 3)), [1, 1], "got a duplicate"),
        (np.ones((2, 3)), [ParameterVector("z", 1)[0]], "parameters of the circuit"),
    ],
)
def test_bad_cotangents_and_inputs(cotangents, inputs, message: str) -> None:
    circuit, _, _ = layer()
    with pytest.raises(InputError, match=message):
        hybrid.pull_back(circuit, OBSERVABLES, points_of(2), cotangents, inputs=inputs)


def test_a_function_that_returns_another_shape() -> None:
    circuit, _, _ = layer()
    with pytest.raises(PieceError, match=r"expected shape \(2, 3\)"):
        hybrid.pull_back(circuit, OBSERVABLES, points_of(2), lambda values, which: values[:, 0])


def test_bad_lists_of_observables() -> None:
    circuit, _, _ = layer()
    with pytest.raises(InputError, match="at least one SparsePauliOp"):
        hybrid.expectation(circuit, [], points_of(1))
    with pytest.raises(InputError, match="observable"):
        hybrid.expectation(circuit, [OBSERVABLES[0], SparsePauliOp("Z")], points_of(1))
    with pytest.raises(InputError, match="observable"):
        hybrid.expectation(circuit, [OBSERVABLES[0], "ZZZ"], points_of(1))


def test_variances() -> None:
    circuit, _, _ = layer()
    points = points_of(2)
    told = hybrid.estimate(circuit, OBSERVABLES, points, variance=True)
    for b, point in enumerate(points):
        state = oracle.state_of(circuit, point)
        for m, observable in enumerate(OBSERVABLES):
            matrix = observable.to_matrix()
            square = np.vdot(state, matrix @ matrix @ state).real
            expected = square - np.vdot(state, matrix @ state).real ** 2
            assert told.variances[b, m] == pytest.approx(expected, abs=1e-12)
    single = hybrid.estimate(circuit, OBSERVABLES[0], points, variance=True)
    assert single.variances.shape == (2,)
    with pytest.raises(InputError, match="got variances"):
        hybrid.estimate(circuit, OBSERVABLES[0], points, variance=True, simulator="aer")


@pytest.mark.ranks
def test_forces_are_those_of_the_states_derivatives() -> None:
    circuit, _, _ = layer()
    points, step = points_of(3), 1e-5
    told = hybrid.estimate(circuit, OBSERVABLES, points, force=True)
    for b, point in enumerate(points):
        state = oracle.state_of(circuit, point)
        for m, observable in enumerate(OBSERVABLES):
            image = observable.to_matrix() @ state
            image -= np.vdot(state, image).real * state
            for k in range(len(point)):
                ahead, behind = (
                    oracle.state_of(circuit, point + sign * step * np.eye(len(point))[k])
                    for sign in (1, -1)
                )
                expected = np.vdot((ahead - behind) / (2 * step), image).imag
                assert told.forces[b, m, k] == pytest.approx(expected, abs=1e-8)
    single = hybrid.estimate(circuit, OBSERVABLES[0], points, force=True)
    np.testing.assert_array_equal(single.forces, told.forces[:, 0])
    with pytest.raises(InputError, match="got forces"):
        hybrid.estimate(circuit, OBSERVABLES[0], points, force=True, simulator="aer")


@pytest.mark.ranks
@pytest.mark.parametrize("same", [True, False])
def test_overlaps_and_exact_gradients(same: bool) -> None:
    circuit, _, _ = layer()
    points = points_of(4)
    others = None if same else points_of(6)[3:]
    values, gradients = hybrid.overlaps(circuit, points, others, gradient=True)
    np.testing.assert_allclose(values, hybrid.overlaps(circuit, points, others), atol=1e-12)
    columns = points if others is None else others
    states = [oracle.state_of(circuit, each) for each in columns]
    step = 1e-4

    def row(point: FloatArray) -> FloatArray:
        state = oracle.state_of(circuit, point)
        return np.array([abs(np.vdot(each, state)) ** 2 for each in states])

    for k in (0, 2, 5, 8):
        unit = step * np.eye(9)[k]
        for a, point in enumerate(points[:2]):
            near, far = (row(point + s * unit) - row(point - s * unit) for s in (1, 2))
            np.testing.assert_allclose(
                gradients[a, :, k], (8 * near - far) / (12 * step), atol=1e-9
            )


def test_overlaps_with_another_circuit() -> None:
    circuit, _, _ = layer()
    bell = QuantumCircuit(3)
    bell.h(0)
    bell.cx(0, 1)
    bell.cx(1, 2)
    points = points_of(2)
    values, gradients = hybrid.overlaps(circuit, points, other_circuit=bell, gradient=True)
    assert (values.shape, gradients.shape) == ((2, 1), (2, 1, 9))
    state = oracle.state_of(bell, np.empty(0))
    for a, point in enumerate(points):
        expected = abs(np.vdot(state, oracle.state_of(circuit, point))) ** 2
        assert values[a, 0] == pytest.approx(expected, abs=1e-12)
    with pytest.raises(InputError, match="the 3 qubits of the circuit"):
        hybrid.overlaps(circuit, points, other_circuit=QuantumCircuit(2))

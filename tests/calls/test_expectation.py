"""Values, gradients and samples of any circuit against dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from tests import oracle
from tests.programs.circuits import (
    FIXED,
    PARAMETRISED,
    fixed,
    parametrised,
    random_observable,
    random_point,
)

OBSERVABLE = random_observable(4)


@pytest.mark.parametrize("name", PARAMETRISED)
def test_every_parametrised_gate(name: str) -> None:
    circuit = parametrised(name)
    points = np.stack([random_point(circuit, seed) for seed in range(3)])
    values, gradients = hybrid.expectation(circuit, OBSERVABLE, points, gradient=True)
    assert values.shape == (3,)
    assert gradients.shape == points.shape
    expected = [oracle.value(circuit, OBSERVABLE, point) for point in points]
    np.testing.assert_allclose(values, expected, atol=1e-12)
    np.testing.assert_allclose(
        gradients[0], oracle.gradient(circuit, OBSERVABLE, points[0]), atol=1e-9
    )


@pytest.mark.parametrize("name", FIXED)
def test_every_fixed_gate(name: str) -> None:
    circuit = fixed(name)
    point = random_point(circuit)
    values, gradients = hybrid.expectation(circuit, OBSERVABLE, point, gradient=True)
    np.testing.assert_allclose(values, [oracle.value(circuit, OBSERVABLE, point)], atol=1e-12)
    np.testing.assert_allclose(gradients[0], oracle.gradient(circuit, OBSERVABLE, point), atol=1e-9)


@pytest.mark.ranks
def test_points_are_split_and_come_back_in_order() -> None:
    circuit = parametrised("u")
    points = np.random.default_rng(3).normal(size=(1500, circuit.num_parameters))
    values = hybrid.expectation(circuit, OBSERVABLE, points)
    some = [0, 511, 512, 1023, 1024, 1499]
    expected = [oracle.value(circuit, OBSERVABLE, points[k]) for k in some]
    np.testing.assert_allclose(values[some], expected, atol=1e-12)


def test_single_precision_is_near() -> None:
    circuit = parametrised("evolution")
    point = random_point(circuit)
    single = hybrid.simulators.Native(precision="complex64")
    values = hybrid.expectation(circuit, OBSERVABLE, point, simulator=single)
    error = abs(values[0] - oracle.value(circuit, OBSERVABLE, point))
    assert error < 1e-5


def test_a_circuit_changed_in_place_is_compiled_again() -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("a"), 0)
    z = SparsePauliOp("Z")
    before = hybrid.expectation(circuit, z, [0.0])
    circuit.x(0)
    assert hybrid.expectation(circuit, z, [0.0])[0] == pytest.approx(-before[0])
    z.coeffs[0] = 1.0 + 1e-9
    assert hybrid.expectation(circuit, z, [0.0])[0] == pytest.approx(-1.0 - 1e-9, abs=1e-14)


@pytest.mark.ranks
def test_samples_follow_the_state() -> None:
    circuit = parametrised("cu")
    point = random_point(circuit)
    shots = 20_000
    counts = hybrid.sample(circuit, point, shots, seed=11)
    probabilities = np.abs(oracle.state_of(circuit, point)) ** 2
    seen = np.array([counts.get(f"{b:04b}", 0) for b in range(16)])
    assert seen.sum() == shots
    assert chi_square(seen, shots * probabilities) < 60  # 15 degrees of freedom: p < 1e-6
    # Control: another state of the same circuit fails the test.
    other = np.abs(oracle.state_of(circuit, point + 0.3)) ** 2
    assert chi_square(seen, shots * other) > 200


def chi_square(seen: np.ndarray, expected: np.ndarray) -> float:
    return float(np.sum((seen - expected) ** 2 / expected))


@pytest.mark.ranks
def test_samples_depend_on_the_seed_alone() -> None:
    circuit = parametrised("cu")
    points = np.stack([random_point(circuit, seed) for seed in range(3)])
    first = hybrid.sample(circuit, points, 100, seed=1)
    assert first == hybrid.sample(circuit, points, 100, seed=1)
    assert first != hybrid.sample(circuit, points, 100, seed=2)
    assert [sum(counts.values()) for counts in first] == [100, 100, 100]
    assert first[0] != first[1]


def test_many_shots_come_in_several_pieces() -> None:
    plus = QuantumCircuit(1)
    plus.h(0)
    shots = 2**20 + 2**19
    counts = hybrid.sample(plus, [], shots, seed=1)
    assert sum(counts.values()) == shots
    assert abs(counts["0"] / shots - 0.5) < 5 * 0.5 / np.sqrt(shots)


CIRCUIT = parametrised("u")
POINT = random_point(CIRCUIT)


@pytest.mark.ranks
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": [1.0]}, r"points: got shape \(1,\), expected shape \(B, 3\) or \(3,\)"),
        ({"points": [[np.nan, 0, 0]]}, "points: got nan for parameter 0 of point 0"),
        ({"points": np.zeros((0, 3))}, "points: got no points"),
        ({"points": ["a", "b", "c"]}, "expected real numbers"),
        ({"shots": -5}, "shots: got -5, expected a positive integer"),
        ({"shots": 1.5}, "shots: got 1.5"),
        ({"shots": True}, "shots: got True"),
        ({"seed": -1}, "seed: got -1"),
        ({"threads": 0}, "threads: got 0"),
        ({"gradient": "magic"}, "gradient: got 'magic'"),
        ({"simulator": "natve"}, "did you mean 'native'"),
        ({"observable": SparsePauliOp("Z")}, "an operator on 1 qubits, expected one on 4"),
        ({"observable": SparsePauliOp("ZZZZ", [1j])}, "the complex coefficient"),
        ({"observable": SparsePauliOp("ZZZZ", [np.nan])}, "NaN or infinite"),
        ({"observable": "ZZZZ"}, "observable: got str"),
        ({"circuit": "h 0"}, "circuit: got str"),
    ],
)
def test_bad_input_is_refused_with_a_clear_message(change: dict, message: str) -> None:
    good = {"circuit": CIRCUIT, "observable": OBSERVABLE, "points": POINT}
    with pytest.raises(InputError, match=message):
        hybrid.expectation(**(good | change))


@pytest.mark.ranks
def test_a_state_that_does_not_fit_is_refused_with_what_would() -> None:
    wide = QuantumCircuit(45)
    wide.ry(Parameter("a"), range(45))  # a qubit that is always 0 would take no memory
    observable = SparsePauliOp("Z" + "I" * 44)
    with pytest.raises(InputError, match=r"45 qubits that needs .* GB.*(would fit|fewer qubits)"):
        hybrid.expectation(wide, observable, [0.1], simulator="native")


def test_an_operator_of_sample_needs_shots() -> None:
    with pytest.raises(InputError, match="shots: got 0"):
        hybrid.sample(CIRCUIT, POINT, 0)

"""Several observables on every simulator: against the dense oracle, and the scatter of shots."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer.noise import NoiseModel, depolarizing_error

import hybrid
from hybrid.programs import compile_observable, flatten
from hybrid.simulators import Aer, Estimation, Native
from hybrid.simulators.circuits.measurement import measurement_groups
from tests import oracle

OBSERVABLES = [
    SparsePauliOp(["ZI", "IZ", "II"], [1.0, -0.5, 0.25]),
    SparsePauliOp(["ZZ", "XX"], [0.3, 0.9]),
    SparsePauliOp(["II"], [2.0]),
    SparsePauliOp(["IX", "ZI"], [-0.7, 0.1]),
]


def circuit_of() -> QuantumCircuit:
    angles = ParameterVector("a", 4)
    circuit = QuantumCircuit(2)
    circuit.ry(angles[0], 0)
    circuit.ry(angles[1], 1)
    circuit.cx(0, 1)
    circuit.rx(angles[2] + angles[0], 0)
    circuit.rz(angles[3], 1)
    circuit.ry(angles[1], 0)
    return circuit


POINTS = np.random.default_rng(4).normal(size=(3, 4))


@cache
def right_values() -> tuple[np.ndarray, np.ndarray]:
    """Return values and gradients from dense linear algebra."""
    circuit = circuit_of()
    values = [[oracle.value(circuit, o, x) for o in OBSERVABLES] for x in POINTS]
    slopes = [[oracle.gradient(circuit, o, x) for o in OBSERVABLES] for x in POINTS]
    return np.array(values), np.array(slopes)


@pytest.mark.ranks
@pytest.mark.parametrize(
    "simulator",
    [
        Native(),
        Native(precision="complex64"),
        Aer(),
        Aer(method="density_matrix"),
        Aer(method="matrix_product_state"),
        StatevectorEstimator(),
    ],
    ids=["native", "complex64", "aer", "density matrix", "product state", "primitive"],
)
@pytest.mark.parametrize("gradient", [False, True, "finite-difference"])
def test_exact_values_and_gradients(simulator, gradient) -> None:
    circuit = circuit_of()
    found = hybrid.expectation(circuit, OBSERVABLES, POINTS, gradient=gradient, simulator=simulator)
    values = found[0] if gradient else found
    near = 1e-5 if getattr(simulator, "precision", "") == "complex64" else 1e-10
    wanted, slopes = right_values()
    np.testing.assert_allclose(values, wanted, atol=near)
    if gradient:
        np.testing.assert_allclose(found[1], slopes, atol=max(near, 1e-8) * 10)


def test_strings_that_are_shared_are_measured_once() -> None:
    compiled = [compile_observable(each, 2) for each in OBSERVABLES]
    constants, groups = measurement_groups(compiled)
    assert constants.tolist() == [0.25, 0.0, 2.0, 0.0]
    # By descending coefficient: ZI and IX; XX; IZ and ZZ. Separate groups would be four.
    assert len(groups) == 3
    assert all(group.coefficients.shape == (4, len(group.masks)) for group in groups)
    for observable, constant in zip(compiled, constants, strict=True):
        assert measurement_groups([observable])[0] == constant


@pytest.mark.ranks
def test_standard_errors_are_the_scatter_of_repeated_runs() -> None:
    circuit, shots, runs = circuit_of(), 400, 60
    exact = hybrid.expectation(circuit, OBSERVABLES, POINTS[:1])[0]
    told = [
        hybrid.estimate(circuit, OBSERVABLES, POINTS[:1], simulator="aer", shots=shots, seed=seed)
        for seed in range(runs)
    ]
    values = np.array([each.values[0] for each in told])
    errors = np.array([each.standard_errors[0] for each in told])
    assert values.shape == errors.shape == (runs, 4)
    assert np.all(values[:, 2] == 2.0)
    assert np.all(errors[:, 2] == 0.0)
    sampled = [0, 1, 3]
    away = np.abs(values.mean(axis=0) - exact)[sampled]
    assert np.all(away < 5.0 * errors.mean(axis=0)[sampled] / np.sqrt(runs))
    ratio = values.std(axis=0)[sampled] / errors.mean(axis=0)[sampled]
    assert np.all((ratio > 0.7) & (ratio < 1.4))


@pytest.mark.ranks
def test_shots_and_noise_with_gradients() -> None:
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["cx"])
    circuit, simulator = circuit_of(), Aer(noise_model=noise)
    exact = hybrid.expectation(circuit, OBSERVABLES, POINTS, gradient=True, simulator=simulator)
    told = hybrid.estimate(
        circuit, OBSERVABLES, POINTS, gradient=True, simulator=simulator, shots=4000, seed=3
    )
    assert told.values.shape == told.standard_errors.shape == (3, 4)
    assert told.gradients.shape == (3, 4, 4)
    assert np.all(np.abs(told.values - exact[0]) <= 5.0 * told.standard_errors + 1e-12)
    np.testing.assert_allclose(told.gradients, exact[1], atol=0.2)


def test_one_shot_says_nothing_of_its_spread() -> None:
    told = hybrid.estimate(circuit_of(), OBSERVABLES, POINTS[:1], simulator="aer", shots=1, seed=1)
    assert np.isinf(told.standard_errors[0, [0, 1, 3]]).all()
    assert told.standard_errors[0, 2] == 0.0


def test_an_estimator_that_samples_tells_its_errors() -> None:
    told = hybrid.estimate(
        circuit_of(), OBSERVABLES, POINTS, simulator=StatevectorEstimator(seed=1), shots=1000
    )
    assert told.values.shape == told.standard_errors.shape == (3, 4)
    assert told.standard_errors[0, 0] == pytest.approx(1.0 / np.sqrt(1000))
    assert told.standard_errors[0, 2] == 0.0


def test_a_sum_over_points_needs_no_kernels() -> None:
    flat = flatten(circuit_of())
    compiled = tuple(compile_observable(each, 2) for each in OBSERVABLES)
    weights = np.random.default_rng(5).normal(size=(3, 4))
    found = [
        simulator.prepare(Estimation(flat, compiled)).pull_back(
            POINTS, lambda values, which: weights[which], inputs=[2, 0], seed=0, threads=1
        )
        for simulator in (Native(), Aer())
    ]
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-10)
    assert found[0].by_input.shape == (3, 2)

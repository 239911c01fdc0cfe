"""Qiskit estimators: small and empty operators, errors, widths, and controlled gates."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.primitives import BackendEstimatorV2, StatevectorEstimator
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp, random_unitary
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import EstimatorV2 as AerEstimator

import hybrid
from hybrid.core.errors import InputError
from hybrid.simulators import Primitive
from tests import oracle

T = ParameterVector("t", 2)
CIRCUIT = QuantumCircuit(2)
CIRCUIT.ry(T[0], 0)
CIRCUIT.crx(T[1], 0, 1)
CIRCUIT.cp(0.4 * T[0], 0, 1)
POINT = np.array([0.7, -1.3])


def _estimators() -> dict[str, object]:
    return {
        "statevector": StatevectorEstimator(),
        "sampled statevector": StatevectorEstimator(default_precision=0.01, seed=3),
        "aer": AerEstimator(),
        "backend": BackendEstimatorV2(backend=AerSimulator(seed_simulator=4)),
    }


@pytest.mark.parametrize("name", _estimators())
@pytest.mark.parametrize("operator", [("II", 0.0), ("ZZ", 0.0), ("II", 2.5)])
def test_operators_without_anything_to_measure(name: str, operator: tuple[str, float]) -> None:
    label, coefficient = operator
    told = hybrid.estimate(
        CIRCUIT, SparsePauliOp(label, coefficient), POINT, simulator=_estimators()[name]
    )
    assert told.values[0] == (coefficient if label == "II" else 0.0)
    assert (told.standard_errors is None) == (name == "statevector")


@pytest.mark.parametrize("name", _estimators())
@pytest.mark.parametrize("coefficients", [[1e-12, -3e-12], [1.0, 1e-9], [1e-3, 1e-9]])
def test_small_coefficients_are_measured(name: str, coefficients: list[float]) -> None:
    observable = SparsePauliOp(["ZI", "XX"], coefficients)
    told = hybrid.estimate(CIRCUIT, observable, POINT, simulator=_estimators()[name])
    right = oracle.value(CIRCUIT, observable, POINT)
    if name == "statevector":
        assert told.standard_errors is None
        assert told.values[0] == pytest.approx(right, rel=1e-12, abs=0.0)
    else:
        assert told.standard_errors.shape == (1,)
        error = max(told.standard_errors[0], 1e-3 * np.abs(coefficients).sum())
        assert told.values[0] == pytest.approx(right, abs=6 * error)


@pytest.mark.parametrize("name", _estimators())
def test_controlled_gates_with_parameters(name: str) -> None:
    observable = SparsePauliOp(["ZI", "XY"], [1.0, 0.5])
    values, gradients = hybrid.expectation(
        CIRCUIT, observable, POINT, gradient=True, simulator=_estimators()[name]
    )
    wide = 1e-9 if name in ("statevector", "aer") else 0.2
    assert values[0] == pytest.approx(oracle.value(CIRCUIT, observable, POINT), abs=wide)
    right = oracle.gradient(CIRCUIT, observable, POINT)
    assert gradients[0] == pytest.approx(right, abs=max(wide, 1e-7))


def test_circuits_wider_than_the_backend_are_refused() -> None:
    estimator = BackendEstimatorV2(backend=GenericBackendV2(2, seed=1))
    circuit = QuantumCircuit(3)
    with pytest.raises(InputError, match="2 qubits"):
        hybrid.expectation(circuit, SparsePauliOp("ZZZ"), [[]], simulator=estimator)


def test_a_gate_of_ones_own_is_its_definition() -> None:
    body = QuantumCircuit(1, name="rz")
    body.ry(0.6, 0)
    circuit = QuantumCircuit(1)
    circuit.append(body.to_gate(), [0])
    value = hybrid.expectation(
        circuit, SparsePauliOp("Z"), [[]], simulator=Primitive(StatevectorEstimator())
    )
    assert value[0] == pytest.approx(np.cos(0.6), abs=1e-12)


@pytest.mark.parametrize("estimator", ["statevector", "device"])
def test_circuits_are_compiled_to_the_same_gates_each_time(estimator: str) -> None:
    circuit = QuantumCircuit(4)
    for k in range(3):
        circuit.unitary(random_unitary(4, seed=k), [k, k + 1])
    circuit.unitary(random_unitary(8, seed=9), [0, 3, 1])
    device = BackendEstimatorV2(backend=GenericBackendV2(5, seed=1))
    primitive = Primitive(device if estimator == "device" else StatevectorEstimator())
    found = {
        str([(each.name, each.params, each.qubits) for each in primitive._compiled(circuit).data])
        for _ in range(8)
    }
    assert len(found) == 1
    observable = SparsePauliOp("ZXYZ")
    value = hybrid.expectation(circuit, observable, [[]], simulator=StatevectorEstimator())
    assert value[0] == pytest.approx(oracle.value(circuit, observable, []), abs=1e-12)

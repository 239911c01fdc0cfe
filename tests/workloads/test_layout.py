"""Observables of transpiled circuits: mapped ones are taken, others are pointed out."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import ParameterVector
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError
from tests import oracle

OBSERVABLE = SparsePauliOp(["ZXI", "IYZ", "XXX"], [1.0, -0.7, 0.4])
POINT = np.array([0.4, -0.9, 1.1])


def original() -> QuantumCircuit:
    t = ParameterVector("t", 3)
    circuit = QuantumCircuit(3)
    for q in range(3):
        circuit.ry(t[q], q)
    circuit.cx(0, 1)
    circuit.cx(0, 2)
    circuit.rx(0.3, 0)
    return circuit


def transpiled(width: int) -> QuantumCircuit:
    device = GenericBackendV2(width, coupling_map=[[k, k + 1] for k in range(width - 1)], seed=1)
    layout = [2, 0, 1] if width == 3 else [4, 2, 1]
    return transpile(original(), device, initial_layout=layout, seed_transpiler=3)


@pytest.mark.parametrize("width", [3, 5])
def test_a_mapped_observable_has_the_value_of_the_original(width: int) -> None:
    circuit = transpiled(width)
    mapped = OBSERVABLE.apply_layout(circuit.layout)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if width == 3 else "error")
        value = hybrid.expectation(circuit, mapped, POINT)[0]
    assert value == pytest.approx(oracle.value(original(), OBSERVABLE, POINT), abs=1e-10)


def test_an_observable_of_the_original_width_is_refused() -> None:
    advice = r"pass observable\.apply_layout\(circuit\.layout\)"
    circuit = transpiled(5)
    with pytest.raises(InputError, match=rf"on 3 qubits, expected one on the 5 qubits.*{advice}"):
        hybrid.expectation(circuit, OBSERVABLE, POINT)
    with pytest.raises(InputError, match=advice):
        hybrid.VQE(circuit, OBSERVABLE)


def test_an_observable_on_idle_qubits_is_pointed_out() -> None:
    padded, circuit = OBSERVABLE.expand("II"), transpiled(5)
    idle = r"end on \[.*\]; the observable acts on qubit 0, where none of them ends.*apply_layout"
    with pytest.warns(UserWarning, match=idle):
        value = hybrid.expectation(circuit, padded, POINT)[0]
    assert value == pytest.approx(oracle.value(circuit, padded, POINT), abs=1e-10)


def test_an_observable_of_the_right_width_may_not_be_mapped() -> None:
    circuit = transpiled(3)
    with pytest.warns(UserWarning, match=r"its qubits end on \[.*apply_layout"):
        hybrid.expectation(circuit, OBSERVABLE, POINT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        hybrid.expectation(circuit, SparsePauliOp(["ZZZ", "III"]), POINT)  # the same either way
        hybrid.expectation(original(), OBSERVABLE, POINT)


def test_a_circuit_that_was_transpiled_without_moving_its_qubits() -> None:
    circuit = transpile(original(), basis_gates=["rz", "sx", "cx"], seed_transpiler=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = hybrid.expectation(circuit, OBSERVABLE, POINT)[0]
    assert value == pytest.approx(oracle.value(original(), OBSERVABLE, POINT), abs=1e-10)

"""Compiled circuits are found again only while circuit and observable are what they were."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp
from qiskit.synthesis import SuzukiTrotter

from hybrid.workloads.compiled import compiled_expectation

THETA = Parameter("theta")


def evolved() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.append(PauliEvolutionGate(SparsePauliOp(["XY", "YX"], [0.5, -0.5]), THETA), [0, 1])
    return circuit


def compiled(circuit: QuantumCircuit, observable: SparsePauliOp) -> object:
    return compiled_expectation(circuit, observable)


def test_the_same_circuit_is_compiled_once() -> None:
    circuit, observable = evolved(), SparsePauliOp("ZZ")
    assert compiled(circuit, observable) is compiled(circuit, observable)


def other_operator(circuit: QuantumCircuit, observable: SparsePauliOp) -> None:
    circuit.data[1].operation.operator.coeffs[0] = 0.25


def other_string(circuit: QuantumCircuit, observable: SparsePauliOp) -> None:
    circuit.data[1].operation.operator.paulis.z[0] ^= True  # from XY to YX


def other_synthesis(circuit: QuantumCircuit, observable: SparsePauliOp) -> None:
    circuit.data[1].operation.synthesis = SuzukiTrotter(order=2, reps=3)


def other_time(circuit: QuantumCircuit, observable: SparsePauliOp) -> None:
    circuit.data[1].operation.params = [2 * THETA]


def other_gate(circuit: QuantumCircuit, observable: SparsePauliOp) -> None:
    circuit.rx(0.5, 1)


def other_coefficient(circuit: QuantumCircuit, observable: SparsePauliOp) -> None:
    observable.coeffs[0] = 2.0


@pytest.mark.parametrize(
    "change",
    [other_operator, other_string, other_synthesis, other_time, other_gate, other_coefficient],
)
def test_a_change_in_place_is_seen(
    change: Callable[[QuantumCircuit, SparsePauliOp], None],
) -> None:
    circuit, observable = evolved(), SparsePauliOp("ZZ")
    before = compiled(circuit, observable)
    change(circuit, observable)
    assert compiled(circuit, observable) is not before


def test_operators_that_are_no_sums_are_compared_too() -> None:
    circuit, observable = QuantumCircuit(1), SparsePauliOp("Z")
    circuit.append(PauliEvolutionGate(SparsePauliOp("X").paulis[0], THETA), [0])
    first = compiled(circuit, observable)
    assert compiled(circuit, observable) is first
    np.testing.assert_array_equal(observable.coeffs, [1])

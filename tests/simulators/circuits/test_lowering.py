"""Aer runs the user's circuit, regardless of gate names and of where angles are stored."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter, ParameterVector
from qiskit.circuit.library import (
    CRXGate,
    CUGate,
    MCPhaseGate,
    PhaseGate,
    RXXGate,
    RYGate,
    RZZGate,
    U2Gate,
    U3Gate,
    UGate,
    XXPlusYYGate,
)
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector

import hybrid
from hybrid.core.errors import InputError
from hybrid.programs import flatten
from hybrid.simulators import Aer
from hybrid.simulators.aer.gates import bindable
from hybrid.simulators.circuits.lowering import lower, lower_source
from tests import oracle

CONTROLLED = {
    "crx": (CRXGate, 1),
    "open crx": (lambda t: CRXGate(t, ctrl_state=0), 1),
    "cu": (CUGate, 4),
    "mcp": (lambda t: MCPhaseGate(t, 2), 1),
    "cp": (lambda t: PhaseGate(t).control(1), 1),
    "crxx": (lambda t: RXXGate(t).control(1), 1),
    "open crzz": (lambda t: RZZGate(t).control(1, ctrl_state=0), 1),
    "cu3": (lambda *t: U3Gate(*t).control(1), 3),
    "ccu": (lambda *t: UGate(*t).control(2), 3),
    "cu2": (lambda *t: U2Gate(*t).control(1), 2),
    "cxx_plus_yy": (lambda *t: XXPlusYYGate(*t).control(1), 2),
}


def _mixed(gate: Gate) -> QuantumCircuit:
    circuit = QuantumCircuit(gate.num_qubits)
    for qubit in range(gate.num_qubits):
        circuit.ry(0.4 + 0.3 * qubit, qubit)
        circuit.rz(0.2 - 0.5 * qubit, qubit)
    circuit.append(gate, range(gate.num_qubits))
    circuit.rx(Parameter("z"), 0)
    return circuit


@pytest.mark.parametrize("name", CONTROLLED)
def test_controlled_gates_with_parameters_on_aer(name: str) -> None:
    make, count = CONTROLLED[name]
    circuit = _mixed(make(*ParameterVector("t", count)))
    width = circuit.num_qubits
    observable = SparsePauliOp(["Z" * width, "X" + "I" * (width - 1), "I" * (width - 1) + "Y"])
    points = np.random.default_rng(1).uniform(-2, 2, (2, count + 1))
    values, gradients = hybrid.expectation(
        circuit, observable, points, gradient=True, simulator="aer"
    )
    for point, value, gradient in zip(points, values, gradients, strict=True):
        assert value == pytest.approx(oracle.value(circuit, observable, point), abs=1e-9)
        assert gradient == pytest.approx(oracle.gradient(circuit, observable, point), abs=1e-7)


def test_a_controlled_rotation_beside_a_rotation_is_minimized_on_aer() -> None:
    ansatz = QuantumCircuit(2)
    ansatz.x(0)
    ansatz.ry(Parameter("a"), 1)
    ansatz.crx(Parameter("t"), 0, 1)
    found = hybrid.minimize(hybrid.VQE(ansatz, SparsePauliOp("ZI")), simulator="aer", seed=1)
    assert found.success
    assert found.value == pytest.approx(-1.0, abs=1e-6)


def test_a_controlled_rotation_has_its_value_with_shots() -> None:
    circuit = QuantumCircuit(2)
    circuit.x(0)
    circuit.crx(Parameter("t"), 0, 1)
    told = hybrid.expectation(circuit, SparsePauliOp("ZI"), [[0.7]], shots=20_000, seed=3)
    assert told[0] == pytest.approx(np.cos(0.7), abs=5 * 0.65 / np.sqrt(20_000))


@pytest.mark.parametrize("name", ["id", "delay", "rx", "p", "swap_free", "cx"])
def test_a_gate_of_ones_own_is_its_definition_on_aer(name: str) -> None:
    t = Parameter("t")
    width = 2 if name == "cx" else 1
    body = QuantumCircuit(width, name=name)
    body.ry(t, 0)
    circuit = QuantumCircuit(width)
    circuit.append(body.to_gate(), range(width))
    observable = SparsePauliOp("I" * (width - 1) + "Z")
    lowered = lower_source(circuit, Aer().job(width, sampled=False).compiled)[1]
    assert "ry" in [instruction.name for instruction in lowered.circuit.data]
    bound = lowered.circuit.assign_parameters([0.6])
    value = Statevector(bound).expectation_value(observable).real
    assert value == pytest.approx(np.cos(0.6), abs=1e-12)


class _Matrix(Gate):
    """A gate that defines only ``__array__``."""

    def __init__(self) -> None:
        super().__init__("mine", 1, [])

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return np.asarray(RYGate(0.9).to_matrix(), dtype=complex)


@pytest.mark.parametrize("settings", [{"simulator": "aer"}, {"shots": 20_000, "seed": 2}])
def test_gates_with_a_matrix_only_run_on_aer(settings: dict) -> None:
    circuit = QuantumCircuit(1)
    circuit.append(_Matrix(), [0])
    value = hybrid.expectation(circuit, SparsePauliOp("Z"), [[]], **settings)[0]
    assert value == pytest.approx(np.cos(0.9), abs=1e-9 if "simulator" in settings else 0.03)


@pytest.mark.parametrize("angle", [np.nan, np.inf])
def test_undefined_angles_are_refused_on_aer(angle: float) -> None:
    circuit = QuantumCircuit(1)
    circuit.rx(angle, 0)
    with pytest.raises(InputError):
        hybrid.expectation(circuit, SparsePauliOp("Z"), [[]], simulator="aer")


def test_arguments_are_single_parameters_that_aer_binds() -> None:
    t = ParameterVector("t", 3)
    circuit = QuantumCircuit(3)
    circuit.rx(2 * t[0] + t[1], 0)
    circuit.append(CUGate(t[0], t[1] ** 2, 0.3, t[2]), [0, 1])
    circuit.append(PhaseGate(t[2]).control(2), [0, 1, 2])
    flat = flatten(circuit)
    lowered = bindable(lower(flat, Aer().job(3, sampled=False).compiled))
    point = np.array([[0.3, -0.8, 1.1]])
    arguments = lowered.angles.angles(flat.angles.angles(point))[0]
    bound = lowered.circuit.assign_parameters(dict(zip(lowered.arguments, arguments, strict=True)))
    standard = Operator(oracle.unitary(circuit, point[0]))
    assert Statevector(_by_name(bound)).equiv(Statevector(standard @ Statevector.from_int(0, 8)))


def _by_name(circuit: QuantumCircuit) -> QuantumCircuit:
    """Replace plain instructions by the standard gates of the same names."""
    from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping

    kinds = get_standard_gate_name_mapping() | {"mcphase": None}
    named = QuantumCircuit(circuit.num_qubits)
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.name == "mcphase":
            gate = MCPhaseGate(float(operation.params[0]), operation.num_qubits - 1)
        else:
            gate = operation
            if type(operation).__name__ == "Instruction":
                kind = kinds[operation.name].base_class
                gate = kind(*(float(p) for p in operation.params))
        named.append(gate, [circuit.find_bit(q).index for q in instruction.qubits])
    return named


@pytest.mark.parametrize(("name", "count"), [("u", 3), ("r", 2)])
def test_a_device_gate_under_a_library_name_has_unknown_frequencies(name: str, count: int) -> None:
    t = Parameter("t")
    circuit = QuantumCircuit(1)
    circuit.rx(t, 0)

    def compiler(written: QuantumCircuit) -> QuantumCircuit:
        found = written.copy_empty_like()
        angle = written.data[0].operation.params[0]
        found.append(Gate(name, 1, [angle / 2, *[0.0] * (count - 1)]), [0])  # exp(-i angle X)
        return found

    lowered = lower(flatten(circuit), compiler)
    assert lowered.gates == (name,)
    assert lowered.frequencies == (None,)

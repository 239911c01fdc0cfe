"""Gates are read from their class, matrix or definition, checked against independent values."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm2
from qiskit.circuit import (
    AnnotatedOperation,
    ControlledGate,
    ControlModifier,
    Gate,
    Instruction,
    InverseModifier,
    Operation,
    Parameter,
    PowerModifier,
)
from qiskit.circuit import library as gates
from qiskit.quantum_info import SparseObservable, SparsePauliOp, Statevector, random_unitary
from qiskit.synthesis import MatrixExponential

import hybrid
from hybrid.core.errors import InputError, NoExactGradientError

T = Parameter("t")


def circuit_of(operation: Operation, before: str = "") -> QuantumCircuit:
    """Return a circuit of one operation, after X gates on given qubits."""
    circuit = QuantumCircuit(operation.num_qubits)
    for qubit in before:
        circuit.x(int(qubit))
    circuit.append(operation, range(operation.num_qubits))
    return circuit


def value(circuit: QuantumCircuit, label: str, *point: float) -> float:
    return float(hybrid.expectation(circuit, SparsePauliOp(label), [list(point)])[0])


def check_state(circuit: QuantumCircuit) -> None:
    """Compare the state of a parameterless circuit with Qiskit's, phase included."""
    np.testing.assert_allclose(hybrid.state(circuit, []), Statevector(circuit).data, atol=1e-12)


# Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["id", "delay", "barrier", "global_phase", "reset", "measure"])
def test_a_gate_called_like_one_that_does_nothing_still_acts(name: str) -> None:
    inner = QuantumCircuit(1, name=name)
    inner.x(0)
    assert value(circuit_of(inner.to_gate()), "Z") == pytest.approx(-1.0)
    assert value(circuit_of(inner.to_instruction()), "Z") == pytest.approx(-1.0)


@pytest.mark.parametrize("name", ["rx", "p", "u", "rz", "u1"])
def test_a_gate_called_like_a_rotation_is_its_definition(name: str) -> None:
    inner = QuantumCircuit(1, name=name)
    inner.ry(T, 0)
    assert value(circuit_of(inner.to_gate()), "X", 0.6) == pytest.approx(np.sin(0.6))


def test_qasm_that_defines_a_standard_name_anew() -> None:
    text = """OPENQASM 2.0;
    gate h a { U(pi/2, 0, pi) a; }
    gate cx a, b { CX a, b; }
    gate rzz(angle) a, b { cx a, b; U(0, 0, 2*angle) b; cx a, b; }
    qreg q[2];
    h q[0];
    rzz(0.3) q[0], q[1];"""
    assert value(qasm2.loads(text), "IX") == pytest.approx(0.825336, abs=1e-6)


def test_a_gate_with_neither_matrix_nor_definition_is_not_guessed_from_its_name() -> None:
    with pytest.raises(InputError, match="gate 'h': got neither a matrix of its own nor a defin"):
        hybrid.state(circuit_of(Gate("h", 1, [])), [])


class Derived(gates.RXGate):
    """RY in a subclass of RX; Qiskit turns it into RX when it copies a circuit."""

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        return np.asarray(gates.RYGate(self.params[0]).to_matrix())


class Plain(gates.RXGate):
    """RX in a subclass."""


def test_classes_derived_from_standard_gates() -> None:
    assert value(circuit_of(Plain(T)), "Z", 0.3) == pytest.approx(np.cos(0.3))
    for angle in (0.3, T):
        circuit = circuit_of(Derived(angle))
        with pytest.raises(InputError, match="a class derived from RXGate that is another gate"):
            hybrid.expectation(circuit, SparsePauliOp("X"), [[0.3] * circuit.num_parameters])


# Modifiers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "modifiers",
    [[PowerModifier(-0.5)], [PowerModifier(0.5), InverseModifier()]],
)
def test_roots_of_a_gate(modifiers: list[object]) -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(0.3, 0)
    circuit.append(AnnotatedOperation(gates.HGate(), modifiers), [0])
    circuit.rx(0.4, 0)
    assert value(circuit, "Z") == pytest.approx(0.757745, abs=1e-6)
    check_state(circuit)


def test_modifiers_are_applied_from_the_first_to_the_last() -> None:
    inner = AnnotatedOperation(gates.YGate(), [InverseModifier(), PowerModifier(0.5)])
    for modifiers in (
        [ControlModifier(1, 0), PowerModifier(1.5)],
        [PowerModifier(3), ControlModifier(2, 1), InverseModifier()],
    ):
        circuit = QuantumCircuit(3)
        circuit.h(range(3))
        annotated = AnnotatedOperation(inner, modifiers)
        circuit.append(annotated, range(annotated.num_qubits))
        check_state(circuit)


def test_powers_of_parametrised_gates() -> None:
    thrice = AnnotatedOperation(gates.RXGate(T), PowerModifier(-3))
    assert value(circuit_of(thrice), "Y", 0.2) == pytest.approx(np.sin(0.6))
    root = AnnotatedOperation(gates.RXGate(T), PowerModifier(0.5))
    with pytest.raises(NoExactGradientError, match=r"gate 'rx': got the power 0\.5, expected an i"):
        hybrid.expectation(circuit_of(root), SparsePauliOp("Z"), [[0.2]])


# Gates that Qiskit controls ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "right"),
    [
        (gates.RXGate(T), np.cos(0.4)),
        (gates.RYGate(T), np.cos(0.4)),
        (gates.RZGate(T), 1.0),
        (gates.PhaseGate(T), 1.0),
        (gates.RXGate(0.4), np.cos(0.4)),
    ],
)
def test_several_targets(base: Gate, right: float) -> None:
    circuit = circuit_of(gates.MCMTGate(base, 1, 2), before="0")
    assert value(circuit, "ZII", *[0.4] * circuit.num_parameters) == pytest.approx(right)
    if not circuit.num_parameters:
        check_state(circuit)


@pytest.mark.parametrize(
    "gate",
    [
        gates.UnitaryGate(random_unitary(2, seed=1)).control(1),
        gates.TGate().control(1),
        gates.MCPhaseGate(0.7, 1),
        gates.CUGate(0.1, 0.2, 0.3, 0.4).control(1),
        gates.IGate().control(2),
        gates.XXPlusYYGate(0.3, 0.2).control(1),
        gates.RCCXGate().control(1),
        gates.SXdgGate().control(2, ctrl_state=1),
        gates.GlobalPhaseGate(0.3).control(3, annotated=False),
        gates.RVGate(0.3, 0.2, 0.1).control(1),
    ],
    ids=lambda gate: gate.name,
)
def test_controlled_gates(gate: Gate) -> None:
    circuit = QuantumCircuit(gate.num_qubits)
    for qubit in range(gate.num_qubits):
        circuit.u(0.4 + qubit, 0.3, 0.2, qubit)
    circuit.append(gate, range(gate.num_qubits))
    check_state(circuit)


def test_a_controlled_gate_that_contradicts_its_definition() -> None:
    definition = QuantumCircuit(2)
    definition.cz(0, 1)
    gate = ControlledGate(
        "cx", 2, [], num_ctrl_qubits=1, definition=definition, base_gate=gates.XGate()
    )
    with pytest.raises(InputError, match="another gate than its base gate under controls"):
        hybrid.state(circuit_of(gate), [])


def test_gates_that_qiskit_controls_by_their_name() -> None:
    inner = QuantumCircuit(2, name="cx")
    inner.ry(T, 1)
    controlled = inner.to_gate().control(1, ctrl_state=0, annotated=False)
    with pytest.raises(InputError, match="Qiskit may have controlled another of that name"):
        hybrid.state(circuit_of(controlled), [0.3])
    annotated = inner.to_gate().control(1, ctrl_state=0, annotated=True)
    assert value(circuit_of(annotated), "XII", 0.3) == pytest.approx(np.sin(0.3))


def test_phase_estimation() -> None:
    check_state(gates.phase_estimation(2, circuit_of(gates.TGate(), before="0")))


# Evolutions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("letters", ["1-", "Z-", "+0", "rl", "XY"])
def test_evolutions_of_projectors(letters: str) -> None:
    terms = [(letters, [0, 1], 0.5), ("YX", [0, 1], 0.3)]
    operator = SparseObservable.from_sparse_list(terms, 2)
    gate = gates.PauliEvolutionGate(operator, time=0.9)
    circuit = QuantumCircuit(2)
    circuit.ry(0.7, 0)
    circuit.u(0.4, 0.2, 0.1, 1)
    product = circuit.copy()
    circuit.append(gate, [0, 1])
    product.append(gate.definition.to_gate(), [0, 1])
    np.testing.assert_allclose(hybrid.state(circuit, []), Statevector(product).data, atol=1e-12)


@pytest.mark.parametrize("time", [0.7, T])
def test_exact_exponentials(time: float | Parameter) -> None:
    operator = SparsePauliOp(["XZ", "ZI", "YY", "II"], [0.3, 0.5, -0.4, 0.2])
    right = Statevector.from_label("01").evolve(gates.HamiltonianGate(operator.to_matrix(), 0.7))
    for gate in (
        gates.PauliEvolutionGate(operator, time=time, synthesis=MatrixExponential()),
        gates.HamiltonianGate(operator.to_matrix(), time),
    ):
        circuit = circuit_of(gate, before="0")
        found = hybrid.state(circuit, [0.7] * circuit.num_parameters)
        np.testing.assert_allclose(found, right.data, atol=1e-12)


def test_wide_matrices_near_the_identity_are_not_rounded_to_it() -> None:
    hamiltonian = SparsePauliOp(["XZY", "ZII", "YYX"], [0.7, 0.4, -0.9]).to_matrix()
    circuit = QuantumCircuit(3)
    for qubit in range(3):
        circuit.u(0.4 + qubit, 0.3, 0.2, qubit)
    right = Statevector(circuit).evolve(gates.HamiltonianGate(hamiltonian, 1e-9))
    circuit.append(gates.HamiltonianGate(hamiltonian, 1e-9), range(3))
    np.testing.assert_allclose(hybrid.state(circuit, []), right.data, rtol=0.0, atol=1e-12)


# Phases --------------------------------------------------------------------------------------


@pytest.mark.ranks
def test_states_and_amplitudes_have_the_phase_of_qiskit() -> None:
    circuit = QuantumCircuit(2, global_phase=0.3 * T)
    circuit.p(T, 0)
    circuit.h(0)
    circuit.rz(T * T, 0)
    circuit.append(gates.GlobalPhaseGate(T), [])
    circuit.u(T, 0.2, 2 * T, 1)
    circuit.append(gates.PauliEvolutionGate(SparsePauliOp(["II", "ZZ"], [0.5, 0.2]), T), [0, 1])
    right = Statevector(circuit.assign_parameters([0.9])).data
    np.testing.assert_allclose(hybrid.state(circuit, [0.9]), right, atol=1e-12)
    found = hybrid.amplitudes(circuit, [0.9], [0, 1, 2, 3])
    np.testing.assert_allclose(found, right, atol=1e-12)


def test_a_phase_gate_leaves_zero_alone() -> None:
    circuit = circuit_of(gates.PhaseGate(T))
    np.testing.assert_allclose(hybrid.state(circuit, [1.0]), [1, 0], atol=1e-15)


# Starts, loops and what is refused -----------------------------------------------------------


def test_preparations_at_the_start() -> None:
    circuit = QuantumCircuit(3)
    circuit.reset(2)
    circuit.h(0)
    circuit.initialize([0.6, 0, 0, 0.8j], [1, 2])
    circuit.cx(0, 1)
    check_state(circuit)


def test_loops_over_integers() -> None:
    circuit = QuantumCircuit(1)
    with circuit.for_loop(range(3)) as k:
        circuit.rx(0.2 * k + T, 0)
    with circuit.box():
        circuit.rx(0.1, 0)
    assert value(circuit, "Z", 0.5) == pytest.approx(np.cos(3 * 0.5 + 0.6 + 0.1))


def middle() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.h(0)
    return circuit


def final() -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.h(0)
    circuit.measure_all()
    return circuit


def late(kind: Instruction) -> QuantumCircuit:
    circuit = QuantumCircuit(1)
    circuit.h(0)
    circuit.append(kind, [0])
    return circuit


class Failing(Gate):
    def __init__(self) -> None:
        super().__init__("failing", 1, [])

    def _define(self) -> None:
        raise KeyError("nothing")


class Endless(Gate):
    def __init__(self) -> None:
        super().__init__("endless", 1, [])

    def _define(self) -> None:
        self.definition = circuit_of(Endless())


class Hiding(Gate):
    def __init__(self) -> None:
        super().__init__("hiding", 1, [])

    def _define(self) -> None:
        self.definition = circuit_of(gates.RXGate(T))


@pytest.mark.parametrize(
    ("circuit", "message"),
    [
        (middle(), "no call takes measurements in the middle"),
        (final(), r"sample\(\) all qubits by themselves.*remove_final_measurements"),
        (late(gates.Reset()), "put it before them, or use a fresh qubit"),
        (late(gates.Initialize([1, 0])), "'initialize' operation.*put it before them"),
        (circuit_of(Failing()), "gate 'failing': got KeyError from its definition"),
        (circuit_of(Endless()), "gate 'endless': got a definition that contains itself"),
        (circuit_of(Hiding()), "an angle with 't', which circuit.parameters lacks"),
        (circuit_of(gates.RXGate(np.nan)), "argument of gate 'rx': got nan"),
        (circuit_of(gates.MCPhaseGate(np.inf, 2)), "argument of gate 'mcphase': got inf"),
        (QuantumCircuit(1, global_phase=np.nan), "got nan, expected a finite real number"),
        (circuit_of(gates.RVGate(T, 0.1, 0.2)), "write it as RZ, RY and RX gates"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_not_understood_is_refused(circuit: QuantumCircuit, message: str) -> None:
    with pytest.raises(InputError, match=message):
        hybrid.expectation(circuit, SparsePauliOp("I" * circuit.num_qubits), [])


def test_a_root_of_a_gate_that_contradicts_itself_is_refused() -> None:
    """Qiskit controls a gate that is called cx as if it were CX; a power does not hide that."""
    body = QuantumCircuit(2, name="cx")
    body.cz(0, 1)
    controlled = body.to_gate().control(1, annotated=False)
    root = AnnotatedOperation(controlled, [PowerModifier(-0.5), InverseModifier()])
    circuit = QuantumCircuit(3)
    circuit.append(root, range(3))
    with pytest.raises(InputError, match="Qiskit may have controlled another of that name"):
        hybrid.state(circuit)


def test_a_wide_power_near_the_identity_keeps_its_precision() -> None:
    """Qiskit's synthesis of it is wrong by 3e-8, which is more than the gate does."""
    tiny = gates.PauliEvolutionGate(
        SparsePauliOp(["ZZI", "IXI", "YIY"], [-0.963, 0.595, -0.445]), time=1e-9
    )
    circuit = QuantumCircuit(3)
    circuit.h(range(3))
    circuit.append(AnnotatedOperation(tiny, [InverseModifier(), PowerModifier(-1)]), range(3))
    right = QuantumCircuit(3)
    right.h(range(3))
    right.append(tiny, range(3))
    state = np.asarray(Statevector(right))
    np.testing.assert_allclose(hybrid.state(circuit), state, atol=2e-9)

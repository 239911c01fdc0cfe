"""Each instruction gets its noise from the model, with every method of Aer."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlModifier,
    Delay,
    Instruction,
    InverseModifier,
    Parameter,
)
from qiskit.circuit.library import (
    PauliEvolutionGate,
    RXGate,
    StatePreparation,
    XXMinusYYGate,
    XXPlusYYGate,
)
from qiskit.quantum_info import (
    Operator,
    Pauli,
    SparsePauliOp,
    Statevector,
    random_clifford,
    random_unitary,
)
from qiskit.transpiler import Target
from qiskit_aer.library import SaveExpectationValue
from qiskit_aer.noise import (
    NoiseModel,
    depolarizing_error,
    pauli_error,
    thermal_relaxation_error,
)
from qiskit_aer.noise.passes import RelaxationNoisePass

import hybrid
from hybrid.core.errors import InputError
from hybrid.simulators import Aer
from tests import oracle

FLIP = pauli_error([("X", 0.3), ("I", 0.7)])
Z = SparsePauliOp("Z")
T = Parameter("t")


def _model(error: object, *names: str, **settings: object) -> NoiseModel:
    model = NoiseModel(**settings)
    model.add_all_qubit_quantum_error(error, list(names))
    return model


def _value(circuit: QuantumCircuit, model: NoiseModel, point: list, **settings: object) -> float:
    observable = SparsePauliOp.from_sparse_list(
        [("Z", [circuit.num_qubits - 1], 1.0)], circuit.num_qubits
    )
    return hybrid.expectation(
        circuit, observable, [point], simulator=Aer(noise_model=model), **settings
    )[0]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_errors_of_identities(count: int) -> None:
    circuit = QuantumCircuit(1)
    for _ in range(count):
        circuit.id(0)
    assert _value(circuit, _model(FLIP, "id"), []) == pytest.approx(0.4**count, abs=1e-12)


def test_errors_of_delays() -> None:
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.delay(10, 0, "us")
    error = thermal_relaxation_error(50e3, 30e3, 10e3)
    assert _value(circuit, _model(error, "delay"), []) == pytest.approx(-0.637462, abs=1e-6)


def test_relaxation_during_delays_as_models_of_devices_have_it() -> None:
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.delay(10, 0, "us")
    model = NoiseModel()
    times = {"t1s": [50e-6], "t2s": [30e-6], "dt": 1e-9}
    model._custom_noise_passes.append(RelaxationNoisePass(**times, op_types=Delay))
    assert _value(circuit, model, []) == pytest.approx(1 - 2 * np.exp(-10 / 50), abs=1e-9)
    other = NoiseModel()
    other._custom_noise_passes.append(
        RelaxationNoisePass(**(times | {"t1s": [40e-6]}), op_types=Delay)
    )
    assert Aer(noise_model=model).content() != Aer(noise_model=other).content()


def test_delays_of_unknown_duration_are_refused() -> None:
    circuit = QuantumCircuit(1)
    circuit.delay(T, 0, "us")
    with pytest.raises(InputError, match="duration"):
        _value(circuit, _model(FLIP, "delay"), [1.0])


def test_a_parametrised_gate_that_the_model_names_stays_whole() -> None:
    circuit = QuantumCircuit(1)
    circuit.u(T, 0.2, 0.3, 0)
    model = _model(depolarizing_error(0.1, 1), "u")
    assert _value(circuit, model, [0.7]) == pytest.approx(0.688358, abs=1e-6)


def test_labels_of_parametrised_gates_are_kept() -> None:
    circuit = QuantumCircuit(1)
    circuit.append(RXGate(T, label="mine"), [0])
    assert _value(circuit, _model(FLIP, "rx"), [0.7]) == pytest.approx(0.764842, abs=1e-6)
    assert _value(circuit, _model(FLIP, "mine"), [0.7]) == pytest.approx(0.305937, abs=1e-6)


def test_folded_gates_keep_their_noise() -> None:
    circuit = QuantumCircuit(1)
    for _ in range(3):
        circuit.x(0)
        circuit.barrier()
    error = depolarizing_error(0.1, 1)
    assert _value(circuit, _model(error, "x"), []) == pytest.approx(-(0.9**3), abs=1e-12)


@pytest.mark.parametrize("width", [3, 10, 11])
def test_an_error_of_a_gate_that_the_method_lacks(width: int) -> None:
    circuit = QuantumCircuit(width)
    circuit.cswap(0, 1, width - 1)
    model = _model(pauli_error([("XXX", 0.3), ("III", 0.7)]), "cswap")
    if width < 10:
        assert _value(circuit, model, []) == pytest.approx(0.4, abs=1e-12)
    assert _value(circuit, model, [], shots=2000, seed=1) == pytest.approx(0.4, abs=0.1)


def test_an_error_of_a_gate_that_no_route_leads_to_is_refused_by_name() -> None:
    circuit = QuantumCircuit(3)
    circuit.ccx(0, 1, 2)
    model = _model(pauli_error([("XXX", 0.3), ("III", 0.7)]), "ccx")
    aer = Aer(method="stabilizer", noise_model=model)
    with pytest.raises(InputError, match="'ccx'"):
        hybrid.expectation(circuit, SparsePauliOp("ZII"), [[]], simulator=aer, shots=100)


def test_stabilizers_refuse_other_angles() -> None:
    circuit = QuantumCircuit(1)
    circuit.rx(T, 0)
    aer = Aer(method="stabilizer")
    with pytest.raises(InputError, match="Clifford"):
        hybrid.expectation(circuit, Z, [[0.3]], simulator=aer)
    value = hybrid.expectation(circuit, Z, [[np.pi]], simulator=aer)[0]
    assert value == pytest.approx(-1.0, abs=1e-12)


@pytest.mark.parametrize("name", ["own", "rx"])
def test_an_error_of_a_gate_of_ones_own(name: str) -> None:
    body = QuantumCircuit(1, name=name)
    body.ry(0.7, 0)
    circuit = QuantumCircuit(1)
    circuit.append(body.to_gate(), [0])
    job = Aer(noise_model=_model(FLIP, name)).job(1, sampled=False)
    compiled = job.compiled(circuit)
    assert [each.operation.label for each in compiled.data][-1] == name
    compiled.append(SaveExpectationValue(Z, label="v"), [0])
    found = job.backend.run(compiled, shots=1).result().data(0)["v"]
    assert found == pytest.approx(0.4 * np.cos(0.7), abs=1e-12)


def test_errors_of_measurements_need_shots() -> None:
    circuit = QuantumCircuit(1)
    model = _model(pauli_error([("X", 0.1), ("I", 0.9)]), "measure")
    with pytest.raises(InputError, match="shots"):
        _value(circuit, model, [])
    assert _value(circuit, model, [], shots=20_000, seed=4) == pytest.approx(0.8, abs=0.03)


def test_gradients_under_noise_are_of_the_noisy_value() -> None:
    circuit = QuantumCircuit(2)
    circuit.append(RXGate(2 * T, label="mine"), [0])
    circuit.cx(0, 1)
    circuit.cu(T, 0.3, T * T, 0.1, 0, 1)
    circuit.id(1)
    model = _model(FLIP, "id", "mine")
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx", "cu"])
    observable = SparsePauliOp(["ZI", "XX"], [1.0, 0.4])
    values, gradients = hybrid.expectation(
        circuit, observable, [[0.4]], gradient=True, simulator=Aer(noise_model=model)
    )
    sides = [
        oracle.noisy_value(circuit.assign_parameters([x]), observable, model, "density_matrix")
        for x in (0.4, 0.4 + 1e-4, 0.4 - 1e-4)
    ]
    assert values[0] == pytest.approx(sides[0], abs=1e-10)
    assert gradients[0, 0] == pytest.approx((sides[1] - sides[2]) / 2e-4, abs=1e-6)


def test_the_placeholder_target_leaves_the_simulators_own_alone() -> None:
    gates = Aer(noise_model=_model(FLIP, "t")).job(1, sampled=False).gates
    before = set(gates.target.operation_names)
    circuit = QuantumCircuit(1)
    circuit.append(RXGate(0.3, label="t"), [0])
    gates.compiled(circuit)
    assert isinstance(gates.target, Target)
    assert set(gates.target.operation_names) == before


def test_what_only_noise_can_tell_belongs_to_what_a_run_is_known_by() -> None:
    def contents(count: int, label: str | None = None) -> dict[str, str]:
        circuit = QuantumCircuit(1)
        circuit.append(RXGate(T, label=label), [0])
        for _ in range(count):
            circuit.id(0)
        return dict(hybrid.VQE(circuit, Z).contents())

    assert contents(0) == contents(0)
    assert set(contents(0)) == {"circuit", "observable"}
    assert len({str(contents(0)), str(contents(1)), str(contents(2)), str(contents(0, "a"))}) == 4
    assert contents(2) == contents(2)


@pytest.mark.parametrize("label", ["ZI", "XY"])
def test_annotated_operations_under_noise(label: str) -> None:
    def circuit_at(angle: object) -> QuantumCircuit:
        circuit = QuantumCircuit(2)
        circuit.h(0)
        circuit.append(AnnotatedOperation(RXGate(angle), ControlModifier(1)), [0, 1])
        circuit.append(AnnotatedOperation(RXGate(angle), InverseModifier()), [1])
        circuit.append(random_clifford(2, seed=1), [0, 1])
        return circuit

    model = NoiseModel(basis_gates=["cx", "u", "h"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["cx"])
    observable = SparsePauliOp(label)
    values, gradients = hybrid.expectation(
        circuit_at(T), observable, [[0.7]], gradient=True, simulator=Aer(noise_model=model)
    )
    at, above, below = (
        oracle.noisy_value(circuit_at(angle), observable, model, "density_matrix")
        for angle in (0.7, 0.7 + 1e-4, 0.7 - 1e-4)
    )
    assert values[0] == pytest.approx(at, abs=1e-10)
    assert gradients[0, 0] == pytest.approx((above - below) / 2e-4, abs=1e-6)


def test_matrices_are_compiled_to_the_same_gates_each_time() -> None:
    circuit = QuantumCircuit(2)
    circuit.unitary(random_unitary(4, seed=1), [0, 1])
    model = NoiseModel(basis_gates=["id", "rz", "sx", "cx", "h", "s"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["rz"])
    gates = Aer(noise_model=model).job(2, sampled=False).gates
    found = {
        str([(each.name, each.params) for each in gates.compiled(circuit).data]) for _ in range(12)
    }
    assert len(found) == 1


def _prepared_by(kind: str) -> QuantumCircuit:
    """A circuit with <Z> = -0.28 on its last qubit, or 1 where it only resets."""
    amplitudes, circuit = [0.6, 0.8j], QuantumCircuit(2)
    body = QuantumCircuit(1, name="body")
    match kind:
        case "reset":
            circuit.reset([0, 1])
        case "initialize":
            circuit.initialize(amplitudes, 1)
        case "state_preparation":
            circuit.prepare_state(amplitudes, 1)
        case _:
            body.initialize(amplitudes, 0)
            circuit.append(body.to_instruction(), [1])
    circuit.h(0)
    return circuit


@pytest.mark.parametrize(
    ("kind", "named", "value"),
    [
        ("reset", "reset", 0.4),
        ("initialize", "initialize", -0.28 * 0.4),
        ("initialize", "reset", -0.28 * 0.4),  # of which it consists
        ("initialize", "state_preparation", -0.28),
        ("state_preparation", "state_preparation", -0.28 * 0.4),
        ("state_preparation", "State Preparation", -0.28 * 0.4),
        ("state_preparation", "reset", -0.28),
        ("initialize within", "initialize", -0.28 * 0.4),
        ("initialize within", "reset", -0.28 * 0.4),
        ("initialize within", "body", -0.28 * 0.4),
    ],
)
def test_errors_of_what_prepares_a_state(kind: str, named: str, value: float) -> None:
    model = _model(FLIP, named)
    assert _value(_prepared_by(kind), model, []) == pytest.approx(value, abs=1e-12)
    sampled = _value(_prepared_by(kind), model, [], shots=20_000, seed=2)
    assert sampled == pytest.approx(value, abs=0.03)


@pytest.mark.parametrize("resets", [1, 2, 3])
def test_each_leading_reset_has_its_error(resets: int) -> None:
    circuit, without = QuantumCircuit(1), QuantumCircuit(1)
    for _ in range(resets):
        circuit.reset(0)
    circuit.ry(T, 0)
    without.ry(T, 0)
    assert _value(circuit, _model(FLIP, "reset"), [0.0]) == pytest.approx(0.4, abs=1e-12)
    assert len({str(hybrid.VQE(each, Z).contents()) for each in (circuit, without)}) == 2


@pytest.mark.parametrize(
    "gate",
    [
        XXPlusYYGate(0.4, 0.1),
        XXMinusYYGate(0.4, 0.1),
        PauliEvolutionGate(SparsePauliOp(["XX", "ZZ"]), 0.3),
        StatePreparation([0.5, 0.5, -0.5, 0.5j]),
    ],
    ids=lambda gate: gate.name,
)
def test_the_label_that_qiskit_gives_does_not_hide_the_name(gate: Instruction) -> None:
    circuit = QuantumCircuit(2)
    circuit.append(gate, [0, 1])
    observable = SparsePauliOp(["ZI", "XX", "ZZ", "IZ"], [1.0, 0.3, 0.7, 0.2])
    model = _model(pauli_error([("ZX", 0.3), ("II", 0.7)]), gate.name)
    state = Statevector(circuit)
    flipped = state.evolve(Operator(Pauli("ZX")))
    right = 0.7 * state.expectation_value(observable) + 0.3 * flipped.expectation_value(observable)
    assert abs(state.expectation_value(observable) - right) > 0.01
    found = hybrid.expectation(circuit, observable, [[]], simulator=Aer(noise_model=model))[0]
    assert found == pytest.approx(right.real, abs=1e-12)
    gate.label = "mine"  # one of the user's own does, as in Aer
    circuit = QuantumCircuit(2)
    circuit.append(gate, [0, 1])
    found = hybrid.expectation(circuit, observable, [[]], simulator=Aer(noise_model=model))[0]
    assert found == pytest.approx(state.expectation_value(observable).real, abs=1e-12)

"""Compiled circuits are cached by content, and invalidated when it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.library import (
    CRXGate,
    CXGate,
    PauliEvolutionGate,
    RXGate,
    UnitaryGate,
    efficient_su2,
)
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector
from qiskit.synthesis import QDrift, SuzukiTrotter

import hybrid
from hybrid.core.errors import InputError
from hybrid.simulators import Aer
from hybrid.workloads.compiled import Recent, compiled_circuit, compiled_expectation

THETA = Parameter("theta")
Z = SparsePauliOp("Z")


class Turn(Gate):
    """A user-defined gate whose matrix depends on an attribute."""

    def __init__(self, angle: float) -> None:
        super().__init__("turn", 1, [])
        self.angle = angle

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return RXGate(self.angle).to_matrix()


class Defined(Gate):
    """A user-defined gate whose definition depends on an attribute."""

    def __init__(self, angle: float) -> None:
        super().__init__("defined", 1, [])
        self.angle = angle

    def _define(self) -> None:
        self.definition = QuantumCircuit(1)
        self.definition.rx(self.angle, 0)


def of_gate(gate: Any) -> QuantumCircuit:
    circuit = QuantumCircuit(gate.num_qubits)
    circuit.append(gate, range(gate.num_qubits), copy=False)
    return circuit


def evolved() -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.append(PauliEvolutionGate(SparsePauliOp(["XY", "YX"], [0.5, -0.5]), THETA), [0, 1])
    circuit.append(UnitaryGate(np.eye(2)), [1])
    circuit.append(CRXGate(0.3, ctrl_state=0), [0, 1], copy=False)
    return circuit


def test_the_same_circuit_is_compiled_once() -> None:
    circuit, observable = evolved(), SparsePauliOp("ZZ")
    first = compiled_expectation(circuit, observable)
    assert compiled_expectation(circuit, observable) is first
    assert compiled_circuit(circuit) is first.flat
    assert first.flat.program.kernel is compiled_circuit(circuit).program.kernel


def test_a_circuit_built_again_is_compiled_once() -> None:
    theta = Parameter("theta")  # another object, of the same name
    again = evolved().assign_parameters({THETA: theta})
    assert compiled_circuit(again) is compiled_circuit(evolved())
    assert compiled_circuit(efficient_su2(3)) is compiled_circuit(efficient_su2(3))


def test_observables_in_turn_share_the_circuit() -> None:
    circuit = evolved()
    one = compiled_expectation(circuit, SparsePauliOp("ZZ"))
    other = compiled_expectation(circuit, SparsePauliOp("XX"))
    assert one is not other
    assert one.flat is other.flat
    assert compiled_expectation(circuit, SparsePauliOp("ZZ")) is one


def test_every_call_takes_what_was_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    circuit, observable = evolved(), SparsePauliOp("ZZ")
    compiled_expectation(circuit, observable)

    def compiled_again(*arguments: Any) -> Any:
        raise AssertionError("compiled again")

    monkeypatch.setattr("hybrid.workloads.compiled.flatten", compiled_again)
    monkeypatch.setattr("hybrid.workloads.compiled.compile_observable", compiled_again)
    point = [0.4]
    hybrid.expectation(circuit, observable, point)
    hybrid.estimate(circuit, observable, point)
    hybrid.pull_back(circuit, observable, point, [1.0])
    hybrid.state(circuit, point)
    hybrid.sample(circuit, point, 10)
    hybrid.probabilities(circuit, point)
    hybrid.amplitudes(circuit, point, [0])
    hybrid.metric(circuit, point)
    hybrid.overlaps(circuit, [point])
    hybrid.minimize(hybrid.VQE(circuit, observable), max_iterations=1)
    hybrid.map(lambda x, simulator: simulator.states(circuit, [x])[0, 0].real, [0.1])
    hybrid.map(lambda x, simulator: simulator.expectation(circuit, observable, [x])[0], [0.1])


def gate(circuit: QuantumCircuit, index: int) -> Any:
    return circuit.data[index].operation


def other_operator(circuit: QuantumCircuit) -> None:
    gate(circuit, 1).operator.coeffs[0] = 0.25


def other_string(circuit: QuantumCircuit) -> None:
    gate(circuit, 1).operator.paulis.z[0] ^= True  # from XY to YX


def other_phase(circuit: QuantumCircuit) -> None:
    gate(circuit, 1).operator.paulis.phase = [2, 0]


def other_synthesis(circuit: QuantumCircuit) -> None:
    gate(circuit, 1).synthesis = SuzukiTrotter(order=2, reps=3)


def other_time(circuit: QuantumCircuit) -> None:
    gate(circuit, 1).params = [2 * THETA]


def other_angle(circuit: QuantumCircuit) -> None:
    gate(circuit, 3).params = [0.4]


def other_gate(circuit: QuantumCircuit) -> None:
    circuit.rx(0.5, 1)


def other_place(circuit: QuantumCircuit) -> None:
    circuit.data[2] = circuit.data[2].replace(qubits=[circuit.qubits[0]])


def other_global_phase(circuit: QuantumCircuit) -> None:
    circuit.global_phase = 0.1


@pytest.mark.parametrize(
    "change",
    [
        other_operator,
        other_string,
        other_phase,
        other_synthesis,
        other_time,
        other_angle,
        other_gate,
        other_place,
        other_global_phase,
    ],
)
def test_a_change_in_place_is_seen(change: Callable[[QuantumCircuit], None]) -> None:
    circuit = evolved()
    before = compiled_circuit(circuit)
    change(circuit)
    assert compiled_circuit(circuit) is not before
    if change is not other_time:  # which Qiskit itself drops when it assigns parameters
        state = Statevector(circuit.assign_parameters([0.6]))
        assert abs(abs(np.vdot(hybrid.state(circuit, [0.6]), state.data)) - 1) < 1e-12
    assert compiled_circuit(evolved()) is before
    original = Statevector(evolved().assign_parameters([0.6]))
    values = [
        hybrid.expectation(evolved(), SparsePauliOp("ZZ"), [0.6], simulator=each)[0]
        for each in ("native", Aer())  # Aer reads the gates only now
    ]
    expected = original.expectation_value(SparsePauliOp("ZZ")).real
    np.testing.assert_allclose(values, expected, atol=1e-9)


def test_another_coefficient_of_the_observable_is_seen() -> None:
    circuit, observable = evolved(), SparsePauliOp("ZZ")
    value = hybrid.expectation(circuit, observable, [0.3])
    observable.coeffs[0] = 2.0
    np.testing.assert_allclose(hybrid.expectation(circuit, observable, [0.3]), 2 * value)


@pytest.mark.parametrize("kind", [Turn, Defined])
def test_gates_of_ones_own_in_a_loop(kind: type) -> None:
    # Later circuits can reuse the addresses of freed ones.
    angles = np.random.default_rng(0).uniform(-3, 3, 400)
    values = [hybrid.expectation(of_gate(kind(angle)), Z)[0] for angle in angles]
    np.testing.assert_allclose(values, np.cos(angles), atol=1e-12)


@pytest.mark.parametrize("simulator", ["native", Aer()])
@pytest.mark.parametrize("gate", [UnitaryGate(RXGate(0.25).to_matrix()), RXGate(0.25)])
def test_what_a_circuit_has_copied_does_not_change(gate: Any, simulator: Any) -> None:
    # Qiskit's circuits copy the numbers of these gates; what it would run is the oracle.
    circuit = of_gate(gate)
    for angle in (0.75, 1.25):
        if isinstance(gate, UnitaryGate):
            gate.params[0][:] = RXGate(angle).to_matrix()
        else:
            gate.params = [angle]
        expected = Statevector(circuit).expectation_value(Z).real
        value = hybrid.expectation(circuit, Z, simulator=simulator)[0]
        assert abs(value - expected) < 1e-9


def test_a_gate_with_an_attribute_that_was_changed_in_place() -> None:
    turn = Turn(0.25)
    circuit, twin = of_gate(turn), of_gate(Turn(0.25))
    assert abs(hybrid.expectation(circuit, Z)[0] - np.cos(0.25)) < 1e-12
    turn.angle = 1.25
    assert abs(hybrid.expectation(circuit, Z)[0] - np.cos(1.25)) < 1e-12
    first = compiled_circuit(twin)
    operator = Operator(first.to_circuit([]))
    np.testing.assert_allclose(operator.data, RXGate(0.25).to_matrix(), atol=1e-12)


def test_a_definition_nested_in_a_definition_that_was_changed_in_place() -> None:
    inner = QuantumCircuit(1)
    inner.rx(0.2, 0)
    outer = QuantumCircuit(1)
    outer.append(inner.to_gate(), [0])
    circuit = of_gate(outer.to_gate())
    assert abs(hybrid.expectation(circuit, Z)[0] - np.cos(0.2)) < 1e-12
    gate(gate(circuit, 0).definition, 0).definition.rx(0.3, 0)
    assert abs(hybrid.expectation(circuit, Z)[0] - np.cos(0.5)) < 1e-12


def test_what_cannot_be_compared_is_compiled_at_each_call() -> None:
    class Spiteful(Turn):
        def __eq__(self, other: object) -> bool:
            raise RecursionError("no comparison")

        __hash__ = None  # type: ignore[assignment]

    class Restless(Gate):
        angle = 0.0

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            Restless.angle += 0.5
            return RXGate(Restless.angle).to_matrix()

    circuit = of_gate(Spiteful(0.3))
    for _ in range(2):
        assert abs(hybrid.expectation(circuit, Z)[0] - np.cos(0.3)) < 1e-12
    restless = of_gate(Restless("restless", 1, []))
    assert hybrid.expectation(restless, Z)[0] != hybrid.expectation(restless, Z)[0]


def test_open_controls_and_widths_tell_gates_apart() -> None:
    for other in (CXGate(ctrl_state=0), CXGate(label="noisy")):
        assert compiled_circuit(of_gate(other)) is not compiled_circuit(of_gate(CXGate()))


def test_expressions_that_qiskit_writes_alike_are_told_apart() -> None:
    a, b, c = (Parameter(name) for name in "abc")
    one, other = (a / (-b)) / c, a / -(b / c)
    assert str(one) == str(other)
    point = [0.3, 0.7, 1.9]
    for expression, angle in ((one, -0.3 / 0.7 / 1.9), (other, -0.3 / 0.7 * 1.9)):
        value = hybrid.expectation(of_gate(RXGate(expression)), Z, point)[0]
        assert abs(value - np.cos(angle)) < 1e-12
    absolute, plain = of_gate(RXGate(a.abs())), of_gate(RXGate(a))
    assert compiled_circuit(absolute) is not compiled_circuit(plain)


def test_the_order_of_parameters_counts() -> None:
    a, b, c = (Parameter(name) for name in ("a", "b", "c"))
    first, second = QuantumCircuit(1), QuantumCircuit(1)
    first.rx(a, 0)
    first.ry(b, 0)
    second.rx(c, 0)
    second.ry(b, 0)  # the second parameter now comes first
    point = np.array([0.4, 1.1])
    for circuit in (first, second):
        state = Statevector(circuit.assign_parameters(point))
        np.testing.assert_allclose(
            hybrid.expectation(circuit, Z, point), [state.expectation_value(Z).real], atol=1e-12
        )


def test_operators_that_are_no_sums_are_compared_too() -> None:
    circuit = of_gate(PauliEvolutionGate(SparsePauliOp("X").paulis[0], THETA))
    assert compiled_circuit(circuit) is compiled_circuit(circuit)


def test_few_are_kept() -> None:
    recent: Recent[int] = Recent(2)
    made = [recent.get(key, lambda key=key: 10 * key) for key in (1, 2, 1, 3, 1)]  # type: ignore[misc]
    assert made == [10, 20, 10, 30, 10]
    assert len(recent) == 2
    assert recent.get(2, lambda: -1) == -1  # was dropped
    assert recent.get(None, lambda: 7) == 7
    assert len(recent) == 2


def test_a_workload_shows_the_circuit_that_it_was_given() -> None:
    ansatz = efficient_su2(2)
    assert hybrid.VQE(ansatz, SparsePauliOp("ZZ")).circuit is ansatz
    assert hybrid.QAOA(SparsePauliOp("ZZ"), depth=2).circuit.num_parameters == 4


H = SparsePauliOp(["XX", "ZI", "IY", "ZZ"], [0.5, 0.3, 0.7, 0.2])


def drifting(seed: int | None, shared: bool) -> QuantumCircuit:
    """Return a circuit of two QDrift evolutions, the second inside a gate."""
    one = QDrift(reps=3, seed=seed)
    other = one if shared else QDrift(reps=3, seed=seed)
    inner = QuantumCircuit(2)
    inner.append(PauliEvolutionGate(H, 0.5, synthesis=other), [0, 1])
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.append(PauliEvolutionGate(H, 0.6, synthesis=one), [0, 1])
    circuit.append(inner.to_gate(), [0, 1])
    return circuit


def drawn(circuit: QuantumCircuit) -> float:
    """Return <ZZ> for the factors that Qiskit draws for a circuit."""
    state = Statevector(circuit.decompose(reps=3))
    return float(state.expectation_value(SparsePauliOp("ZZ")).real)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("simulator", ["native", Aer()])
def test_qdrift_draws_once_for_a_seed(shared: bool, simulator: Any) -> None:
    observable = SparsePauliOp("ZZ")
    circuit, expected = drifting(3, shared), drawn(drifting(3, shared))
    for _ in range(2):
        value = hybrid.expectation(circuit, observable, simulator=simulator)[0]
        assert abs(value - expected) < 1e-9
        state = Statevector(hybrid.state(circuit))
        assert abs(state.expectation_value(observable).real - expected) < 1e-9
        for seed in range(20):  # evicts the compiled circuits
            compiled_circuit(drifting(10 + seed, shared))
    assert abs(drawn(circuit) - expected) < 1e-9  # the user's generator did not advance
    assert abs(drawn(drifting(4, shared)) - expected) > 1e-3


def test_qdrift_without_a_seed_draws_once_too() -> None:
    circuit, observable = drifting(None, True), SparsePauliOp("ZZ")
    value = hybrid.expectation(circuit, observable)[0]
    for seed in range(20):
        compiled_circuit(drifting(seed, True))
    assert hybrid.expectation(circuit, observable)[0] == value
    assert hybrid.expectation(drifting(None, True), observable)[0] != value


def test_qdrift_for_a_time_that_is_a_parameter() -> None:
    circuit = of_gate(PauliEvolutionGate(H, THETA, synthesis=QDrift(seed=1)))
    with pytest.raises(InputError, match=r"QDrift .* give the time as a number"):
        hybrid.expectation(circuit, SparsePauliOp("ZZ"), [0.3])

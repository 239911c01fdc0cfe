"""Results and derivatives are those of ``default.qubit``, for random tapes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

qml = pytest.importorskip("pennylane", reason="needs PennyLane")
autograd = pytest.importorskip("autograd", reason="needs PennyLane")

from hybrid.pennylane import HybridQubit  # noqa: E402
from tests.pennylane.tapes import LABELS, Draws, assert_same  # noqa: E402

_NO_ANGLES = (qml.QubitUnitary, qml.BasisState, qml.StatePrep)


def _drawn(seed: int) -> tuple[Draws, list[Any], Any]:
    """Return draws, operations and the wires of a device."""
    rng = np.random.default_rng(seed)
    wires = LABELS[seed % 3][: int(rng.integers(2, 6))]
    draws = Draws(rng, wires, int(rng.integers(2, 4)) if seed % 5 in (0, 1) else None)
    operations = draws.operations(int(rng.integers(3, 10)))
    if seed % 7 == 0:
        operations.insert(0, qml.BasisState(rng.integers(0, 2, len(wires)), wires=wires))
    elif seed % 7 == 1:
        state = rng.normal(size=2 ** len(wires)) + 1j * rng.normal(size=2 ** len(wires))
        operations.insert(0, qml.StatePrep(state / np.linalg.norm(state), wires=wires))
    return draws, operations, [wires, None, [*wires, "z"]][seed % 4 % 3]


def _ours_and_theirs(wires: Any) -> tuple[Any, Any]:
    return HybridQubit(wires), qml.device("default.qubit", wires=wires)


@pytest.mark.parametrize("seed", range(40))
def test_measurements(seed: int) -> None:
    draws, operations, wires = _drawn(seed)
    measured = [draws.measurement() for _ in range(int(draws.rng.integers(1, 4)))]
    tape = qml.tape.QuantumScript(operations, measured)
    found, expected = (
        qml.execute([tape], each, diff_method=None, interface="numpy")
        for each in _ours_and_theirs(wires)
    )
    assert_same(found, expected)


@pytest.mark.parametrize("seed", range(40, 64))
def test_derivatives(seed: int) -> None:
    draws, operations, wires = _drawn(seed)
    measured = [qml.expval(draws.observable()) for _ in range(int(draws.rng.integers(1, 3)))]
    numbers = [d for op in operations if not isinstance(op, _NO_ANGLES) for d in op.data]

    def cost(parameters: Any, device: Any, **settings: Any) -> Any:
        left = iter(parameters)
        bound = [
            op
            if isinstance(op, _NO_ANGLES) or not op.data
            else qml.ops.functions.bind_new_parameters(op, [next(left) for _ in op.data])
            for op in operations
        ]
        (values,) = qml.execute([qml.tape.QuantumScript(bound, measured)], device, **settings)
        each = values if len(measured) > 1 else (values,)
        return sum((k + 1.5) * qml.numpy.sum(qml.math.sin(v)) for k, v in enumerate(each))

    ours, theirs = _ours_and_theirs(wires)
    slope = autograd.grad(cost)
    expected = slope(numbers, theirs, diff_method="backprop")
    assert_same(slope(numbers, ours, diff_method="best"), expected)
    assert_same(slope(numbers, ours, diff_method="adjoint", device_vjp=True), expected)


@pytest.mark.parametrize("wires", [4, None, ["d", "a", "b", "c"]])
def test_the_order_of_wires(wires: Any) -> None:
    labels = list(range(4)) if not isinstance(wires, list) else wires

    def circuit() -> Any:
        for k, wire in enumerate(reversed(labels)):
            qml.RY(0.3 + k, wire)
        qml.CRZ(0.4, [labels[3], labels[1]])
        return qml.state(), qml.probs(wires=[labels[2], labels[0]]), qml.expval(qml.Y(labels[1]))

    found, expected = (qml.QNode(circuit, each)() for each in _ours_and_theirs(wires))
    assert_same(found, expected)


def test_wires_that_no_gate_acts_on() -> None:
    def circuit() -> Any:
        qml.X(5)
        return qml.probs(wires=[7, 5]), qml.expval(qml.Z(9)), qml.expval(qml.Identity(1))

    for wires in (10, None):
        found, expected = (qml.QNode(circuit, each)() for each in _ours_and_theirs(wires))
        assert_same(found, expected)


def test_a_projector_that_has_too_many_strings() -> None:
    bits = np.arange(12) % 2

    def circuit() -> Any:
        for wire in range(12):
            qml.RY(2.9 * (wire % 2) + 0.1, wire)
        return qml.expval(qml.Projector(bits, range(12))), qml.var(qml.Projector(bits, range(12)))

    found, expected = (qml.QNode(circuit, each)() for each in _ours_and_theirs(12))
    assert_same(found, expected)


def test_sparse_hamiltonians() -> None:
    operator = qml.Hamiltonian([0.3, 1.2], [qml.X(0) @ qml.Y(7), qml.Z(3)])
    sparse = qml.SparseHamiltonian(operator.sparse_matrix(range(8)), range(8))

    def circuit() -> Any:
        for wire in range(8):
            qml.RX(0.3 + wire, wire)
        return qml.expval(sparse)

    found, expected = (qml.QNode(circuit, each)() for each in _ours_and_theirs(8))
    assert_same(found, expected)


def test_measurements_in_the_middle_are_deferred() -> None:
    def circuit(angle: Any) -> Any:
        qml.RX(angle, 0)
        bit = qml.measure(0)
        qml.cond(bit, qml.RY)(0.7, 1)
        return qml.expval(qml.Z(1)), qml.probs(wires=[0, 1])

    # Ours needs no wire of its own for the measured bit.
    expected = qml.QNode(circuit, qml.device("default.qubit", wires=3))(0.9)
    assert_same(qml.QNode(circuit, HybridQubit(2))(0.9), expected)


def test_templates_of_chemistry_run_undecomposed() -> None:
    singles, doubles = qml.qchem.excitations(2, 4)
    s_wires, d_wires = qml.qchem.excitations_to_wires(singles, doubles)
    state = qml.qchem.hf_state(2, 4)
    weights = qml.numpy.array([0.3, -0.2, 0.7])

    def uccsd(weights: Any) -> Any:
        qml.UCCSD(weights, range(4), s_wires, d_wires, state)
        return qml.expval(qml.Z(0) @ qml.X(2) @ qml.X(1))

    def all_of_them(weights: Any) -> Any:
        qml.AllSinglesDoubles(weights, range(4), state, singles, doubles)
        return qml.expval(qml.Z(0) @ qml.X(2) @ qml.Y(1))

    ours, theirs = _ours_and_theirs(4)
    for circuit in (uccsd, all_of_them):
        one, other = (qml.QNode(circuit, each) for each in (ours, theirs))
        assert_same(one(weights), other(weights))
        assert_same(qml.grad(one)(weights), qml.grad(other)(weights))
    tape = qml.workflow.construct_tape(qml.QNode(uccsd, ours))(weights)
    ((native,), _) = ours.preprocess_transforms()((tape,))
    assert {type(op) for op in native.operations} <= {
        qml.BasisState, qml.X, qml.FermionicSingleExcitation, qml.FermionicDoubleExcitation,
    }  # fmt: skip

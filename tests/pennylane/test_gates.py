"""Each native gate is PennyLane's: its matrix, inverted, and under controls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

qml = pytest.importorskip("pennylane", reason="needs PennyLane")

from hybrid.core.errors import InputError  # noqa: E402
from hybrid.pennylane.gates import ROTATIONS, SAME  # noqa: E402
from hybrid.pennylane.reading import elements, has_angles, is_native, key_of  # noqa: E402
from hybrid.programs.dense import product_of  # noqa: E402
from tests.pennylane.tapes import FIXED, unitary  # noqa: E402


def _drawn(kind: Any) -> Any:
    if kind is qml.PauliRot:
        return kind(0.3, "XYIZ", wires=[0, 2, 3, 1])
    if kind is qml.MultiRZ:
        return kind(0.3, wires=[0, 2, 1])
    if kind is qml.FermionicSingleExcitation:
        return kind(0.3, wires=[0, 2, 1, 3])
    if kind is qml.FermionicDoubleExcitation:
        return kind(0.3, wires1=[0, 2, 1], wires2=[3, 5, 4])
    if kind is qml.GlobalPhase:
        return kind(0.3, wires=[0])
    return kind(*np.linspace(0.4, 1.7, kind.num_params), wires=range(kind.num_wires))


def _matrix(op: Any) -> Any:
    """Return the matrix that the package understands, in PennyLane's order."""
    wires = list(op.wires)
    steps, phase = [], 0.0
    for element in elements(op, {wire: len(wires) - 1 - k for k, wire in enumerate(wires)}):
        angle = 0.0 if element.argument is None else float(op.data[element.argument])
        steps.append((element.step, angle))
        phase += element.phase if element.argument is None else element.phase * angle
    return product_of(steps, len(wires), phase)


def _expected(op: Any) -> Any:
    if op.has_matrix:
        return qml.matrix(op, wire_order=op.wires)
    return qml.matrix(qml.tape.QuantumScript(op.decomposition()), wire_order=op.wires)


@pytest.mark.parametrize("kind", [*ROTATIONS, *FIXED], ids=lambda kind: kind.__name__)
def test_a_gate_its_inverse_and_its_control(kind: Any) -> None:
    op = _drawn(kind)
    forms = [op, qml.adjoint(op, lazy=True)]
    if op.has_matrix:
        forms += [qml.ctrl(form, control=["a", "b"], control_values=[0, 1]) for form in forms]
    for form in forms:
        assert is_native(form) or kind not in ROTATIONS
        if is_native(form):
            np.testing.assert_allclose(_matrix(form), _expected(form), rtol=0, atol=1e-12)


def test_angles_do_not_enter_the_structure() -> None:
    assert key_of(qml.RX(0.1, 0)) == key_of(qml.RX(0.2, 0)) != key_of(qml.RY(0.1, 0))
    assert key_of(qml.PauliRot(0.1, "XY", [0, 1])) != key_of(qml.PauliRot(0.1, "XZ", [0, 1]))
    assert key_of(qml.CRX(0.1, [0, 1])) != key_of(qml.ctrl(qml.RX(0.1, 1), 0, [0]))
    assert has_angles(qml.adjoint(qml.RX(0.1, 0)))
    assert not has_angles(qml.S(0))


def test_matrices_are_content() -> None:
    rng = np.random.default_rng(1)
    one, other = (qml.QubitUnitary(unitary(rng, 4), wires=["b", 0]) for _ in range(2))
    assert key_of(one) != key_of(other)
    np.testing.assert_allclose(_matrix(one), qml.matrix(one), atol=1e-12)
    wide = qml.QubitUnitary(unitary(rng, 8), wires=[0, 1, 2])
    assert not is_native(wide)


def test_a_matrix_that_is_not_unitary_is_refused() -> None:
    with pytest.raises(InputError, match="not unitary, expected a unitary matrix"):
        key_of(qml.QubitUnitary(np.array([[1.0, 1.0], [0.0, 1.0]]), wires=[0]))


def test_a_class_of_the_users_own_is_not_taken_for_its_namesake() -> None:
    class RX(qml.operation.Operation):
        num_wires = 1

        @staticmethod
        def compute_matrix(*angles: float) -> Any:
            return np.diag([1.0, np.exp(1j * sum(angles, 0.3))])

    assert not has_angles(RX(0.7, wires=[0]))
    fixed = RX(wires=[0])
    assert is_native(fixed)
    np.testing.assert_allclose(_matrix(fixed), np.diag([1.0, np.exp(0.3j)]), atol=1e-12)


def test_fixed_gates_without_an_order_of_wires() -> None:
    for kind in SAME:
        matrix = _drawn(kind).matrix()
        if kind.num_wires == 2:
            swapped = matrix.reshape(2, 2, 2, 2).transpose(1, 0, 3, 2).reshape(4, 4)
            np.testing.assert_array_equal(matrix, swapped)

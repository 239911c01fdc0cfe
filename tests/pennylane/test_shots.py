"""Shots: distributions, forms of results, seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

qml = pytest.importorskip("pennylane", reason="needs PennyLane")

from hybrid.pennylane import HybridQubit  # noqa: E402

HAMILTONIAN = qml.Hamiltonian([0.3, 0.5, -0.2], [qml.Z(0) @ qml.X(1), qml.Y(2), qml.Identity(1)])


def _circuit(angle: Any, *measured: Any) -> Any:
    qml.RX(angle, 0)
    qml.CRY(2.1, [0, 2])
    qml.Rot(0.3, 1.1, -0.4, 1)
    qml.IsingXY(0.8, [1, 2])
    return measured


def _node(device: Any, *makers: Any, shots: Any = None) -> Any:
    def circuit(angle: Any) -> Any:
        _circuit(angle)
        return tuple(make() for make in makers)

    node = qml.QNode(circuit, device)
    return node if shots is None else qml.set_shots(node, shots=shots)


MEASURED = (
    lambda: qml.expval(HAMILTONIAN),
    lambda: qml.expval(qml.Y(1) @ qml.X(2)),
    lambda: qml.var(qml.X(0)),
    lambda: qml.probs(wires=[2, 0]),
    lambda: qml.expval(qml.Hermitian([[1.0, 2.0 - 1.0j], [2.0 + 1.0j, -0.5]], 1)),
    lambda: qml.expval(qml.Hadamard(0) @ qml.Z(2)),
    lambda: qml.expval(qml.Projector([1, 0], [2, 1])),
)


def test_estimates_are_near_exact_values() -> None:
    exact = _node(qml.device("default.qubit", wires=3), *MEASURED)(0.7)
    found = _node(HybridQubit(3, seed=3), *MEASURED, shots=40000)(0.7)
    for one, other in zip(found, exact, strict=True):
        np.testing.assert_allclose(one, other, atol=0.06)


def test_samples_and_counts_have_the_probabilities() -> None:
    makers = (
        lambda: qml.sample(wires=[2, 0]),
        qml.counts,
        lambda: qml.counts(qml.Y(1)),
        qml.sample,
    )
    bits, counts, of_y, every = _node(HybridQubit(3, seed=5), *makers, shots=20000)(0.7)
    chances = _node(qml.device("default.qubit", wires=3), lambda: qml.probs(wires=[2, 0]))(0.7)[0]
    seen = np.bincount(bits @ [2, 1], minlength=4) / 20000
    np.testing.assert_allclose(seen, chances, atol=0.02)
    assert every.shape == (20000, 3)
    assert sum(counts.values()) == 20000 == sum(of_y.values())
    assert set(of_y) == {-1.0, 1.0}
    # Shots come in no order.
    assert np.any(np.diff(bits @ [2, 1]) < 0)


def test_parts_of_shots_and_batches_of_parameters() -> None:
    angles = np.array([0.1, 0.9])
    makers = (lambda: qml.expval(qml.Z(0)), lambda: qml.sample(wires=[0, 1]))
    found = _node(HybridQubit(3, seed=5), *makers, shots=[5, 3, 3])(angles)
    assert [(value.shape, bits.shape) for value, bits in found] == [
        ((2,), (2, 5, 2)), ((2,), (2, 3, 2)), ((2,), (2, 3, 2)),
    ]  # fmt: skip


def test_classical_shadows() -> None:
    exact = _node(qml.device("default.qubit", wires=3), lambda: qml.expval(HAMILTONIAN))(0.7)[0]
    shadow = _node(HybridQubit(3, seed=5), lambda: qml.shadow_expval(HAMILTONIAN), shots=20000)
    np.testing.assert_allclose(shadow(0.7)[0], exact, atol=0.1)


def test_a_product_with_a_wire_twice() -> None:
    minus = qml.prod(qml.X(0), qml.Z(0), qml.X(0))  # -Z
    tape = qml.tape.QuantumScript([qml.X(0)], [qml.sample(minus), qml.var(minus)], shots=7)
    sample, variance = HybridQubit(1).execute(tape)
    assert (sample == 1.0).all()
    assert variance == 0.0


def test_a_seed_repeats_a_script_but_not_an_execution() -> None:
    def twice(seed: Any) -> list[Any]:
        node = _node(HybridQubit(3, seed=seed), qml.sample, shots=50)
        return [node(0.7)[0].tolist() for _ in range(2)]

    first, second = twice(7)
    assert twice(7) == [first, second] == twice(np.random.default_rng(7))
    assert first != second
    assert twice(8)[0] != first
    assert twice(None)[0] != twice("global")[0]


def test_gradients_with_shots_are_parameter_shifts() -> None:
    node = _node(HybridQubit(3, seed=1), lambda: qml.expval(qml.Z(0)), shots=40000)
    slope = qml.grad(lambda angle: node(angle)[0])(qml.numpy.array(0.7))
    np.testing.assert_allclose(slope, -np.sin(0.7), atol=0.03)

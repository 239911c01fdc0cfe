"""PyTorch and JAX, where they are installed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

qml = pytest.importorskip("pennylane", reason="needs PennyLane")

from hybrid.pennylane import HybridQubit  # noqa: E402

SETTINGS: list[dict[str, Any]] = [{}, {"device_vjp": True}]


def _node(device: Any, **settings: Any) -> Any:
    @qml.qnode(device, **settings)
    def circuit(x: Any, w: Any) -> Any:
        qml.RX(x, 0)
        qml.CNOT([0, 1])
        qml.Rot(w[0], w[1], x, 1)
        qml.SingleExcitation(w[0], [0, 1])
        return qml.expval(qml.Z(0)), qml.expval(qml.X(1) @ qml.Y(0))

    return circuit


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("x", [0.3, [0.1, 0.2, 0.4]])
def test_torch(x: Any, settings: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch")

    def slopes(device: Any, **settings: Any) -> list[Any]:
        leaves = [
            torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (x, [0.5, -0.7])
        ]
        one, other = _node(device, **settings)(*leaves)
        (one + 2 * other).sum().backward()
        return [leaf.grad.numpy() for leaf in leaves]

    expected = slopes(qml.device("default.qubit", wires=2))
    for found, each in zip(slopes(HybridQubit(2), **settings), expected, strict=True):
        np.testing.assert_allclose(found, each, atol=1e-9)


@pytest.mark.parametrize("settings", SETTINGS)
def test_jax(settings: dict[str, Any]) -> None:
    jax = pytest.importorskip("jax", reason="needs JAX")
    jax.config.update("jax_enable_x64", True)
    x, w = jax.numpy.array(0.3), jax.numpy.array([0.5, -0.7])
    many = jax.numpy.array([0.1, 0.2, 0.3])

    def cost(device: Any, **settings: Any) -> Any:
        node = _node(device, **settings)
        return lambda x, w: sum((k + 1.0) * v for k, v in enumerate(node(x, w)))

    ours, theirs = cost(HybridQubit(2), **settings), cost(qml.device("default.qubit", wires=2))
    grad = jax.grad(theirs, argnums=(0, 1))
    for wrap in (lambda f: f, jax.jit):
        _same(wrap(jax.grad(ours, argnums=(0, 1)))(x, w), grad(x, w))
    _same(jax.jit(jax.vmap(ours, (0, None)))(many, w), jax.vmap(theirs, (0, None))(many, w))
    if settings:  # PennyLane has no other derivatives under vmap
        batch = jax.vmap(jax.grad(ours, argnums=(0, 1)), (0, None))
        _same(batch(many, w), jax.vmap(grad, (0, None))(many, w))


def _same(found: Any, expected: Any) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-9)

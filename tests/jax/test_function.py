"""The function's numbers against ``expectation``, under JAX's transforms."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import hybrid
from hybrid.core.errors import InputError
from tests.torch.models import circuit, features, observables

WITHOUT = """
import sys
import hybrid
sys.modules["jax"] = None
try:
    hybrid.jax.quantum_function
except hybrid.core.errors.InputError as error:
    print(error)
"""


@pytest.mark.launches
def test_without_jax() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False
    )
    assert "pip install 'hybrid-hpc-quantum[jax]'" in ended.stdout, ended.stderr


@pytest.fixture
def jax() -> Any:
    return pytest.importorskip("jax", reason="JAX is not installed")


def exact() -> tuple[Any, Any, Any, Any]:
    """Return inputs, weights, and values and gradients by ``hybrid.expectation``."""
    random = np.random.default_rng(3)
    x, w = random.normal(size=(5, 3)), random.normal(size=6)
    points = np.concatenate([np.broadcast_to(w, (5, 6)), x], axis=1)  # in the order of names
    return x, w, *hybrid.expectation(circuit(), observables(), points, gradient=True)


def test_values_and_derivatives(jax: Any) -> None:
    x, w, values, slopes = exact()
    call = hybrid.jax.quantum_function(circuit(), observables(), features=features())
    x, w = jax.numpy.asarray(x), jax.numpy.asarray(w)
    for made in (call, jax.jit(call)):
        np.testing.assert_allclose(made(x, w), values, atol=1e-6)
    by_w = jax.jacrev(call, 1)(x, w)
    np.testing.assert_allclose(by_w, slopes[:, :, :6], atol=1e-5)
    by_x = jax.jit(jax.vmap(jax.jacrev(call, 0), (0, None)))(x, w)
    np.testing.assert_allclose(by_x, slopes[:, :, 6:], atol=1e-5)

    def loss(x: Any, w: Any) -> Any:
        return (call(jax.numpy.tanh(x), w) ** 2).sum()

    (slope,) = jax.jit(jax.grad(loss, (1,)))(x, w)
    step = 1e-2 * np.eye(6)[0]
    numeric = (loss(x, w + step) - loss(x, w - step)) / 2e-2
    assert float(slope[0]) == pytest.approx(float(numeric), abs=2e-3)


def test_shapes_and_shots(jax: Any) -> None:
    x, w, values, _ = exact()
    x, w = jax.numpy.asarray(x), jax.numpy.asarray(w)
    call = hybrid.jax.quantum_function(circuit(), observables(), features=features())
    assert call(x[0], w).shape == (2,)
    assert call(x[:4].reshape(2, 2, 3), w).shape == (2, 2, 2)
    assert call(x[:0], w).shape == (0, 2)
    sampled = hybrid.jax.quantum_function(
        circuit(), observables(), features=features(), shots=1000, seed=3
    )
    np.testing.assert_allclose(sampled(x, w), values, atol=0.3)
    np.testing.assert_array_equal(sampled(x, w), sampled(x, w))


def test_bad_input(jax: Any) -> None:
    call = hybrid.jax.quantum_function(circuit(), observables(), features=features())
    numpy = jax.numpy
    with pytest.raises(InputError, match=r"expected shape \(\.\.\., 3\)"):
        call(numpy.zeros((2, 4)), numpy.zeros(6))
    with pytest.raises(InputError, match=r"expected shape \(6,\)"):
        call(numpy.zeros((2, 3)), numpy.zeros((1, 6)))
    with pytest.raises(InputError, match="real numbers"):
        call(numpy.zeros((2, 3), int), numpy.zeros(6))
    with pytest.raises(TypeError, match="forward-mode"):
        jax.jacfwd(call, 1)(numpy.zeros((2, 3)), numpy.zeros(6))

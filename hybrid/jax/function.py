"""Expectation values as a function that JAX can transform."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import jax
import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter

from hybrid.calls.differentiable import Differentiable, Observables, Pass
from hybrid.core.arrays import FloatArray
from hybrid.core.checks import checked_seed
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.seeds import derive
from hybrid.runtime.world import alone, use
from hybrid.simulators import Choice


def quantum_function(
    circuit: QuantumCircuit,
    observables: Observables = None,
    *,
    features: Iterable[Parameter | str] | None = None,
    weights: Iterable[Parameter | str] | None = None,
    simulator: Choice = "auto",
    shots: int | None = None,
    seed: int = 0,
    gradient: str = "exact",
    threads: int | None = None,
) -> Callable[[Any, Any], Any]:
    """Return expectation values as a function of inputs and weights for JAX.

    The function maps inputs of shape (..., F) and weights of shape (P,) to values of shape
    (..., M). ``jax.grad``, ``jax.vjp``, ``jax.jit`` and ``jax.vmap`` apply; its derivative is one
    vector-Jacobian product in the kernels. JAX refuses forward mode and second derivatives.
    Use it in a Flax module with ``self.param``. It runs in the calling process alone, on each rank
    its own batch.

    Args:
        circuit: unitary, from \\|0...0>; it is compiled here, once.
        observables: Hermitian, with the circuit's width: one, or a list of M. If None, Z of each
            qubit.
        features: parameters that take the inputs, or their names. If None, all that are not named
            as weights.
        weights: parameters of the second argument, or their names. If None, all that are no
            features, in the order of ``circuit.parameters``.
        simulator: see :func:`hybrid.expectation`.
        shots: measurements of each group of compatible terms. If None, values are exact.
        seed: seed of the shots; each batch has its own shots, derived from it.
        gradient: "finite-difference" replaces parameter-shift rules, for gates that have none.
        threads: threads of a call. If None, all cores that the process may use.

    Raises:
        InputError: an argument is not usable. In calls: inputs of another shape, or integers.

    Example:
        >>> from qiskit.circuit import Parameter
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("x"), 0), circuit.ry(Parameter("w"), 0)
        >>> values = quantum_function(circuit, features=["x"])
        >>> slope = jax.grad(lambda w: values(jax.numpy.array([[0.5]]), w).sum())
        >>> round(float(slope(jax.numpy.array([0.0]))[0]), 5)
        -0.47943
    """
    master = checked_seed(seed)
    function = Differentiable(
        circuit,
        observables,
        features=features,
        weights=weights,
        simulator=simulator,
        shots=shots,
        gradient=gradient,
        threads=threads,
        name="quantum_function()",
    )
    host = _Host(function, 0 if master is None else master)
    call = jax.custom_vjp(host.values)
    call.defvjp(lambda x, w: (host.values(x, w), (x, w)), host.pull_back)
    return partial(_checked, function, call)


def _checked(function: Differentiable, call: Callable[[Any, Any], Any], x: Any, w: Any) -> Any:
    """Validate shapes and dtypes, which JAX knows before anything runs."""
    for name, array, length in (
        ("inputs", x, len(function.columns)),
        ("weights", w, len(function.weights)),
    ):
        given = jax.numpy.asarray(array)
        if not jax.numpy.issubdtype(given.dtype, jax.numpy.floating):
            raise InputError(
                f"{name} of quantum_function()", got=str(given.dtype), expected="real numbers"
            )
        wrong_axes = given.ndim != 1 if name == "weights" else given.ndim == 0
        if wrong_axes or given.shape[-1] != length:
            raise InputError(
                f"{name} of quantum_function()",
                got=f"shape {given.shape}",
                expected=f"shape ({length},)" if name == "weights" else f"shape (..., {length})",
            )
    return call(jax.numpy.asarray(x), jax.numpy.asarray(w))


class _Host:
    """The calls that leave JAX's program.

    Args:
        function: the compiled circuit.
        seed: master seed of the shots.
    """

    def __init__(self, function: Differentiable, seed: int) -> None:
        self._function, self._seed = function, seed

    def values(self, x: Any, w: Any) -> Any:
        """Return the values, shape (..., M)."""
        shape = (*x.shape[:-1], self._function.num_observables)
        made = jax.ShapeDtypeStruct(shape, x.dtype)
        return jax.pure_callback(self._values, made, x, w, vmap_method="sequential")

    def pull_back(self, kept: tuple[Any, Any], cotangents: Any) -> tuple[Any, Any]:
        """Return the derivatives by inputs and weights."""
        x, w = kept
        made = (jax.ShapeDtypeStruct(x.shape, x.dtype), jax.ShapeDtypeStruct(w.shape, w.dtype))
        found: tuple[Any, Any] = jax.pure_callback(
            self._pulled, made, x, w, cotangents, vmap_method="sequential"
        )
        return found

    def _values(self, x: Any, w: Any) -> Any:
        found = self._at(x, w, keep=False).values
        return found.reshape(*x.shape[:-1], -1).astype(x.dtype)

    def _pulled(self, x: Any, w: Any, cotangents: Any) -> tuple[Any, Any]:
        made = self._at(x, w, keep=True)
        with use(alone()):
            by_weights, by_inputs = made.pull_back(_array(cotangents).reshape(made.values.shape))
        return by_inputs.reshape(x.shape).astype(x.dtype), by_weights.astype(w.dtype)

    def _at(self, x: Any, w: Any, *, keep: bool) -> Pass:
        rows, weights = _array(x).reshape(-1, x.shape[-1]), _array(w)
        seed = derive(self._seed, int(digest(rows, weights)[:15], 16))
        with use(alone()):
            return self._function.at(rows, weights, keep=keep, seed=seed)


def _array(values: Any) -> FloatArray:
    return np.ascontiguousarray(values, dtype=np.float64)

"""The circuit in PyTorch's graph of derivatives.

Each function is pure and takes a :class:`Call`, so ``torch.func`` can transform it: ``grad``,
``vjp``, ``jacrev`` and ``vmap`` are right; forward mode and second derivatives are refused.
"""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, NoReturn

import torch
import torch.distributed

from hybrid.calls.differentiable import Differentiable, Pass
from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.runtime.world import alone, use
from hybrid.torch.tensors import array_of, tensor_of


@dataclass(eq=False)
class Call:
    """One call of a layer: its circuit, and the states kept from the values to the pass back.

    Attributes:
        function: the circuit.
        keep: whether a pass back may follow.
        seed_of: returns the seed of the shots, from inputs and weights.
        made: the values, once computed.
    """

    function: Differentiable
    keep: bool
    seed_of: Callable[[FloatArray, FloatArray], int | None]
    made: Pass | None = None

    def __post_init__(self) -> None:
        _open.add(self)

    def again(self) -> Call:
        """Return a call of the same layer that has computed nothing yet."""
        return Call(self.function, self.keep, self.seed_of)

    def values(self, x: torch.Tensor, weights: torch.Tensor) -> Pass:
        """Return the values for a batch of shape (B, F)."""
        inputs, angles = array_of(x), array_of(weights)
        seed = self.seed_of(inputs, angles)
        with own_process():
            self.made = self.function.at(inputs, angles, keep=self.keep, seed=seed)
        return self.made


_open: weakref.WeakSet[Call] = weakref.WeakSet()


@atexit.register
def _release() -> None:
    """Let go of the kernels' objects, which outlive the interpreter in a graph still held then."""
    for call in _open:
        vars(call).clear()


def own_process() -> AbstractContextManager[Any]:
    """Return a context in which calls are local, if ``torch.distributed`` splits the batches."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return use(alone())
    return nullcontext()


class Expectations(torch.autograd.Function):
    """Values of shape (B, M), from inputs of shape (B, F) and weights of shape (P,)."""

    @staticmethod
    def forward(x: torch.Tensor, weights: torch.Tensor, call: Call) -> torch.Tensor:
        """Compute the values."""
        return tensor_of(call.values(x, weights).values, x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: torch.Tensor) -> None:
        """Keep what the pass back needs."""
        x, weights, ctx.call = inputs
        ctx.save_for_backward(x, weights)

    @staticmethod
    def backward(ctx: Any, cotangents: torch.Tensor) -> tuple[Any, ...]:
        """Return the vector-Jacobian product."""
        x, weights = ctx.saved_tensors
        by_x, by_weights = VectorJacobian.apply(
            x, weights, cotangents, ctx.call, ctx.needs_input_grad[0]
        )
        return by_x, by_weights, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> NoReturn:
        """Refuse forward mode."""
        raise _refused("a derivative in forward mode (jvp, jacfwd, linearize)")

    @staticmethod
    def vmap(
        info: Any, axes: tuple[Any, ...], x: torch.Tensor, weights: torch.Tensor, call: Call
    ) -> tuple[torch.Tensor, int]:
        """Compute batches for the same weights together, and others one by one."""
        if axes[1] is None:
            rows = x.movedim(axes[0], 0)
            found = Expectations.apply(rows.reshape(-1, rows.shape[-1]), weights, call.again())
            return found.reshape(*rows.shape[:-1], found.shape[-1]), 0
        each = _unbatched(info.batch_size, axes[:2], (x, weights))
        return torch.stack([Expectations.apply(*some, call.again()) for some in each]), 0


class VectorJacobian(torch.autograd.Function):
    """Derivatives by inputs (B, F) and weights (P,), from cotangents of shape (B, M)."""

    @staticmethod
    def forward(
        x: torch.Tensor, weights: torch.Tensor, cotangents: torch.Tensor, call: Call, by_x: bool
    ) -> tuple[torch.Tensor | None, torch.Tensor]:
        """Compute both in one pass."""
        made = call.made
        if made is None:  # under a transform
            made = call.again().values(x, weights)
        with own_process():
            by_weights, by_inputs = made.pull_back(array_of(cotangents), by_inputs=by_x)
        return tensor_of(by_inputs, x) if by_x else None, tensor_of(by_weights, weights)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Keep nothing."""

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> NoReturn:
        """Refuse second derivatives."""
        raise _refused("a second derivative")

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> NoReturn:
        """Refuse forward mode."""
        raise _refused("a second derivative")

    @staticmethod
    def vmap(
        info: Any,
        axes: tuple[Any, ...],
        x: torch.Tensor,
        weights: torch.Tensor,
        cotangents: torch.Tensor,
        call: Call,
        by_x: bool,
    ) -> tuple[Any, Any]:
        """Compute one by one."""
        each = _unbatched(info.batch_size, axes[:3], (x, weights, cotangents))
        found = [VectorJacobian.apply(*some, call.again(), by_x) for some in each]
        by_weights = torch.stack([some[1] for some in found])
        if not by_x:
            return (None, by_weights), (None, 0)
        return (torch.stack([some[0] for some in found]), by_weights), (0, 0)


def _unbatched(
    size: int, axes: tuple[int | None, ...], tensors: tuple[torch.Tensor, ...]
) -> list[tuple[torch.Tensor, ...]]:
    """Return the tensors at each index of the mapped axis."""
    return [
        tuple(
            tensor if axis is None else tensor.select(axis, index)
            for axis, tensor in zip(axes, tensors, strict=True)
        )
        for index in range(size)
    ]


def _refused(what: str) -> InputError:
    return InputError(
        "derivative of a QuantumLayer",
        got=what,
        expected="a first derivative in reverse mode (backward, grad, vjp, jacrev)",
        advice="the adjoint method differentiates values only; for curvature, use "
        "hybrid.metric() or finite differences of gradients",
    )

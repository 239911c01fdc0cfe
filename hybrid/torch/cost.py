"""The predicted cost of a sample, counted from the model; no machine enters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from hybrid.core.ask import Ask
from hybrid.torch.layer import QuantumLayer

_AMPLITUDES = 3e9
"""Amplitudes that a typical core updates per second, per operation of a circuit."""
_FLOPS = 4e9
"""Floating-point operations of dense layers on a typical core per second."""
_TIMES = 3.0
"""A forward and a backward pass take as long as so many forward passes."""
_SECONDS_PER_LAYER = 1e-4
"""Time of PyTorch's and our own Python code for a layer in a piece, forward and backward."""
_LEAST_SECONDS = 2e-3
"""Shorter pieces are not worth that time ..."""
_MOST_PIECES = 16
"""... and more pieces than this are not worth it either."""
_LANES = 8


@dataclass(frozen=True)
class Cost:
    """Predicted seconds of a piece, forward and backward, on a typical core.

    Attributes:
        quantum: of each sample, in circuits.
        classical: of each sample, in all other layers.
        around: of each piece, whatever its samples.
    """

    quantum: float
    classical: float
    around: float = 0.0

    def seconds(self, samples: int) -> float:
        """Return the seconds of a piece."""
        return (self.quantum + self.classical) * samples + self.around

    def bound(self, samples: int) -> str:
        """Return in words which part bounds pieces of so many samples."""
        part = self.quantum * samples / self.seconds(samples)
        if part >= 0.5:
            return f"bound by circuits ({100 * part:.0f} % predicted)"
        return f"bound by the classical part ({100 * (1 - part):.0f} % predicted)"

    def grain(self, batch_size: int) -> int:
        """Return the number of samples of a piece; a function of the problem only."""
        each = self.quantum + self.classical
        worth = _LEAST_SECONDS / each if each else batch_size
        least = max(-(-batch_size // _MOST_PIECES), min(int(worth) + 1, batch_size))
        return min(-(-least // _LANES) * _LANES, batch_size)


def cost_of(model: torch.nn.Module, inputs: Sequence[torch.Tensor]) -> Cost:
    """Return the cost of a sample, from a forward pass of a few samples.

    Args:
        model: is called once, without gradient.
        inputs: of B samples.
    """
    calls: list[float] = []

    def called(layer: Any, given: tuple[Any, ...], found: Any) -> None:
        rows = prod(found.shape[:-1])
        calls.append(rows * _seconds(layer))

    layers = [layer for layer in model.modules() if isinstance(layer, QuantumLayer)]
    hooks = [layer.register_forward_hook(called) for layer in layers]
    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    count = len(inputs[0])
    flops = counter.get_total_flops() / count
    numbers = sum(p.numel() for p in model.parameters())
    return Cost(
        _TIMES * sum(calls) / count,
        _TIMES * max(flops, numbers) / _FLOPS,
        _SECONDS_PER_LAYER * (1 + sum(not list(each.children()) for each in model.modules())),
    )


def _seconds(layer: QuantumLayer) -> float:
    """Return the predicted seconds of the values of one point."""
    estimator = layer.function.estimator
    columns = layer.in_features + layer.weights.numel()
    ask = Ask(np.zeros((1, columns)))
    works = [estimator.work(ask, piece) for piece in estimator.pieces(ask)]
    known = [work for work in works if work is not None]
    if len(known) < len(works):
        return 1e-3
    return (
        sum(
            work.circuits * sum(count for _, count in work.operations) * 2.0**work.num_qubits
            for work in known
        )
        / _AMPLITUDES
    )

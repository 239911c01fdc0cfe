"""Circuits as layers of PyTorch models, and their training; the extra ``torch`` brings PyTorch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hybrid.torch.layer import QuantumLayer
    from hybrid.torch.train import train

_HOMES = {
    "QuantumLayer": "hybrid.torch.layer",
    "train": "hybrid.torch.train",
}

__all__ = ["QuantumLayer", "train"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the layer needs PyTorch.

    Raises:
        InputError: PyTorch is not installed.
    """
    if name not in _HOMES:
        raise AttributeError(f"module 'hybrid.torch' has no attribute '{name}'")
    from importlib import import_module

    from hybrid.torch.optional import needs_torch

    with needs_torch(f"hybrid.torch.{name}"):
        found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Return the names of the module, those not yet imported included."""
    return sorted({*globals(), *__all__})

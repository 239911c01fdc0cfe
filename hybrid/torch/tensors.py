"""Tensors to arrays and back; what cannot be converted without loss is refused."""

from __future__ import annotations

import warnings

import numpy as np
import torch

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError

KINDS = (torch.float32, torch.float64)

_told: set[str] = set()
"""Kinds of device whose tensors were moved; each is said once in a process."""


def array_of(tensor: torch.Tensor) -> FloatArray:
    """Return a tensor's numbers as a float64 array on the host, detached."""
    detached = tensor.detach()
    if detached.device.type != "cpu":
        detached = detached.cpu()
    return np.ascontiguousarray(detached.numpy(), dtype=np.float64)


def tensor_of(array: FloatArray, like: torch.Tensor) -> torch.Tensor:
    """Return an array as a tensor of the device and dtype of another."""
    return torch.from_numpy(array).to(device=like.device, dtype=like.dtype)


def check_input(tensor: object, features: int, what: str) -> None:
    """Refuse what is no batch of real features.

    Raises:
        InputError: no tensor, another dtype than float32 and float64, a last axis of another
            length, or a device without numbers.
    """
    if not isinstance(tensor, torch.Tensor):
        raise InputError(
            what,
            got=f"a {type(tensor).__name__}",
            expected=f"a tensor of shape (..., {features})",
            advice="torch.as_tensor(x, dtype=torch.get_default_dtype()) makes one",
        )
    if tensor.dtype not in KINDS:
        raise InputError(
            what,
            got=f"dtype {tensor.dtype}",
            expected="torch.float32 or torch.float64",
            advice="convert it, for instance by x.float()",
        )
    if tensor.ndim == 0 or tensor.shape[-1] != features:
        raise InputError(
            what,
            got=f"shape {tuple(tensor.shape)}",
            expected=f"shape (..., {features}), one number for each feature",
        )
    check_device(tensor.device, what)


def check_device(device: torch.device, what: str) -> None:
    """Refuse a device without numbers; say once that tensors of another device are moved."""
    if device.type == "cpu":
        return
    if device.type == "meta":
        raise InputError(
            what,
            got="a tensor on device 'meta', which holds no numbers",
            expected="a tensor with numbers",
            advice="move the model with to_empty(), and load its state",
        )
    if device.type not in _told:
        _told.add(device.type)
        warnings.warn(
            f"{what} is on device '{device}'; circuits run on the processor, so each call moves "
            "tensors there and back",
            stacklevel=4,
        )

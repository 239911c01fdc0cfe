"""The state of a training run as bytes: weights and the optimizer's memory, without pickle.

The format is that of safetensors: a header in JSON, then the numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.torch
import torch

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError, JournalError

_BOOK = "hybrid"
"""Key of the plain data in the header."""


class Parameters:
    """The trained parameters of a model, as one vector.

    Args:
        model: every parameter that requires a gradient is trained.

    Attributes:
        tensors: the parameters, in the order of the model.
        size: P, the number of numbers.

    Raises:
        InputError: none is trained, or one is complex or has no numbers.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        for name, tensor in named:
            if not tensor.is_floating_point() or tensor.device.type == "meta":
                raise InputError(
                    "model",
                    got=f"parameter '{name}' of dtype {tensor.dtype} on {tensor.device}",
                    expected="real numbers",
                )
            if not bool(torch.isfinite(tensor).all()):
                raise InputError(
                    "model", got=f"NaN or infinity in '{name}'", expected="finite numbers"
                )
        if not named:
            raise InputError(
                "model",
                got="no parameter that requires a gradient",
                expected="at least one",
                advice="a frozen model is evaluated by calling it",
            )
        self.tensors = [tensor for _, tensor in named]
        self._ends = np.cumsum([tensor.numel() for tensor in self.tensors]).tolist()
        self.size = self._ends[-1]

    def numbers(self) -> FloatArray:
        """Return the parameters, shape (P,); float64 holds all floating-point dtypes exactly."""
        return _flat(tensor.detach() for tensor in self.tensors)

    def load(self, numbers: FloatArray) -> None:
        """Set the parameters."""
        with torch.no_grad():
            for tensor, part in zip(self.tensors, self._parts(numbers), strict=True):
                tensor.copy_(part.reshape(tensor.shape))

    def slopes(self) -> tuple[FloatArray, FloatArray]:
        """Return the gradient, shape (P,), and whether each parameter has one."""
        has = np.array([tensor.grad is not None for tensor in self.tensors], dtype=np.float64)
        grads = (torch.zeros_like(t) if t.grad is None else t.grad for t in self.tensors)
        return _flat(grads), has

    def set_slopes(self, slopes: FloatArray, has: FloatArray) -> None:
        """Set the gradient of each parameter that has one."""
        parts = self._parts(slopes)
        for tensor, part, given in zip(self.tensors, parts, has, strict=True):
            made = part.reshape(tensor.shape).to(dtype=tensor.dtype, device=tensor.device)
            tensor.grad = made if given else None

    def forget_slopes(self) -> None:
        """Remove the gradients."""
        for tensor in self.tensors:
            tensor.grad = None

    def _parts(self, numbers: FloatArray) -> list[torch.Tensor]:
        starts = [0, *self._ends[:-1]]
        return [torch.from_numpy(numbers[a:b]) for a, b in zip(starts, self._ends, strict=True)]


def _flat(tensors: Any) -> FloatArray:
    parts = [tensor.detach().to("cpu", torch.float64).numpy().ravel() for tensor in tensors]
    return np.concatenate(parts)


def encode(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer, book: Mapping[str, Any]
) -> bytes:
    """Return model, memory of the optimizer and plain data as bytes.

    Raises:
        InputError: the optimizer remembers something else than tensors and numbers.
    """
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    plain: dict[str, dict[str, Any]] = {}
    for index, memory in optimizer.state_dict()["state"].items():
        for key, value in memory.items():
            if isinstance(value, torch.Tensor):
                tensors[f"optimizer.{index}.{key}"] = value
            elif value is None or isinstance(value, bool | int | float | str):
                plain.setdefault(str(index), {})[key] = value
            else:
                raise InputError(
                    "optimizer",
                    got=f"{type(optimizer).__name__}, whose '{key}' is a {type(value).__name__}",
                    expected="an optimizer that remembers tensors and numbers, such as Adam or SGD",
                )
    whole = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    header = {_BOOK: json.dumps({"memory": plain, **book})}
    return bytes(safetensors.torch.save(whole, header))


def decode(
    blob: bytes, model: torch.nn.Module, optimizer: torch.optim.Optimizer
) -> Mapping[str, Any]:
    """Set model and memory of the optimizer; return the plain data.

    Raises:
        JournalError: the bytes are not those of this model and optimizer.
    """
    try:
        tensors = safetensors.torch.load(blob)
        size = int.from_bytes(blob[:8], "little")
        book: dict[str, Any] = json.loads(json.loads(blob[8 : 8 + size])["__metadata__"][_BOOK])
        _fill(model, {k[6:]: v for k, v in tensors.items() if k.startswith("model.")})
        memory: dict[int, dict[str, Any]] = {
            int(index): dict(values) for index, values in book["memory"].items()
        }
        for name, tensor in tensors.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".", 2)
                memory.setdefault(int(index), {})[key] = tensor
    except (safetensors.SafetensorError, ValueError, KeyError, TypeError) as error:
        raise JournalError(f"a checkpoint is damaged, or of another model ({error})") from None
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": memory, "param_groups": groups})
    return book


def _fill(model: torch.nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Set parameters and buffers in place, so that optimizers keep their references."""
    own = model.state_dict()
    if sorted(own) != sorted(tensors):
        raise ValueError("other parameters")
    with torch.no_grad():
        for name, tensor in own.items():
            if tensors[name].shape != tensor.shape or tensors[name].dtype != tensor.dtype:
                raise ValueError(f"'{name}' has another shape or dtype")
            tensor.copy_(tensors[name])

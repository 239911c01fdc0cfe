"""Samples by index, from tensors, arrays or a data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, default_collate

from hybrid.core.digest import digest
from hybrid.core.errors import InputError


class Source:
    """Samples that can be taken by index.

    Args:
        data: a tuple of tensors or arrays with equal lengths, of which the last one holds the
            targets and the others are the model's inputs; or a map-style data set whose items are
            such tuples.
        what: name of the argument, for messages.

    Raises:
        InputError: anything else, or no samples.
    """

    def __init__(self, data: Any, what: str) -> None:
        if isinstance(data, DataLoader | IterableDataset):
            raise InputError(
                what,
                got=f"a {type(data).__name__}",
                expected="tensors, arrays, or a data set with a length",
                advice="pass loader.dataset, and batch_size= and seed=: hybrid draws the batches, "
                "so that they are the same on any number of ranks",
            )
        if isinstance(data, tuple | list):
            self._tensors: tuple[torch.Tensor, ...] | None = _tensors(data, what)
            self._items: Any = None
            self.size = len(self._tensors[0])
        elif isinstance(data, Dataset) and hasattr(data, "__len__"):
            self._tensors, self._items, self.size = None, data, len(data)
        else:
            raise InputError(
                what,
                got=f"a {type(data).__name__}",
                expected="a tuple (inputs, targets) of tensors or arrays, or a data set with a "
                "length",
            )
        if self.size == 0:
            raise InputError(what, got="no samples", expected="at least one sample")

    def take(self, indices: Sequence[int]) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
        """Return the inputs and the targets of some samples."""
        if self._tensors is not None:
            chosen = torch.as_tensor(np.asarray(indices, dtype=np.int64))
            taken: Any = [tensor[chosen] for tensor in self._tensors]
        else:
            taken = default_collate([self._items[int(k)] for k in indices])
        if not isinstance(taken, tuple | list) or len(taken) < 2:
            raise InputError(
                "data",
                got=f"items of type {type(taken).__name__}",
                expected="pairs (input, target)",
            )
        *inputs, targets = taken
        return tuple(inputs), targets

    def content(self) -> str:
        """Return a digest of the samples, or, of a data set, of its size and two samples."""
        if self._tensors is not None:
            return digest(*(part for tensor in self._tensors for part in _parts(tensor)))
        ends = [self.take([k]) for k in (0, self.size - 1)]
        found = [
            part for inputs, target in ends for each in (*inputs, target) for part in _parts(each)
        ]
        return digest(self.size, *found)


def _tensors(data: Sequence[Any], what: str) -> tuple[torch.Tensor, ...]:
    if len(data) < 2:
        raise InputError(what, got=f"{len(data)} tensor", expected="inputs and targets")
    made = []
    for each in data:
        try:
            tensor = torch.as_tensor(each)
        except (TypeError, ValueError, RuntimeError) as error:
            raise InputError(what, got=str(error)[:100], expected="tensors or arrays") from None
        if tensor.is_floating_point() and not isinstance(each, torch.Tensor):
            tensor = tensor.to(torch.get_default_dtype())  # NumPy's default is double precision
        made.append(tensor.detach())
    lengths = [len(tensor) if tensor.ndim else 0 for tensor in made]
    if len(set(lengths)) > 1:
        raise InputError(what, got=f"lengths {lengths}", expected="equally many inputs and targets")
    for tensor in made:
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise InputError(what, got="NaN or infinity", expected="finite numbers")
    return tuple(made)


def _parts(tensor: Any) -> Iterator[object]:
    """Yield what is digested of a tensor, or of whatever else a data set returns."""
    if not isinstance(tensor, torch.Tensor):
        yield str(tensor)
        return
    yield str(tensor.dtype)
    host = tensor.detach().cpu()
    yield (host.float() if host.dtype == torch.bfloat16 else host).numpy()

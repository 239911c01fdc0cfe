"""Partial answers on their way to rank 0: one buffer a rank, no copy at the end, no pickle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybrid.runtime.communicator import Communicator
from hybrid.runtime.messages import pack

_INLINE = 1 << 14
"""Partials up to so many bytes travel in the message that announces them."""
_DTYPES = {"<f8": np.float64, "|u1": np.uint8}

Arrays = dict[int, NDArray[Any]]
"""Partial answers by the index of their piece."""


def send_partials(communicator: Communicator, partials: Arrays, seconds: Sequence[float]) -> None:
    """Send a rank's partial answers, and the seconds each took, to rank 0."""
    arrays = list(partials.values())
    shapes = [array.shape for array in arrays]
    dtype = arrays[0].dtype.str if arrays else "<f8"
    flat = (
        np.concatenate([array.reshape(-1) for array in arrays]) if arrays else np.empty(0)
    ).astype(dtype, copy=False)
    inline = flat.nbytes <= _INLINE
    header = {
        "kind": "partials",
        "indices": np.fromiter(partials, dtype=np.int64, count=len(partials)),
        "seconds": np.asarray(seconds, dtype=np.float64),
        "shapes": shapes[:1] if len(set(shapes)) == 1 else shapes,
        "dtype": dtype,
        "size": flat.size,
        "flat": flat.tobytes() if inline else None,
    }
    communicator.send(pack(header), 0)
    if not inline:
        communicator.send_array(flat, 0)


def receive_partials(
    communicator: Communicator, header: Mapping[str, Any], source: int
) -> tuple[Arrays, NDArray[np.float64]]:
    """Return another rank's partial answers, views of one buffer, and the seconds of each."""
    dtype = _DTYPES[header["dtype"]]
    if header["flat"] is None:
        flat = np.empty(header["size"], dtype=dtype)
        communicator.receive_array(flat, source)
    else:
        flat = np.frombuffer(header["flat"], dtype=dtype)
    indices = header["indices"].tolist()
    shapes = [tuple(shape) for shape in header["shapes"]]
    if len(shapes) == 1:
        shapes *= len(indices)
    partials: Arrays = {}
    start = 0
    for index, shape in zip(indices, shapes, strict=True):
        size = int(np.prod(shape, dtype=np.int64))
        partials[index] = flat[start : start + size].reshape(shape)
        start += size
    return partials, header["seconds"]

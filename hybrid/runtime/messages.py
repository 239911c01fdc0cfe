"""Messages between ranks: plain data and typed arrays as bytes, nothing executable."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import msgpack
import numpy as np

from hybrid.core.ask import Ask, Told

_ARRAY = 1
_CLASSES: dict[int, type[Any]] = {2: Told, 3: Ask}
"""Dataclasses that messages may hold, by the code of their extension."""
_CODES = {kind: code for code, kind in _CLASSES.items()}
_DTYPES = frozenset(
    {
        "<f8",
        "<f4",
        "<f2",
        "<c16",
        "<c8",
        "<i8",
        "<i4",
        "<i2",
        "|i1",
        "<u8",
        "<u4",
        "<u2",
        "|u1",
        "|b1",
    }
)


def pack(message: object) -> bytes:
    """Serialise a message.

    Args:
        message: None, booleans, integers, floats, strings, bytes, NumPy scalars (received as
            Python's), numeric arrays, :class:`~hybrid.core.ask.Ask`,
            :class:`~hybrid.core.ask.Told`, and lists or string-keyed dictionaries of these.

    Raises:
        TypeError: another type.
    """
    return bytes(msgpack.packb(message, default=_encode, use_bin_type=True))


def unpack(message: bytes) -> Any:
    """Deserialise a message; arrays are writable.

    Raises:
        ValueError: not a valid message.
    """
    return msgpack.unpackb(message, ext_hook=_decode, raw=False, strict_map_key=True)


def _encode(value: object) -> object:
    if isinstance(value, np.ndarray):
        array = np.ascontiguousarray(value)
        if array.dtype.str not in _DTYPES:
            raise TypeError(f"an array of {array.dtype} cannot be sent")
        head = msgpack.packb([array.dtype.str, list(value.shape)])
        return msgpack.ExtType(_ARRAY, bytes([len(head)]) + head + array.tobytes())
    if isinstance(value, np.bool_ | np.integer | np.floating):
        return value.item()
    if type(value) in _CODES:
        parts = {field.name: getattr(value, field.name) for field in fields(value)}  # type: ignore[arg-type]
        return msgpack.ExtType(_CODES[type(value)], pack(parts))
    raise TypeError(f"a {type(value).__name__} cannot be sent")


def _decode(code: int, data: bytes) -> object:
    if code in _CLASSES:
        return _CLASSES[code](**unpack(data))
    if code != _ARRAY:
        raise ValueError(f"a message holds the unknown extension {code}")
    start = 1 + data[0]
    dtype, shape = msgpack.unpackb(data[1:start])
    if dtype not in _DTYPES:
        raise ValueError(f"a message holds an array of {dtype}")
    # Copied, because an array over bytes is read-only and may be unaligned.
    flat = np.frombuffer(data, dtype=np.dtype(dtype), offset=start).copy()
    return flat.reshape(shape)

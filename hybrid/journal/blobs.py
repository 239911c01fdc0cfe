"""Arrays encoded as bytes with their type and shape, validated when they are decoded."""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from hybrid.core.arrays import FloatArray

_TYPE = b"<f8"
_MOST_AXES = 8


class DamagedError(ValueError):
    """The bytes are not those that were written."""


def encode(array: FloatArray) -> bytes:
    """Encode a float64 array: its type, number of axes, lengths, then its exact bytes.

    Example:
        >>> decode(encode(np.array([[0.1, -0.0]]))).tolist()
        [[0.1, -0.0]]
    """
    return _head(array.shape) + array.astype("<f8", copy=False).tobytes()


def encode_rows(numbers: array[float], width: int) -> bytes:
    """Encode numbers as an array of rows, without NumPy, which takes longer for a few.

    Example:
        >>> decode(encode_rows(array("d", [1.0, 2.0, 3.0, 4.0]), 2)).tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return _head((len(numbers) // width, width)) + numbers.tobytes()


@lru_cache(maxsize=64)
def _head(shape: tuple[int, ...]) -> bytes:
    return _TYPE + struct.pack(f"<B{len(shape)}Q", len(shape), *shape)


def decode(blob: object, shape: tuple[int, ...] | None = None) -> FloatArray:
    """Decode an array.

    Args:
        blob: any value read from a file.
        shape: the expected shape, if known.

    Raises:
        DamagedError: not an encoded array, of the wrong length, or of another shape.
    """
    if not isinstance(blob, bytes) or len(blob) < 4 or blob[:3] != _TYPE:
        raise DamagedError("no array of float64")
    axes = blob[3]
    start = 4 + 8 * axes
    if axes > _MOST_AXES or len(blob) < start:
        raise DamagedError(f"an array of {axes} axes in {len(blob)} bytes")
    lengths = struct.unpack_from(f"<{axes}Q", blob, 4)
    size = 1
    for length in lengths:  # Python's integers do not overflow
        size *= length
    if len(blob) != start + 8 * size or max(lengths, default=0) >= 2**62:
        raise DamagedError(f"{len(blob) - start} bytes for an array of shape {lengths}")
    if shape is not None and lengths != shape:
        raise DamagedError(f"an array of shape {lengths} where {shape} was written")
    flat = np.frombuffer(blob, dtype=_TYPE.decode(), offset=start)
    array: FloatArray = flat.astype(np.float64).reshape(lengths)
    return array


def decode_many(blobs: Sequence[object], axes: int) -> tuple[list[tuple[int, ...]], FloatArray]:
    """Decode many arrays with the same number of axes: their shapes, and all numbers in one array.

    Raises:
        DamagedError: see :func:`decode`; or an array has another number of axes.

    Example:
        >>> decode_many([encode(np.array([1.0])), encode(np.array([2.0, 3.0]))], 1)
        ([(1,), (2,)], array([1., 2., 3.]))
    """
    start = 4 + 8 * axes
    known: dict[tuple[object, int], tuple[int, ...]] = {}
    shapes, bodies = [], []
    for blob in blobs:
        if not isinstance(blob, bytes):
            raise DamagedError("no array of float64")
        kind = blob[:start], len(blob)  # decides the shape, and whether the length fits it
        if kind not in known:
            known[kind] = decode(blob).shape
            if len(known[kind]) != axes:
                raise DamagedError(f"an array of {len(known[kind])} axes where {axes} were written")
        shapes.append(known[kind])
        bodies.append(blob[start:])
    return shapes, np.frombuffer(b"".join(bodies), dtype=_TYPE.decode()).astype(np.float64)


def checksum(*parts: object) -> int:
    """Return the CRC-32 of a row, by which a damaged byte is detected before it is used.

    Args:
        parts: integers, floats, bytes, or None.
    """
    found = 0
    for part in parts:
        if not isinstance(part, bytes | type(None)):
            part = repr(part).encode()
        found = zlib.crc32(b"-" if part is None else part, found)
    return found

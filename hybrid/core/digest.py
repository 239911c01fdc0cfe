"""Content digests: equal on all ranks and in all runs if and only if the content is equal."""

from __future__ import annotations

import hashlib

import numpy as np


def digest(*parts: object) -> str:
    """Return the SHA-256 digest of the parts, in order, as 64 hexadecimal digits.

    Args:
        parts: arrays (by dtype, shape and bytes), numbers, strings, booleans, None, and lists or
            tuples of these.

    Raises:
        TypeError: another type, whose bytes may differ between ranks.

    Example:
        >>> digest("a", 1) == digest("a", 1), digest("a", 1) == digest("a", 1.0)
        (True, False)
    """
    hashed = hashlib.sha256()
    for part in parts:
        _feed(hashed, part)
    return hashed.hexdigest()


def _feed(hashed: hashlib._Hash, part: object) -> None:
    if isinstance(part, np.ndarray):
        array = np.ascontiguousarray(part)
        hashed.update(f"array {array.dtype.str} {array.shape};".encode())
        hashed.update(array.tobytes())
    elif isinstance(part, list | tuple):
        hashed.update(f"sequence {len(part)};".encode())
        for item in part:
            _feed(hashed, item)
    elif part is None or isinstance(part, bool | int | str):
        hashed.update(f"{type(part).__name__} {part!r};".encode())
    elif isinstance(part, float):
        hashed.update(f"float {part.hex()};".encode())
    elif isinstance(part, np.generic):
        _feed(hashed, part.item())
    else:
        raise TypeError(f"no digest for {type(part).__name__}")

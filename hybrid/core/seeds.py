"""Seeds keyed by what is computed, independent of the rank that computes it."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np


def derive(seed: int, *keys: int) -> int:
    """Return a 63-bit seed for the part of a run identified by the keys.

    The 64-bit BLAKE2b hash (RFC 7693) of seed and keys, without its lowest bit. Seeds of different
    parts are independent, and cost microseconds: every piece of an evaluation needs one.

    Args:
        seed: seed of the run, not negative.
        keys: for instance the indices of Ask and piece, not negative.

    Example:
        >>> derive(7, 0, 1) == derive(7, 0, 1), derive(7, 0, 1) == derive(7, 1, 0)
        (True, False)
    """
    named = ",".join(map(str, (seed, *keys))).encode()
    return int.from_bytes(blake2b(named, digest_size=8).digest(), "little") >> 1


def fresh() -> int:
    """Draw a seed from the operating system's entropy."""
    return int(np.random.SeedSequence().generate_state(1, np.uint32)[0])

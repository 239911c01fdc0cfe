"""Seeds keyed by what is computed, so that they do not depend on who computes it."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np


def derive(seed: int, *keys: int) -> int:
    """Return a 63-bit seed for the part of a run that the keys name.

    The first bits of the BLAKE2b hash (RFC 7693) of seed and keys: streams of different parts have
    nothing in common, and a seed costs microseconds, as every piece of an evaluation takes one.

    Args:
        seed: the run's seed, not negative.
        keys: for instance the number of the Ask and of the Piece, not negative.

    Example:
        >>> derive(7, 0, 1) == derive(7, 0, 1), derive(7, 0, 1) == derive(7, 1, 0)
        (True, False)
    """
    named = ",".join(map(str, (seed, *keys))).encode()
    return int.from_bytes(blake2b(named, digest_size=8).digest(), "little") >> 1


def fresh() -> int:
    """Return a seed from the operating system's entropy, for a run that was given none."""
    return int(np.random.SeedSequence().generate_state(1, np.uint32)[0])

"""Seeds as Qiskit's primitives take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from hybrid.core.errors import InputError

Seed: TypeAlias = np.random.Generator | int | None
"""An integer for the same numbers from each run, a generator to go on with, None for fresh ones."""


def run_seed(seed: Seed, *, is_used: bool) -> int | None:
    """Return the seed of one run; None lets the ranks draw one together.

    Args:
        seed: as the user gave it.
        is_used: whether anything is drawn from it; a generator is left as it is where not.

    Raises:
        InputError: neither an integer of at least 0, a generator, nor None.
    """
    if seed is None:
        return None
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(1 << 63)) if is_used else 0
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(
            "seed", got=repr(seed), expected="an integer of at least 0, or a generator"
        )
    return int(seed) % (1 << 63)


def noise_source(seed: Seed, of_run: int) -> np.random.Generator:
    """Return where normal noise comes from: the user's seed, else that of the run."""
    return np.random.default_rng(of_run if seed is None else seed)


def shot_source(seed: Seed, of_run: int) -> Callable[[], np.random.Generator]:
    """Return what gives the source of shots for the next point.

    As in Qiskit, an integer seed starts anew at each point; otherwise one source goes on.
    """
    if isinstance(seed, int | np.integer):
        return lambda: np.random.default_rng(seed)
    source = noise_source(seed, of_run)
    return lambda: source

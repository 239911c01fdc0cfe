"""Seeds of Qiskit's primitives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from hybrid.core.errors import InputError

Seed: TypeAlias = np.random.Generator | int | None
"""An integer seeds every run alike; a generator advances with each run; None is fresh each time."""


def run_seed(seed: Seed, *, is_used: bool) -> int | None:
    """Return the seed of one run; None lets the ranks draw one together.

    Args:
        seed: the user's argument.
        is_used: whether the run draws random numbers. If not, a generator does not advance.

    Raises:
        InputError: not a nonnegative integer, a generator or None.
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
    """Return the generator of normal noise, from the user's seed, else from that of the run."""
    return np.random.default_rng(of_run if seed is None else seed)


def shot_source(seed: Seed, of_run: int) -> Callable[[], np.random.Generator]:
    """Return a function that returns the generator of shots for the next point.

    As in Qiskit, an integer seed restarts at each point; otherwise all points share one generator.
    """
    if isinstance(seed, int | np.integer):
        return lambda: np.random.default_rng(seed)
    source = noise_source(seed, of_run)
    return lambda: source

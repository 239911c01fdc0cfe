"""Global random generators in a state of their own, while another library's code runs."""

from __future__ import annotations

import random
import sys
from types import TracebackType
from typing import Any

import numpy as np


class Randomness:
    """Global generators as if nobody else drew from them: the same bits at each replay.

    Covers :mod:`random`, NumPy's legacy generator and that of qiskit-algorithms. Each ``with``
    block continues where the previous one stopped; outside them the generators are as before.

    Args:
        seed: not negative.

    Example:
        >>> one, other = Randomness(3), Randomness(3)
        >>> with one:
        ...     first = np.random.rand(2)
        >>> with other:
        ...     again = [np.random.rand(), np.random.rand()]
        >>> first.tolist() == again
        True
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._own: _States | None = None
        self._outer: _States | None = None

    def __enter__(self) -> None:
        """Switch to the own state."""
        self._outer = _States()
        if self._own is None:
            _seed(self._seed)
        else:
            self._own.restore()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch back."""
        assert self._outer is not None
        self._own = _States()
        self._outer.restore()


class _States:
    """The present states of the global generators."""

    def __init__(self) -> None:
        self._python = random.getstate()
        self._numpy = np.random.get_state()  # noqa: NPY002, others use it
        shared = _of_qiskit_algorithms()
        self._shared = None if shared is None else (shared._random_seed, shared._random)

    def restore(self) -> None:
        random.setstate(self._python)
        np.random.set_state(self._numpy)  # noqa: NPY002
        shared = _of_qiskit_algorithms()
        if shared is not None and self._shared is not None:
            shared._random_seed, shared._random = self._shared


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    shared = _of_qiskit_algorithms()
    if shared is not None:
        shared.random_seed = seed


def _of_qiskit_algorithms() -> Any:
    """Return the holder of the library's generator, or None if the library is not loaded."""
    module = sys.modules.get("qiskit_algorithms.utils")
    return getattr(module, "algorithm_globals", None)

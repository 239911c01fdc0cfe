"""The interface between ranks that share one state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hybrid.core.arrays import FloatArray

Amplitudes = NDArray[Any]
"""Shape (2^m,), complex128 or complex64."""


class Transfer(Protocol):
    """Messages in transit."""

    def is_done(self) -> bool:
        """Return whether all have arrived; their buffers are then free for reuse."""


class Group(Protocol):
    """Ranks that share one state, numbered from 0; rank 0 of the group leads it.

    All members make the same calls in the same order. A member that fails calls ``fail`` in place
    of its next call, and the others raise there, so no member waits for one that failed.
    """

    @property
    def rank(self) -> int:
        """This member's number."""

    @property
    def size(self) -> int:
        """Number of members, a power of two."""

    def memory(self, name: str, count: int, dtype: np.dtype[Any]) -> Amplitudes:
        """Return uninitialised memory for a shard; the same memory for the same name."""

    def neighbour(self, name: str, rank: int) -> Amplitudes | None:
        """Return another member's shared memory, or None; all members share memory, or none do."""

    def agree(self) -> None:
        """Wait for all members; their earlier writes to shared memory are then visible."""

    def start(
        self,
        sends: Sequence[tuple[int, Amplitudes]],
        receives: Sequence[tuple[int, Amplitudes]],
    ) -> Transfer:
        """Start sending arrays to members and receiving arrays from members."""

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Wait for a condition that other members fulfil."""

    def sum(self, numbers: FloatArray) -> FloatArray:
        """Return the sum over all members of arrays of one shape.

        Exact, because each element is non-zero on at most one member.
        """

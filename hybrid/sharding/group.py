"""What the ranks that share one state need of one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hybrid.core.arrays import FloatArray

Amplitudes = NDArray[Any]
"""Shape (2^m,), complex128 or complex64."""


class Transfer(Protocol):
    """Messages that are under way."""

    def is_done(self) -> bool:
        """Return whether all have arrived; the buffers may then be used again."""


class Group(Protocol):
    """Ranks that share one state, numbered from 0; rank 0 of the group leads it.

    All members make the same calls in the same order. A member that fails calls ``fail`` in the
    place of its next call, and the others raise there: nobody waits for what does not come.
    """

    @property
    def rank(self) -> int:
        """This member's number."""

    @property
    def size(self) -> int:
        """How many members there are, a power of two."""

    def memory(self, name: str, count: int, dtype: np.dtype[Any]) -> Amplitudes:
        """Return memory for a shard, not initialised; the same for the same name."""

    def neighbour(self, name: str, rank: int) -> Amplitudes | None:
        """Return another member's memory, where this one can reach it, for all or for none."""

    def agree(self) -> None:
        """Return when all members have come here, and see what the others have written."""

    def start(
        self,
        sends: Sequence[tuple[int, Amplitudes]],
        receives: Sequence[tuple[int, Amplitudes]],
    ) -> Transfer:
        """Send arrays to members and receive arrays from members, without waiting."""

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Return when a condition, which other members bring about, holds."""

    def sum(self, numbers: FloatArray) -> FloatArray:
        """Return the sum over all members of arrays of one shape.

        Of each element at most one member has another value than 0.0, so the sum is exact.
        """

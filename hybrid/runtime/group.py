"""A group of ranks that share one state: transfers and failure handling."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.runtime.communicator import Members
from hybrid.sharding.group import Amplitudes, Transfer

_FAILED, _NO, _WELL = 0, 1, 2
"""States that members agree on; the minimum applies."""
_SHARED_FOLDER = "/dev/shm"
"""Where MPI libraries allocate shared memory; exceeding its size kills the process."""
_RESERVE_BYTES = 1 << 26
_KEPT_BYTES = 1 << 30
"""Shards of a rank up to this size are kept for the next call, because new pages cost time."""


class MemberFailedError(Exception):
    """Another rank of the group has failed; that rank reports the error."""

    def __init__(self) -> None:
        super().__init__("another rank that holds a part of the same state failed")


class RankGroup:
    """This rank in a group that shares a state; implements ``sharding.group.Group``.

    Every transfer and every sum begins with an agreement. A member that fails takes part in one
    more agreement, with the state "failed"; it also warns members that wait for its messages.

    Memory is cached between calls, on all members alike: allocation is collective, so a member
    without its memory would wait for the others.
    """

    def __init__(self, members: Members) -> None:
        self._members = members
        self._memory: dict[str, list[Amplitudes]] = members.kept
        self.rank = members.rank
        self.size = members.size

    def memory(self, name: str, count: int, dtype: np.dtype[Any]) -> Amplitudes:
        """Return memory for a shard, cached by name if size and dtype match."""
        known = self._memory.get(name)
        if known is not None and (known[0].dtype != dtype or len(known[0]) != count):
            self.agree()  # freeing is collective
            self.release()
            known = None
        if known is None:
            known = self._memory[name] = self._allocate(count, dtype)
        return known[self.rank if len(known) > 1 else 0]

    def neighbour(self, name: str, rank: int) -> Amplitudes | None:
        """Return another member's memory, or None if it is not shared."""
        known = self._memory[name]
        return known[rank] if len(known) > 1 else None

    def agree(self) -> None:
        """Wait for all members.

        Raises:
            MemberFailedError: another member has failed.
        """
        if self._agreed(_WELL) == _FAILED:
            raise MemberFailedError

    def any(self, mine: bool) -> bool:
        """Return whether ``mine`` is true on any member.

        Raises:
            MemberFailedError: another member has failed.
        """
        least = self._agreed(_NO if mine else _WELL)
        if least == _FAILED:
            raise MemberFailedError
        return least == _NO

    def fail(self) -> None:
        """Make the other members raise MemberFailedError."""
        self._members.warn()
        self._agreed(_FAILED)

    def start(
        self,
        sends: Sequence[tuple[int, Amplitudes]],
        receives: Sequence[tuple[int, Amplitudes]],
    ) -> Transfer:
        """Start sending arrays to, and receiving arrays from, members, without waiting."""
        transfer: Transfer = self._members.start(sends, receives)
        return transfer

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Wait until a condition holds that other members fulfil.

        Raises:
            MemberFailedError: another member has failed.
        """
        if is_true():
            return
        self._members.wait_until(lambda: is_true() or self._members.is_warned())
        if not is_true():
            self._agreed(_FAILED)
            raise MemberFailedError

    def sum(self, numbers: FloatArray) -> FloatArray:
        """Return the element-wise sum over all members."""
        self.agree()
        total: FloatArray = self._members.total(numbers)
        return total

    def trim(self) -> None:
        """Release memory too large to keep until the next call; all members call it."""
        if sum(shards[0].nbytes for shards in self._memory.values()) > _KEPT_BYTES:
            self.release()

    def release(self) -> None:
        """Free all memory; collective."""
        self._memory.clear()
        self._members.give_back()

    def _agreed(self, state: int) -> int:
        return self._members.least(state)

    def _allocate(self, count: int, dtype: np.dtype[Any]) -> list[Amplitudes]:
        num_bytes = count * dtype.itemsize
        fits = self._members.on_one_host and _shared_free() > num_bytes * self.size + _RESERVE_BYTES
        if self.any(not fits):
            return [np.empty(count, dtype)]
        return [part.view(dtype) for part in self._members.shared_memory(num_bytes)]


def _shared_free() -> int:
    try:
        found = os.statvfs(_SHARED_FOLDER)
    except OSError:
        return 1 << 62  # the MPI library uses another mechanism
    return found.f_bavail * found.f_frsize

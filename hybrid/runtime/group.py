"""Ranks that share one state: how they move arrays, and how all of them learn of a failure."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.runtime.communicator import Members
from hybrid.sharding.group import Amplitudes, Transfer

_FAILED, _NO, _WELL = 0, 1, 2
"""What members say where they agree; the least of all counts."""
_SHARED_FOLDER = "/dev/shm"
"""Where MPI libraries keep shared memory; what does not fit there kills the process."""
_ROOM_LEFT = 1 << 26
_KEPT_BYTES = 1 << 30
"""Up to so many bytes of a rank's shards are kept for the next call: new pages cost time."""


class MemberFailedError(Exception):
    """Another rank that shares the state has failed, and says itself how."""

    def __init__(self) -> None:
        super().__init__("another rank that holds a part of the same state failed")


class RankGroup:
    """This rank's place among ranks that share a state; see ``sharding.group.Group``.

    Every transfer and every sum begins with an agreement. A member that fails takes part in one
    more, and says there that it has failed; it also warns those that wait for its messages.

    Memory is kept with the members from call to call, on all of them alike: one that forgot its
    memory would wait for others to allocate.
    """

    def __init__(self, members: Members) -> None:
        self._members = members
        self._memory: dict[str, list[Amplitudes]] = members.kept
        self.rank = members.rank
        self.size = members.size

    def memory(self, name: str, count: int, dtype: np.dtype[Any]) -> Amplitudes:
        """Return memory for a shard: what there was under the name, if it has the right size."""
        known = self._memory.get(name)
        if known is not None and (known[0].dtype != dtype or len(known[0]) != count):
            self.agree()  # giving back waits for all
            self.release()
            known = None
        if known is None:
            known = self._memory[name] = self._allocate(count, dtype)
        return known[self.rank if len(known) > 1 else 0]

    def neighbour(self, name: str, rank: int) -> Amplitudes | None:
        """Return another member's memory, where it is shared."""
        known = self._memory[name]
        return known[rank] if len(known) > 1 else None

    def agree(self) -> None:
        """Return when all members have come here.

        Raises:
            MemberFailedError: another member has failed.
        """
        if self._agreed(_WELL) == _FAILED:
            raise MemberFailedError

    def any(self, mine: bool) -> bool:
        """Return whether something holds for any member.

        Raises:
            MemberFailedError: another member has failed.
        """
        least = self._agreed(_NO if mine else _WELL)
        if least == _FAILED:
            raise MemberFailedError
        return least == _NO

    def fail(self) -> None:
        """Make the other members raise MemberFailedError where they wait for this one."""
        self._members.warn()
        self._agreed(_FAILED)

    def start(
        self,
        sends: Sequence[tuple[int, Amplitudes]],
        receives: Sequence[tuple[int, Amplitudes]],
    ) -> Transfer:
        """Send arrays to members and receive arrays from members, without waiting."""
        transfer: Transfer = self._members.start(sends, receives)
        return transfer

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Return when a condition, which other members bring about, holds.

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
        """Return the sum over all members of arrays of one shape."""
        self.agree()
        total: FloatArray = self._members.total(numbers)
        return total

    def trim(self) -> None:
        """Release memory too large to keep until the next call; all members call it."""
        if sum(shards[0].nbytes for shards in self._memory.values()) > _KEPT_BYTES:
            self.release()

    def release(self) -> None:
        """Give memory back; all members call it."""
        self._memory.clear()
        self._members.give_back()

    def _agreed(self, state: int) -> int:
        return self._members.least(state)

    def _allocate(self, count: int, dtype: np.dtype[Any]) -> list[Amplitudes]:
        num_bytes = count * dtype.itemsize
        fits = self._members.on_one_host and _shared_room() > num_bytes * self.size + _ROOM_LEFT
        if self.any(not fits):
            return [np.empty(count, dtype)]
        return [part.view(dtype) for part in self._members.shared_memory(num_bytes)]


def _shared_room() -> int:
    try:
        found = os.statvfs(_SHARED_FOLDER)
    except OSError:
        return 1 << 62  # the MPI library knows another way
    return found.f_bavail * found.f_frsize

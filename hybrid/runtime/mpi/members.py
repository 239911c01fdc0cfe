"""A subset of the ranks that exchanges arrays over MPI."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hybrid.runtime.communicator import RanksLost
from hybrid.runtime.mpi.library import LOST, MPI, noticing_losses
from hybrid.runtime.mpi.patience import Patience

_TAG = 7
_WARNING_TAG = 9
"""Tags of arrays, and of warnings."""


class MPITransfer:
    """Array messages in flight; keeps their buffers alive."""

    def __init__(self, requests: list[MPI.Request], buffers: list[Any]) -> None:
        self._requests = requests
        self._buffers = buffers

    def is_done(self) -> bool:
        """Return whether all messages have completed."""
        try:
            return bool(MPI.Request.Testall(self._requests))
        except MPI.Exception as error:
            if error.Get_error_class() in LOST:
                raise RanksLost from None
            raise


class MPIMembers:
    """A subset of the ranks that exchanges arrays.

    Args:
        comm: communicator of the subset.
        patience: waiting strategy of this rank.
        share: whether to share memory if all members are on one host.

    Attributes:
        kept: objects cached between calls, by name.
    """

    def __init__(self, comm: Any, patience: Patience, *, share: bool) -> None:
        self.comm = comm
        self.kept: dict[str, list[Any]] = {}
        self._patience = patience
        self.rank: int = comm.Get_rank()
        self.size: int = comm.Get_size()
        self._windows: list[MPI.Win] = []
        self.on_one_host = False
        if share:
            near = comm.Split_type(MPI.COMM_TYPE_SHARED)
            self.on_one_host = near.Get_size() == self.size
            near.Free()

    @noticing_losses
    def least(self, number: int) -> int:
        """Return the minimum over all members; also a memory barrier for shared memory."""
        return int(self._reduce(np.array([number], dtype=np.int64), MPI.MIN)[0])

    @noticing_losses
    def total(self, numbers: Any) -> Any:
        """Return the element-wise sum over all members."""
        return self._reduce(np.ascontiguousarray(numbers), MPI.SUM)

    def _reduce(self, mine: Any, operation: MPI.Op) -> Any:
        for window in self._windows:
            window.Sync()
        result = np.empty_like(mine)
        self._patience.until(self.comm.Iallreduce(mine, result, operation).Test)
        for window in self._windows:
            window.Sync()
        return result

    @noticing_losses
    def start(self, sends: Sequence[tuple[int, Any]], receives: Sequence[tuple[int, Any]]) -> Any:
        """Start sending and receiving arrays, each at most 2 GiB, without waiting."""
        requests = [
            self.comm.Irecv(_as_bytes(array), source=source, tag=_TAG) for source, array in receives
        ]
        requests += [self.comm.Isend(_as_bytes(array), dest=to, tag=_TAG) for to, array in sends]
        return MPITransfer(requests, [*sends, *receives])

    @noticing_losses
    def warn(self) -> None:
        """Tell the other members that this one has failed."""
        for member in range(self.size):
            if member != self.rank:
                self.comm.Isend([b"", MPI.BYTE], dest=member, tag=_WARNING_TAG)

    @noticing_losses
    def is_warned(self) -> bool:
        """Return whether another member has failed."""
        return bool(self.comm.Iprobe(source=MPI.ANY_SOURCE, tag=_WARNING_TAG))

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Wait until a condition holds that other members fulfil."""
        self._patience.until(is_true)

    def shared_memory(self, num_bytes: int) -> list[Any]:
        """Allocate shared memory, one byte array per member; collective."""
        window = MPI.Win.Allocate_shared(num_bytes, 1, comm=self.comm)
        window.Lock_all(MPI.MODE_NOCHECK)
        self._windows.append(window)
        views: list[Any] = [window.Shared_query(member)[0] for member in range(self.size)]
        return [np.frombuffer(view, dtype=np.uint8) for view in views]

    def give_back(self) -> None:
        """Free shared memory; collective."""
        for window in self._windows:
            window.Unlock_all()
            window.Free()
        self._windows.clear()

    def close(self) -> None:
        """Free all MPI resources; collective."""
        self.give_back()
        self.comm.Free()


def _as_bytes(array: Any) -> list[Any]:
    return [array.view(np.uint8), MPI.BYTE]

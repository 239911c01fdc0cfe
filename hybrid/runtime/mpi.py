"""The communicator over MPI; the only module that imports mpi4py."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, TypeVar

import mpi4py
import numpy as np

# UCX, under MPICH, sometimes warns at exit of memory that its own window has not given back.
os.environ.setdefault("UCX_LOG_LEVEL", "error")

_SURVIVES_LOSSES = os.environ.get("OMPI_MCA_mpi_ft_enable") == "1"  # noqa: SIM112, its name
if _SURVIVES_LOSSES:
    # MPI_Finalize may wait for ever for ranks that have died.
    mpi4py.rc.finalize = False

from mpi4py import MPI  # noqa: E402

from hybrid.runtime.cells import NUM_CELLS, owner_of  # noqa: E402
from hybrid.runtime.communicator import RanksLost  # noqa: E402

_INLINE = 8192
"""Broadcasts up to this many bytes travel in one message."""
_HEADER = 8
_SPIN_SECONDS = 2e-4
"""How long a waiting rank polls at full speed before it starts to sleep between polls ..."""
_OWN_CORE_SPIN_SECONDS = 2e-3
"""... and how long where it takes no core from others by that: waking up takes 0.1 ms and more."""
_LATENESS = 0.05
"""A sleep is this part of the time waited so far, so what comes is noticed no later."""
_LONGEST_SLEEP = 1e-3
_TAG = 7
_TOLD = 8
_WARNING_TAG = 9
"""Tags of messages from one rank to another, of what rank 0 tells, and of a member's failure."""

_LOST = (MPI.ERR_PROC_FAILED, MPI.ERR_PROC_FAILED_PENDING, MPI.ERR_REVOKED)

F = TypeVar("F", bound=Callable[..., Any])


def _noticing_losses(method: F) -> F:
    """Make a method raise RanksLost where MPI reports that ranks have died."""

    @wraps(method)
    def noticing(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except MPI.Exception as error:
            if error.Get_error_class() in _LOST:
                raise RanksLost from None
            raise

    return noticing  # type: ignore[return-value]


class MPICommunicator:
    """Messages of bytes over a duplicate of MPI.COMM_WORLD.

    MPI libraries wait by spinning, which takes the processor from whoever has work. Waits here
    poll, and sleep between polls when they last, so idle ranks leave their cores to the others.

    Where Open MPI was started with ``mpiexec --with-ft ulfm``, the death of a rank is raised as
    RanksLost in every call, and the survivors go on with :meth:`shrink`.
    """

    survives_losses: bool = _SURVIVES_LOSSES

    def __init__(self, comm: MPI.Comm | None = None) -> None:
        self._comm = MPI.COMM_WORLD.Dup() if comm is None else comm
        self.rank: int = self._comm.Get_rank()
        self.size: int = self._comm.Get_size()
        self._posted: list[tuple[MPI.Request, bytes]] = []
        self._cells: MPICells | None = None
        self._told = np.zeros(self.size, dtype=np.int32)
        self._heard = 0
        self._early: dict[int, bytes] = {}
        self._members: dict[tuple[int, ...], MPIMembers] = {}
        self._forgotten: list[MPIMembers] = []

    @_noticing_losses
    def broadcast(self, message: bytes | None) -> bytes:
        """Return on every rank what rank 0 gave; the others give None."""
        envelope = np.zeros(_HEADER + _INLINE, dtype=np.uint8)
        if message is not None:
            envelope[:_HEADER] = np.frombuffer(len(message).to_bytes(_HEADER, "little"), np.uint8)
            if len(message) <= _INLINE:
                envelope[_HEADER : _HEADER + len(message)] = np.frombuffer(message, np.uint8)
        _wait(self._comm.Ibcast(envelope, root=0))
        length = int.from_bytes(envelope[:_HEADER].tobytes(), "little")
        if length <= _INLINE:
            return envelope[_HEADER : _HEADER + length].tobytes()
        rest = np.empty(length, dtype=np.uint8) if message is None else np.frombuffer(message, "u1")
        _wait(self._comm.Ibcast(rest, root=0))
        return rest.tobytes()

    @_noticing_losses
    def all_gather(self, message: bytes) -> list[bytes]:
        """Return on every rank what each rank gave, in rank order."""
        lengths = np.empty(self.size, dtype=np.int64)
        _wait(self._comm.Iallgather(np.array([len(message)], dtype=np.int64), lengths))
        ends = np.cumsum(lengths)
        gathered = np.empty(int(ends[-1]), dtype=np.uint8)
        parts = [gathered, lengths.tolist(), (ends - lengths).tolist(), MPI.BYTE]
        _wait(self._comm.Iallgatherv(np.frombuffer(message, np.uint8), parts))
        return [
            gathered[end - length : end].tobytes()
            for end, length in zip(ends, lengths, strict=True)
        ]

    @_noticing_losses
    def tell(self, message: bytes, ranks: Sequence[int]) -> None:
        """Send from rank 0 to others, each of which calls :meth:`hear`; nobody else is bothered.

        Down a binomial tree over these ranks, who pass the message on: its head names them, and the
        number that it has among the messages to each.
        """
        told = np.array(sorted(ranks), dtype=np.int32)
        self._told[told] += 1
        head = (len(told).to_bytes(_HEADER, "little"), told.tobytes(), self._told[told].tobytes())
        self._pass_on(np.frombuffer(b"".join((*head, message)), np.uint8), told)

    @_noticing_losses
    def hear(self) -> bytes:
        """Return what rank 0 tells this rank next, passed on to those below in the tree.

        Trees over other ranks lead here over other ranks, so a message may overtake one before it.
        """
        self._heard += 1
        while self._heard not in self._early:
            status = MPI.Status()
            _waiting.until(partial(self._comm.Iprobe, MPI.ANY_SOURCE, _TOLD, status))
            envelope = np.empty(status.Get_count(MPI.BYTE), dtype=np.uint8)
            self._comm.Recv([envelope, MPI.BYTE], status.Get_source(), _TOLD)
            end = _HEADER + 8 * int.from_bytes(envelope[:_HEADER].tobytes(), "little")
            told, numbers = envelope[_HEADER:end].view(np.int32).reshape(2, -1)
            self._pass_on(envelope, told)
            number = int(numbers[np.searchsorted(told, self.rank)])
            self._early[number] = envelope[end:].tobytes()
        return self._early.pop(self._heard)

    def _pass_on(self, envelope: Any, told: Any) -> None:
        """Send on to this rank's children: of place p those at p + 2^k with 2^k > p."""
        place = 0 if self.rank == 0 else 1 + int(np.searchsorted(told, self.rank))
        step = 1 << place.bit_length()
        sends = []
        while place + step <= len(told):
            child = int(told[place + step - 1])
            sends.append(self._comm.Isend([envelope, MPI.BYTE], child, _TOLD))
            step *= 2
        if sends:
            _waiting.until(lambda: MPI.Request.Testall(sends))

    @_noticing_losses
    def send(self, message: bytes, to: int) -> None:
        """Send to another rank, which calls :meth:`receive`."""
        _wait(self._comm.Isend([np.frombuffer(message, np.uint8), MPI.BYTE], dest=to, tag=_TAG))

    @_noticing_losses
    def post(self, message: bytes, to: int) -> None:
        """Send to another rank without waiting until it has arrived."""
        self._posted = [sent for sent in self._posted if not sent[0].Test()]
        buffer = [np.frombuffer(message, np.uint8), MPI.BYTE]
        self._posted.append((self._comm.Isend(buffer, dest=to, tag=_TAG), message))

    @_noticing_losses
    def has_message(self, source: int) -> bool:
        """Return whether a message of another rank has come."""
        return bool(self._comm.Iprobe(source=source, tag=_TAG))

    @_noticing_losses
    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Return when a condition, which other ranks bring about, holds."""
        _waiting.until(is_true)

    @_noticing_losses
    def receive(self, source: int) -> bytes:
        """Return the next message of another rank."""
        status = MPI.Status()
        _waiting.until(lambda: self._comm.Iprobe(source=source, tag=_TAG, status=status))
        message = np.empty(status.Get_count(MPI.BYTE), dtype=np.uint8)
        self._comm.Recv([message, MPI.BYTE], source=source, tag=_TAG)
        return message.tobytes()

    def spin_longer(self) -> None:
        """Wait at full speed for longer from now on: no other rank needs this rank's core."""
        _waiting.spin_seconds = _OWN_CORE_SPIN_SECONDS

    def revoke(self) -> None:
        """Make every call of every rank raise RanksLost, so that all come to agree."""
        for comm in (self._comm, *(members.comm for members in self._members.values())):
            if not comm.Is_revoked():
                comm.Revoke()

    def members(self, ranks: tuple[int, ...]) -> MPIMembers:
        """Return some ranks, this one among them, as a job within the job.

        Collective over these ranks on first use.
        """
        if ranks not in self._members:
            comm: Any = self._comm
            comm = comm.Create_group(comm.Get_group().Incl(list(ranks)), tag=_TAG)
            self._members[ranks] = MPIMembers(comm, share=not self.survives_losses)
        return self._members[ranks]

    def forget(self, ranks: tuple[int, ...]) -> None:
        """Make a new job of these ranks when they are wanted next: the old one is out of step."""
        if ranks in self._members:
            self._forgotten.append(self._members.pop(ranks))

    def agree(self, well: bool) -> bool:
        """Return whether all is well with every rank and none has died; the same on all."""
        try:
            return bool(self._comm.Agree(int(well)) & 1)
        except MPI.Exception as error:
            if error.Get_error_class() in _LOST:
                return False
            raise

    def shrink(self) -> MPICommunicator:
        """Return a communicator of the ranks that live, in their old order."""
        self._comm.Ack_failed()
        return MPICommunicator(self._comm.Shrink())

    @property
    def cells(self) -> MPICells:
        """Integers that all ranks share; collective on first use."""
        if self._cells is None:
            self._cells = MPICells(self._comm)
        return self._cells

    def close(self) -> None:
        """Give back what MPI holds; collective, at the end of the job."""
        for members in self._members.values():
            members.close()
        if self._cells is not None:
            self._cells.close()
            self._comm.Free()

    def abort(self, code: int) -> None:
        """End the processes of all ranks now."""
        self._comm.Abort(code)

    @property
    def is_over(self) -> bool:
        """Whether MPI has been shut down, so that no message can be sent any more."""
        return bool(MPI.Is_finalized())


class MPICells:
    """Cells in a window of one-sided communication, at the first rank of each group.

    On one host the processor's atomic instructions serve them. Over a network without such, the
    owner serves them whenever it calls MPI, which a rank does at least after each of its pieces.
    """

    def __init__(self, comm: Any) -> None:
        rank: int = comm.Get_rank()
        mine = NUM_CELLS if owner_of(rank, comm.Get_size()) == rank else 0
        self._window = MPI.Win.Allocate(8 * mine, 8, comm=comm)
        if mine:
            memory: Any = self._window.tomemory()
            np.frombuffer(memory, dtype=np.int64)[:] = 0
        self._amount = np.zeros(1, dtype=np.int64)
        self._before = np.zeros(1, dtype=np.int64)
        comm.Barrier()
        self._window.Lock_all()

    def fetch_add(self, owner: int, cell: int, amount: int) -> int:
        """Add to a cell of a rank, and return what was there before."""
        self._amount[0] = amount
        return self._exchange(owner, cell, MPI.SUM)

    def put(self, owner: int, cell: int, value: int) -> None:
        """Set a cell of a rank; it is seen by all when this returns."""
        self._amount[0] = value
        self._exchange(owner, cell, MPI.REPLACE)

    def close(self) -> None:
        """Give the window back; collective."""
        self._window.Unlock_all()
        self._window.Free()

    def _exchange(self, owner: int, cell: int, operation: MPI.Op) -> int:
        self._window.Fetch_and_op(self._amount, self._before, owner, cell, operation)
        self._window.Flush(owner)
        return int(self._before[0])


class MPITransfer:
    """Messages of arrays that are under way; keeps their buffers."""

    def __init__(self, requests: list[MPI.Request], buffers: list[Any]) -> None:
        self._requests = requests
        self._buffers = buffers

    def is_done(self) -> bool:
        """Return whether all have arrived."""
        try:
            return bool(MPI.Request.Testall(self._requests))
        except MPI.Exception as error:
            if error.Get_error_class() in _LOST:
                raise RanksLost from None
            raise


class MPIMembers:
    """Some ranks of the job, who move arrays among themselves.

    Args:
        comm: their communicator.
        share: whether they may share memory, where all of them are on one host.
    """

    def __init__(self, comm: Any, *, share: bool) -> None:
        self.comm = comm
        self.rank: int = comm.Get_rank()
        self.size: int = comm.Get_size()
        self._windows: list[MPI.Win] = []
        self.on_one_host = False
        if share:
            near = comm.Split_type(MPI.COMM_TYPE_SHARED)
            self.on_one_host = near.Get_size() == self.size
            near.Free()

    @_noticing_losses
    def least(self, number: int) -> int:
        """Return the least of all members' numbers; all see what any has written before."""
        return int(self._reduce(np.array([number], dtype=np.int64), MPI.MIN)[0])

    @_noticing_losses
    def total(self, numbers: Any) -> Any:
        """Return the element-wise sum of all members' arrays."""
        return self._reduce(np.ascontiguousarray(numbers), MPI.SUM)

    def _reduce(self, mine: Any, operation: MPI.Op) -> Any:
        for window in self._windows:
            window.Sync()
        result = np.empty_like(mine)
        _wait(self.comm.Iallreduce(mine, result, operation))
        for window in self._windows:
            window.Sync()
        return result

    @_noticing_losses
    def start(self, sends: Sequence[tuple[int, Any]], receives: Sequence[tuple[int, Any]]) -> Any:
        """Send arrays, each at most 2 GiB, to members and receive others, without waiting."""
        requests = [
            self.comm.Irecv(_as_bytes(array), source=source, tag=_TAG) for source, array in receives
        ]
        requests += [self.comm.Isend(_as_bytes(array), dest=to, tag=_TAG) for to, array in sends]
        return MPITransfer(requests, [*sends, *receives])

    @_noticing_losses
    def warn(self) -> None:
        """Tell the other members that this one has failed."""
        for member in range(self.size):
            if member != self.rank:
                self.comm.Isend([b"", MPI.BYTE], dest=member, tag=_WARNING_TAG)

    @_noticing_losses
    def is_warned(self) -> bool:
        """Return whether another member has failed."""
        return bool(self.comm.Iprobe(source=MPI.ANY_SOURCE, tag=_WARNING_TAG))

    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Return when a condition, which other members bring about, holds."""
        _waiting.until(is_true)

    def shared_memory(self, num_bytes: int) -> list[Any]:
        """Return memory for each member that all of them can reach, as bytes; collective."""
        window = MPI.Win.Allocate_shared(num_bytes, 1, comm=self.comm)
        window.Lock_all(MPI.MODE_NOCHECK)
        self._windows.append(window)
        views: list[Any] = [window.Shared_query(member)[0] for member in range(self.size)]
        return [np.frombuffer(view, dtype=np.uint8) for view in views]

    def give_back(self) -> None:
        """Give shared memory back; collective."""
        for window in self._windows:
            window.Unlock_all()
            window.Free()
        self._windows.clear()

    def close(self) -> None:
        """Give back what MPI holds; collective."""
        self.give_back()
        self.comm.Free()


def _as_bytes(array: Any) -> list[Any]:
    return [array.view(np.uint8), MPI.BYTE]


def library() -> str:
    """Return the name and version of the MPI library, one line."""
    return str(MPI.Get_library_version()).strip().splitlines()[0].rstrip("\x00")


def _wait(request: MPI.Request) -> None:
    _waiting.until(request.Test)


class _Waiting:
    """How this process waits for others: it polls fast at first, then sleeps between polls."""

    def __init__(self) -> None:
        self.spin_seconds = _SPIN_SECONDS

    def until(self, is_done: Callable[[], bool]) -> None:
        """Return when ``is_done`` does."""
        start = time.perf_counter()
        while not is_done():
            waited = time.perf_counter() - start
            if waited < self.spin_seconds:
                os.sched_yield()
            else:
                time.sleep(min(_LATENESS * waited, _LONGEST_SLEEP))


_waiting = _Waiting()
"""MPI is started once in a process, and so are its ways."""

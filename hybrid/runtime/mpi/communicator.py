"""The communicator over MPI."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from hybrid.runtime.mpi.cells import MPICells
from hybrid.runtime.mpi.library import LOST, MPI, SURVIVES_LOSSES, noticing_losses
from hybrid.runtime.mpi.meeting import NOTE_SECONDS, Attendance
from hybrid.runtime.mpi.members import MPIMembers
from hybrid.runtime.mpi.patience import OWN_CORE_SPIN_SECONDS, Patience
from hybrid.runtime.mpi.start import saying_who_waits

_INLINE = 8192
"""Broadcasts up to this many bytes use one message."""
_HEADER = 8
_TAG = 7
_TOLD = 8
"""Tags of point-to-point messages, and of :meth:`MPICommunicator.tell`."""


class MPICommunicator:
    """Byte messages over a duplicate of MPI.COMM_WORLD.

    MPI libraries busy-wait, which takes cores from ranks with work. Waits here poll, and sleep
    between polls after a while, so that idle ranks free their cores.

    Under ``mpiexec --with-ft ulfm`` of Open MPI, every call raises RanksLost after the death of a
    rank, and the survivors continue with :meth:`shrink`.
    """

    survives_losses: bool = SURVIVES_LOSSES

    def __init__(self, comm: MPI.Comm | None = None) -> None:
        with saying_who_waits():
            self._comm = MPI.COMM_WORLD.Dup() if comm is None else comm
        self.rank: int = self._comm.Get_rank()
        self.size: int = self._comm.Get_size()
        self._posted: list[tuple[MPI.Request, bytes]] = []
        self._cells: MPICells | None = None
        self._told = np.zeros(self.size, dtype=np.int32)
        self._heard = 0
        self._early: dict[int, bytes] = {}
        self._patience = Patience()
        self._attendance = Attendance(self._comm)
        self._members: dict[tuple[int, ...], MPIMembers] = {}
        self._forgotten: list[MPIMembers] = []

    @noticing_losses
    def broadcast(self, message: bytes | None) -> bytes:
        """Return rank 0's message on every rank; the others pass None."""
        envelope = np.zeros(_HEADER + _INLINE, dtype=np.uint8)
        if message is not None:
            envelope[:_HEADER] = np.frombuffer(len(message).to_bytes(_HEADER, "little"), np.uint8)
            if len(message) <= _INLINE:
                envelope[_HEADER : _HEADER + len(message)] = np.frombuffer(message, np.uint8)
        self._wait(self._comm.Ibcast(envelope, root=0))
        length = int.from_bytes(envelope[:_HEADER].tobytes(), "little")
        if length <= _INLINE:
            return envelope[_HEADER : _HEADER + length].tobytes()
        rest = np.empty(length, dtype=np.uint8) if message is None else np.frombuffer(message, "u1")
        self._wait(self._comm.Ibcast(rest, root=0))
        return rest.tobytes()

    @noticing_losses
    def all_gather(self, message: bytes, call: str = "") -> list[bytes]:
        """Return the messages of all ranks, in rank order, on every rank; report long waits."""
        lengths = np.empty(self.size, dtype=np.int64)
        mine = np.array([len(message)], dtype=np.int64)
        request = self._comm.Iallgather(mine, lengths)
        if call:
            self._patience.until(request.Test, NOTE_SECONDS, self._attendance.begin(call))
        else:
            self._patience.until(request.Test)
        ends = np.cumsum(lengths)
        gathered = np.empty(int(ends[-1]), dtype=np.uint8)
        parts = [gathered, lengths.tolist(), (ends - lengths).tolist(), MPI.BYTE]
        self._wait(self._comm.Iallgatherv(np.frombuffer(message, np.uint8), parts))
        return [
            gathered[end - length : end].tobytes()
            for end, length in zip(ends, lengths, strict=True)
        ]

    @noticing_losses
    def tell(self, message: bytes, ranks: Sequence[int]) -> None:
        """Send from rank 0 to some ranks, which call :meth:`hear`; involves no other rank.

        Uses a binomial tree over these ranks. The header lists them, with the sequence number of
        the message for each.
        """
        told = np.array(sorted(ranks), dtype=np.int32)
        self._told[told] += 1
        head = (len(told).to_bytes(_HEADER, "little"), told.tobytes(), self._told[told].tobytes())
        self._pass_on(np.frombuffer(b"".join((*head, message)), np.uint8), told)

    @noticing_losses
    def hear(self) -> bytes:
        """Return the next message of :meth:`tell`, after forwarding it down the tree.

        Different trees reach this rank through different ranks, so messages may arrive out of
        order.
        """
        self._heard += 1
        while self._heard not in self._early:
            status = MPI.Status()
            self._patience.until(partial(self._comm.Iprobe, MPI.ANY_SOURCE, _TOLD, status))
            envelope = np.empty(status.Get_count(MPI.BYTE), dtype=np.uint8)
            self._comm.Recv([envelope, MPI.BYTE], status.Get_source(), _TOLD)
            end = _HEADER + 8 * int.from_bytes(envelope[:_HEADER].tobytes(), "little")
            told, numbers = envelope[_HEADER:end].view(np.int32).reshape(2, -1)
            self._pass_on(envelope, told)
            number = int(numbers[np.searchsorted(told, self.rank)])
            self._early[number] = envelope[end:].tobytes()
        return self._early.pop(self._heard)

    def _pass_on(self, envelope: Any, told: Any) -> None:
        """Forward to this rank's children: for place p, the places p + 2^k with 2^k > p."""
        place = 0 if self.rank == 0 else 1 + int(np.searchsorted(told, self.rank))
        step = 1 << place.bit_length()
        sends = []
        while place + step <= len(told):
            child = int(told[place + step - 1])
            sends.append(self._comm.Isend([envelope, MPI.BYTE], child, _TOLD))
            step *= 2
        if sends:
            self._patience.until(lambda: MPI.Request.Testall(sends))

    @noticing_losses
    def send(self, message: bytes, to: int) -> None:
        """Send to another rank, which calls :meth:`receive`."""
        self._wait(
            self._comm.Isend([np.frombuffer(message, np.uint8), MPI.BYTE], dest=to, tag=_TAG)
        )

    @noticing_losses
    def post(self, message: bytes, to: int) -> None:
        """Send to another rank without waiting for delivery."""
        self._posted = [sent for sent in self._posted if not sent[0].Test()]
        buffer = [np.frombuffer(message, np.uint8), MPI.BYTE]
        self._posted.append((self._comm.Isend(buffer, dest=to, tag=_TAG), message))

    @noticing_losses
    def has_message(self, source: int) -> bool:
        """Return whether a message of another rank has arrived."""
        return bool(self._comm.Iprobe(source=source, tag=_TAG))

    @noticing_losses
    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Wait until a condition holds that other ranks fulfil."""
        self._patience.until(is_true)

    @noticing_losses
    def receive(self, source: int) -> bytes:
        """Return the next message of another rank."""
        status = MPI.Status()
        self._patience.until(lambda: self._comm.Iprobe(source=source, tag=_TAG, status=status))
        message = np.empty(status.Get_count(MPI.BYTE), dtype=np.uint8)
        self._comm.Recv([message, MPI.BYTE], source=source, tag=_TAG)
        return message.tobytes()

    def name_hosts(self, hosts: Sequence[str]) -> None:
        """Set the host name of each rank, for error messages."""
        self._attendance.hosts = tuple(hosts)

    def spin_longer(self) -> None:
        """Busy-wait longer from now on, because no other rank needs this rank's core."""
        self._patience.spin_seconds = OWN_CORE_SPIN_SECONDS

    def revoke(self) -> None:
        """Make every call on every rank raise RanksLost, so that all ranks reach :meth:`agree`."""
        for comm in (self._comm, *(members.comm for members in self._members.values())):
            if not comm.Is_revoked():
                comm.Revoke()

    def members(self, ranks: tuple[int, ...]) -> MPIMembers:
        """Return a subset of the ranks that includes this one.

        Collective over these ranks on first use.
        """
        if ranks not in self._members:
            comm: Any = self._comm
            comm = comm.Create_group(comm.Get_group().Incl(list(ranks)), tag=_TAG)
            share = not self.survives_losses
            self._members[ranks] = MPIMembers(comm, self._patience, share=share)
        return self._members[ranks]

    def forget(self, ranks: tuple[int, ...]) -> None:
        """Discard the subset of these ranks, whose messages are out of step after a failure."""
        if ranks in self._members:
            self._forgotten.append(self._members.pop(ranks))

    def agree(self, well: bool) -> bool:
        """Return whether ``well`` is true on every rank and none has died; the same on all."""
        try:
            return bool(self._comm.Agree(int(well)) & 1)
        except MPI.Exception as error:
            if error.Get_error_class() in LOST:
                return False
            raise

    def shrink(self) -> MPICommunicator:
        """Return a communicator of the surviving ranks, in the same order."""
        self._comm.Ack_failed()
        return MPICommunicator(self._comm.Shrink())

    @property
    def cells(self) -> MPICells:
        """Shared integers; collective on first use."""
        if self._cells is None:
            self._cells = MPICells(self._comm)
        return self._cells

    def close(self) -> None:
        """Free all MPI resources; collective, at the end of the job."""
        for members in self._members.values():
            members.close()
        if self._cells is not None:
            self._cells.close()
            self._comm.Free()

    def abort(self, code: int) -> None:
        """Terminate all ranks immediately."""
        self._comm.Abort(code)

    @property
    def is_over(self) -> bool:
        """Whether MPI has been finalised, so that messages can no longer be sent."""
        return bool(MPI.Is_finalized())

    def _wait(self, request: MPI.Request) -> None:
        self._patience.until(request.Test)

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
"""Broadcasts up to this many bytes travel in one message."""
_HEADER = 8
_TAG = 7
_TOLD = 8
"""Tags of messages from one rank to another, and of what rank 0 tells."""


class MPICommunicator:
    """Messages of bytes over a duplicate of MPI.COMM_WORLD.

    MPI libraries wait by spinning, which takes the processor from whoever has work. Waits here
    poll, and sleep between polls when they last, so idle ranks leave their cores to the others.

    Where Open MPI was started with ``mpiexec --with-ft ulfm``, the death of a rank is raised as
    RanksLost in every call, and the survivors go on with :meth:`shrink`.
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
        """Return on every rank what rank 0 gave; the others give None."""
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
        """Return on every rank what each rank gave, in rank order; say if that takes long."""
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
        """Send from rank 0 to others, each of which calls :meth:`hear`; nobody else is bothered.

        Down a binomial tree over these ranks, who pass the message on: its head names them, and the
        number that it has among the messages to each.
        """
        told = np.array(sorted(ranks), dtype=np.int32)
        self._told[told] += 1
        head = (len(told).to_bytes(_HEADER, "little"), told.tobytes(), self._told[told].tobytes())
        self._pass_on(np.frombuffer(b"".join((*head, message)), np.uint8), told)

    @noticing_losses
    def hear(self) -> bytes:
        """Return what rank 0 tells this rank next, passed on to those below in the tree.

        Trees over other ranks lead here over other ranks, so a message may overtake one before it.
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
        """Send on to this rank's children: of place p those at p + 2^k with 2^k > p."""
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
        """Send to another rank without waiting until it has arrived."""
        self._posted = [sent for sent in self._posted if not sent[0].Test()]
        buffer = [np.frombuffer(message, np.uint8), MPI.BYTE]
        self._posted.append((self._comm.Isend(buffer, dest=to, tag=_TAG), message))

    @noticing_losses
    def has_message(self, source: int) -> bool:
        """Return whether a message of another rank has come."""
        return bool(self._comm.Iprobe(source=source, tag=_TAG))

    @noticing_losses
    def wait_until(self, is_true: Callable[[], bool]) -> None:
        """Return when a condition, which other ranks bring about, holds."""
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
        """Learn the machine of each rank, for messages."""
        self._attendance.hosts = tuple(hosts)

    def spin_longer(self) -> None:
        """Wait at full speed for longer from now on: no other rank needs this rank's core."""
        self._patience.spin_seconds = OWN_CORE_SPIN_SECONDS

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
            share = not self.survives_losses
            self._members[ranks] = MPIMembers(comm, self._patience, share=share)
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
            if error.Get_error_class() in LOST:
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

    def _wait(self, request: MPI.Request) -> None:
        self._patience.until(request.Test)

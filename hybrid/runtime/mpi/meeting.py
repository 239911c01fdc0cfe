"""Report the ranks that are missing from a collective call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from hybrid.core.notices import notify
from hybrid.runtime.communicator import SCRIPT_END, host_name
from hybrid.runtime.mpi.library import MPI
from hybrid.runtime.protocol import Waiting, decode, encode
from hybrid.runtime.watchdog import patience

NOTE_SECONDS = 0.3
"""After this wait a rank notifies the ranks that may have to report it."""
_TAG = 11
_EVERYBODY = 64
"""In jobs of more ranks than this, only ``_FEW`` ranks are notified and report."""
_FEW = 8
_LONGER = 6.0
"""Factor on the patience at the end of the script, where other ranks may still compute."""


class Attendance:
    """Tracks which ranks have arrived at a collective call.

    The lowest rank that waits for long reports the missing ranks, once per call.

    Args:
        comm: communicator of the job.

    Attributes:
        hosts: host name of each rank, once known.
    """

    def __init__(self, comm: Any) -> None:
        self._comm = comm
        self._rank: int = comm.Get_rank()
        self._size: int = comm.Get_size()
        self._number = 0
        self._call = self._last_call = ""
        self._notes: dict[int, int] = {}
        self._sent: list[tuple[Any, Any]] = []
        self._has_noted = self._has_reported = False
        self.hosts: tuple[str, ...] = ()

    def begin(self, call: str) -> Callable[[float], None]:
        """Begin a collective call; return a callback for the seconds waited so far."""
        self._number += 1
        self._last_call, self._call = self._call, call
        self._has_noted = self._has_reported = False
        return self._waiting

    def _waiting(self, seconds: float) -> None:
        if not self._has_noted:
            self._has_noted = True
            self._note()
        bound = patience() * (_LONGER if self._call == SCRIPT_END else 1.0)
        if seconds > bound and not self._has_reported and self._rank in self._audience:
            self._has_reported = True
            self._hear()
            waiting = {rank for rank, number in self._notes.items() if number == self._number}
            if all(rank > self._rank for rank in waiting):
                self._report(seconds, waiting | {self._rank})

    @property
    def _audience(self) -> range:
        return range(self._size if self._size <= _EVERYBODY else _FEW)

    def _note(self) -> None:
        self._sent = [(request, note) for request, note in self._sent if not request.Test()]
        note = np.frombuffer(encode(Waiting(self._number)), np.uint8)
        for rank in self._audience:
            if rank != self._rank:
                self._sent.append((self._comm.Isend([note, MPI.BYTE], rank, _TAG), note))

    def _hear(self) -> None:
        status = MPI.Status()
        while self._comm.Iprobe(MPI.ANY_SOURCE, _TAG, status):
            note = np.empty(status.Get_count(MPI.BYTE), dtype=np.uint8)
            self._comm.Recv([note, MPI.BYTE], status.Get_source(), _TAG)
            message = decode(note.tobytes())
            if isinstance(message, Waiting):
                self._notes[status.Get_source()] = message.number

    def _report(self, seconds: float, waiting: set[int]) -> None:
        missing = [rank for rank in range(self._size) if rank not in waiting]
        if not missing:
            return
        s = "s" if len(missing) > 1 else ""
        names = ", ".join(map(self._name, missing[:8])) + (", ..." if len(missing) > 8 else "")
        last = f"; the ranks last met in: {self._last_call}" if self._last_call else ""
        if self._call == SCRIPT_END:
            text = f"has ended its script and waits, for {seconds:.0f} s now, for rank{s} {names}"
        else:
            text = f"has waited {seconds:.0f} s in {self._call} for rank{s} {names}"
        notify(
            f"hybrid: rank {self._name(self._rank)} {text}{last}. An awaited rank does other "
            "work, waits in another MPI call, or is stopped"
        )

    def _name(self, rank: int) -> str:
        if rank == self._rank:
            return f"{rank} on {host_name()}"
        return f"{rank} on {self.hosts[rank]}" if self.hosts else str(rank)

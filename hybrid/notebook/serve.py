"""The program of each rank: make the calls of a notebook, all ranks together.

``mpiexec -n 4 python -m hybrid.notebook.serve SOCKET HOST``. Rank 0 receives a call over the socket
and broadcasts it; every rank makes it; rank 0 sends the result back. On the notebook's host every
rank is connected: it sleeps until the notebook wakes it, and ends when the notebook does.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from qiskit import QuantumCircuit

import hybrid
from hybrid.collective.call import checked_together
from hybrid.core.content import fix_digests
from hybrid.core.errors import InputError
from hybrid.core.notices import notify
from hybrid.loop.result import Progress, Result, RunDescription
from hybrid.notebook import circuits
from hybrid.notebook.calls import function_of
from hybrid.notebook.channel import Channel, ClosedError, connect
from hybrid.notebook.kept import Kept
from hybrid.notebook.reading import Reader
from hybrid.notebook.writing import Writer
from hybrid.runtime import World, is_collective, join_if_launched, world
from hybrid.runtime.communicator import host_name
from hybrid.runtime.failure import FAILURES, describe
from hybrid.runtime.messages import pack, unpack
from hybrid.runtime.protocol import encode

_GRACE = 1.5
"""Seconds between the end of the notebook and the end of a rank that still computes."""
_BETWEEN = 0.1
"""Seconds between two reports of progress that is only shown."""


def main() -> None:
    """Serve the notebook whose socket and host are the arguments of this process."""
    path, host = sys.argv[1:3]
    signal.signal(signal.SIGINT, lambda number, frame: None)  # a run that stops on it has its own
    join_if_launched()
    job = world()
    if job.rank_hosts[0] != host:
        if job.rank == 0:
            notify(f"rank 0 is on {host_name()}, the notebook on {host}: start both on one host")
        sys.exit(2)
    link = connect(path) if host_name() == host else None
    if link is not None:
        threading.Thread(target=_end_with, args=(link,), name="watch", daemon=True).start()
        link.send(_hello(job))
    Service(job, link).serve()


def _hello(job: World) -> dict[str, Any]:
    return {
        "rank": job.rank,
        "size": job.size,
        "process": os.getpid(),
        "hosts": list(job.rank_hosts),
        "version": hybrid.__version__,
    }


def _end_with(link: Channel) -> None:
    """End this process when the notebook has ended, whatever it is doing."""
    link.await_close()
    time.sleep(_GRACE)
    os.kill(os.getpid(), signal.SIGKILL)


class Service:
    """Makes calls until the notebook ends, or says so.

    Args:
        job: the ranks.
        link: the notebook; None on another host.
    """

    def __init__(self, job: World, link: Channel | None) -> None:
        self._job = job
        self._link = link
        self._kept = Kept[QuantumCircuit]()

    def serve(self) -> None:
        """Receive and answer calls."""
        while request := self._next():
            name, arguments, keys, blobs, watching = unpack(request)
            reply = self._made(name, arguments, keys, blobs, watching)
            if self._job.rank == 0:
                self._send(reply)

    def _next(self) -> bytes:
        """Return the next call on every rank, or nothing at the end."""
        request: bytes | None = None
        if self._job.rank == 0:
            assert self._link is not None
            try:
                request = self._link.receive_packed() or b""
            except ClosedError:
                request = b""
            if request == _END:
                request = b""
        elif self._link is not None:
            self._link.sleep()
        return self._job.communicator.broadcast(request)

    def _made(
        self,
        name: str,
        arguments: Mapping[str, Any],
        keys: Sequence[str],
        blobs: dict[str, bytes],
        watching: str,
    ) -> list[Any]:
        """Make a call on all ranks; return the reply."""

        def read() -> dict[str, Any]:
            new = {key: circuits.read(blob) for key, blob in blobs.items()}
            reader = Reader(self._kept.use(keys, new))
            if new:
                fix_digests(self._kept.values())
            return {each: reader.read(value) for each, value in arguments.items()}

        try:
            # Reading what the ranks have not seen may fail on one of them.
            is_new = bool(blobs) or name == "minimize"
            given = checked_together(f"{name}()", read) if is_new else read()
            if name == "minimize" and self._link is not None and self._job.rank == 0:
                given["observer"] = Relay(self._link, watching)
            found = function_of(name)(**given)
            return ["result", Writer().write(found, "the result") if self._job.rank == 0 else None]
        except FAILURES as error:
            if self._job.size > 1 and not is_collective(error):
                raise  # the other ranks do not know of it; the job ends
            return ["failure", encode(describe(error, self._job.rank, name))]

    def _send(self, reply: list[Any]) -> None:
        assert self._link is not None
        try:
            packed = pack(reply)
        except ValueError as error:
            large = InputError(
                "the result",
                got=f"data that no message holds ({error})",
                expected="arrays of less than 4 GiB each",
                advice="ask for less, or write a script and start it with mpiexec",
            )
            packed = pack(["failure", encode(describe(large, self._job.rank))])
        with suppress(ClosedError):  # the next receive ends the service
            self._link.send_packed(packed)


class Relay:
    """An observer on rank 0 that reports to the notebook.

    Args:
        link: the notebook.
        watching: "ask" to wait for the notebook's observers after each report, "show" to report
            now and then, or "no".
    """

    def __init__(self, link: Channel, watching: str) -> None:
        self._link = link
        self._watching = watching
        self._last = 0.0

    def started(self, description: RunDescription) -> None:
        """Report the description of the run."""
        self._report("started", description)

    def progressed(self, progress: Progress) -> str | None:
        """Report the progress; return the notebook's reason to stop, or None."""
        now = time.monotonic()
        if self._watching == "show" and now - self._last < _BETWEEN:
            return None
        self._last = now
        return self._report("progress", progress)

    def finished(self, result: Result) -> None:
        """Do nothing: the result is the reply."""

    def _report(self, kind: str, report: Any) -> str | None:
        if self._watching == "no":
            return None
        self._link.send([kind, Writer().write(report, kind)])
        if self._watching != "ask":
            return None
        answer, reason = self._link.receive()
        if answer == "failed":
            raise RuntimeError("an observer failed in the notebook")
        return None if reason is None else str(reason)


_END = b"\xc0"
"""The message None, which asks the ranks to end."""

if __name__ == "__main__":
    main()

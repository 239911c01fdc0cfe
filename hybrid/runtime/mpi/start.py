"""Start MPI; report a rank that waits long for the others to start."""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hybrid.core import launcher
from hybrid.core.notices import notify
from hybrid.runtime.communicator import host_name
from hybrid.runtime.watchdog import patience


def start(mpi: Any, *, finalize: bool) -> None:
    """Start MPI, unless it is running.

    A rank that waits for long reports it. If another rank of this host has ended without starting
    MPI, this process exits with code 1.

    Args:
        mpi: the module ``mpi4py.MPI``.
        finalize: whether to finalise MPI at exit.
    """
    if mpi.Is_initialized():
        return
    with saying_who_waits():
        _initialize(mpi)
    if finalize:
        atexit.register(_finalize, mpi, os.getpid())


@contextmanager
def saying_who_waits() -> Iterator[None]:
    """Report if this context, in which the ranks join the job, takes long."""
    timer = threading.Timer(patience(), _report)
    timer.daemon = True
    if launcher.launched_processes() > 1:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _finalize(mpi: Any, process: int) -> None:
    """Finalise MPI in the process that started it, not in a forked child."""
    if os.getpid() == process and not mpi.Is_finalized():
        mpi.Finalize()


def _initialize(mpi: Any) -> None:
    """Call MPI_Init_thread without holding the GIL, unlike mpi4py."""
    provided = ctypes.c_int()
    try:
        function = ctypes.CDLL(mpi.__file__).MPI_Init_thread
    except (OSError, AttributeError):
        mpi.Init_thread(mpi.THREAD_MULTIPLE)
        return
    function.restype = ctypes.c_int
    if function(None, None, ctypes.c_int(mpi.THREAD_MULTIPLE), ctypes.byref(provided)) != 0:
        raise RuntimeError("MPI_Init_thread failed")


def _report() -> None:
    """Report that this rank waits; exit if it would wait forever."""
    rank = launcher.launched_rank()
    ended = launcher.ended_ranks()
    who = f"rank {rank} of {launcher.launched_processes()} on {host_name()}"
    if ended:
        s = "s" if len(ended) > 1 else ""
        names = ", ".join(map(str, sorted(ended)[:8])) + (", ..." if len(ended) > 8 else "")
        notify(
            f"hybrid: {who} waits to join the job, but rank{s} {names} ended before that: every "
            "rank must import hybrid. The job is ended"
        )
        os._exit(1)
    notify(
        f"hybrid: {who} has waited {patience():.0f} s to join the job: not every rank has "
        "imported hybrid yet; one does other work, waits in another MPI call, or is stopped"
    )

"""Starting MPI, which waits for all ranks of the job: who waits says so."""

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
    """Start MPI, unless it has been started.

    A rank that waits for long says so. Where another rank of this host has ended, and so will never
    start MPI, this process ends too, with exit code 1.

    Args:
        mpi: the module ``mpi4py.MPI``.
        finalize: whether MPI is shut down at the end of the process.
    """
    if mpi.Is_initialized():
        return
    with saying_who_waits():
        _initialize(mpi)
    if finalize:
        atexit.register(_finalize, mpi, os.getpid())


@contextmanager
def saying_who_waits() -> Iterator[None]:
    """Say so if this rank waits for long, within this context, for the others to join the job."""
    timer = threading.Timer(patience(), _report)
    timer.daemon = True
    if launcher.launched_processes() > 1:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _finalize(mpi: Any, process: int) -> None:
    """Shut MPI down in the process that started it; a forked child only inherits it."""
    if os.getpid() == process and not mpi.Is_finalized():
        mpi.Finalize()


def _initialize(mpi: Any) -> None:
    """Call MPI_Init_thread such that other threads run meanwhile, which mpi4py does not."""
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
    """Say that this rank waits; end it if it would wait for ever."""
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
        "imported hybrid yet; one is at other work, waits in an MPI call of its own, or is stopped"
    )

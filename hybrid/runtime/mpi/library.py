"""Load and start the MPI library; the only module that imports mpi4py."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import mpi4py

from hybrid.runtime.communicator import RanksLost

# UCX, under MPICH, sometimes warns at exit that its own window has not freed memory.
os.environ.setdefault("UCX_LOG_LEVEL", "error")

SURVIVES_LOSSES = os.environ.get("OMPI_MCA_mpi_ft_enable") == "1"  # noqa: SIM112, its name
"""Whether the death of a rank raises an error on the others (ULFM)."""
# ``start`` initialises and finalises, because mpi4py would finalise in forked children too.
mpi4py.rc.initialize = mpi4py.rc.finalize = False

from mpi4py import MPI  # noqa: E402

from hybrid.runtime.mpi.start import start  # noqa: E402

# MPI_Finalize may wait forever for ranks that have died.
start(MPI, finalize=not SURVIVES_LOSSES)

__all__ = ["LOST", "MPI", "SURVIVES_LOSSES", "library", "noticing_losses"]

LOST = (MPI.ERR_PROC_FAILED, MPI.ERR_PROC_FAILED_PENDING, MPI.ERR_REVOKED)
"""MPI error classes for dead ranks."""

F = TypeVar("F", bound=Callable[..., Any])


def noticing_losses(method: F) -> F:
    """Make a method raise RanksLost if MPI reports that ranks have died."""

    @wraps(method)
    def noticing(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except MPI.Exception as error:
            if error.Get_error_class() in LOST:
                raise RanksLost from None
            raise

    return noticing  # type: ignore[return-value]


def library() -> str:
    """Return the name and version of the MPI library, one line."""
    return str(MPI.Get_library_version()).strip().splitlines()[0].rstrip("\x00")

"""What the environment tells of a launcher (mpiexec, srun) that started this process."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path

_PRESENT = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "MPI_LOCALNRANKS")
"""Set by the launchers of MPI libraries for the processes that they start."""
_COUNTS = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")
_SLURM_STEP, _SLURM_COUNT = "SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS"
"""Set by srun; a batch script, which is one process, has no step of its own."""
_SWITCH = "HYBRID_MPI"
_RANK_PROCESS = "HYBRID_RANK_PROCESS"
"""Set by a rank for its children: its process number."""
_LAUNCHERS = ("mpiexec", "mpirun", "hydra", "prte", "prun", "orte", "orted", "srun", "slurmstepd")
"""How the names of launchers' processes begin."""


def is_launched() -> bool:
    """Return whether the launcher of an MPI library started this process as a rank of a job.

    Not so for children of a rank, which inherit its environment, and with ``HYBRID_MPI=off``.

    Example:
        >>> is_launched()
        False
    """
    wanted = os.environ.get(_SWITCH, "").lower() not in ("off", "0", "no")
    return wanted and any(name in os.environ for name in _PRESENT) and not is_child_of_rank()


def uses_mpi() -> bool:
    """Return whether this process may start MPI."""
    return os.environ.get(_SWITCH, "").lower() not in ("off", "0", "no") and not is_child_of_rank()


def launched_processes() -> int:
    """Return how many processes the launcher started together, as far as it says; else 1."""
    told = [os.environ.get(name, "") for name in _COUNTS]
    if os.environ.get(_SLURM_STEP, "").isdecimal():
        told.append(os.environ.get(_SLURM_COUNT, ""))
    return max((int(count) for count in told if count.isdecimal()), default=1)


def mark_children() -> None:
    """Let processes that this one starts know that they are children of a rank, not ranks."""
    os.environ[_RANK_PROCESS] = str(os.getpid())


def is_child_of_rank() -> bool:
    """Return whether a rank started this process, by multiprocessing or otherwise.

    A launcher that a rank started makes ranks again.
    """
    rank = os.environ.get(_RANK_PROCESS, "")
    if not rank.isdecimal() or int(rank) == os.getpid():
        return False
    if multiprocessing.parent_process() is not None:
        return True
    for name, process in _ancestors():
        if process == int(rank):
            return True
        if name.startswith(_LAUNCHERS):
            return False
    return True


def _ancestors() -> Iterator[tuple[str, int]]:
    """Yield names and numbers of the processes above this one, nearest first."""
    process = os.getppid()
    while process > 1:
        yield _status(process, "Name"), process
        above = _status(process, "PPid")
        process = int(above) if above.isdecimal() else 0


def _status(process: int, field: str) -> str:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), "")

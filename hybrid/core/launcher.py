"""Detecting the launcher (mpiexec, srun) of this process from its environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_PRESENT = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "MPI_LOCALNRANKS")
"""Set by MPI launchers for the processes they start."""
_COUNTS = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE")
_RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")
_SLURM_STEP, _SLURM_COUNT = "SLURM_STEP_ID", "SLURM_STEP_NUM_TASKS"
"""Set by srun; a batch script is a single process, outside any step."""
_SWITCH = "HYBRID_MPI"
_RANK_PROCESS = "HYBRID_RANK_PROCESS"
"""Set by a rank for its children, to its process id."""
_LAUNCHERS = ("mpiexec", "mpirun", "hydra", "prte", "prun", "orte", "orted", "srun", "slurmstepd")
"""Prefixes of the names of launcher processes."""


def is_launched() -> bool:
    """Return whether an MPI launcher started this process as a rank of a job.

    False for children of a rank, which inherit its environment, and with ``HYBRID_MPI=off``.

    Example:
        >>> is_launched() in (True, False)
        True
    """
    return any(name in os.environ for name in _PRESENT) and uses_mpi()


def uses_mpi() -> bool:
    """Return whether this process may start MPI."""
    return not is_switched_off() and not is_child_of_rank()


def is_switched_off() -> bool:
    """Return whether ``HYBRID_MPI=off`` makes every process a job of its own."""
    return os.environ.get(_SWITCH, "").lower() in ("off", "0", "no")


def launched_processes() -> int:
    """Return the number of processes the launcher started, or 1 if it does not say."""
    told = [os.environ.get(name, "") for name in _COUNTS]
    if os.environ.get(_SLURM_STEP, "").isdecimal():
        told.append(os.environ.get(_SLURM_COUNT, ""))
    return max((int(count) for count in told if count.isdecimal()), default=1)


def launched_rank() -> int | None:
    """Return the rank of this process as set by the launcher, or None."""
    return _rank_in(os.environ)


def ended_ranks() -> set[int]:
    """Return the ranks of this job that have ended, if all were started on this host.

    Read from ``/proc``; empty on systems without it.
    """
    above = [process for name, process in ancestors() if name.startswith(_LAUNCHERS)]
    if not above or launched_rank() is None:
        return set()
    alive = {launched_rank()}
    for folder in Path("/proc").glob("[1-9]*"):
        rank = _rank_in(_environment_of(folder))
        if rank is not None and above[0] in (each for _, each in ancestors(int(folder.name))):
            alive.add(rank)
    on_host = os.environ.get("MPI_LOCALNRANKS") or os.environ.get("OMPI_COMM_WORLD_LOCAL_SIZE")
    if on_host != str(launched_processes()):
        return set()
    return set(range(launched_processes())) - {rank for rank in alive if rank is not None}


def mark_children() -> None:
    """Mark future child processes as children of a rank, not ranks."""
    os.environ[_RANK_PROCESS] = str(os.getpid())


def is_child_of_rank() -> bool:
    """Return whether a rank started this process, by multiprocessing or otherwise.

    Processes of a launcher that a rank started are ranks again.
    """
    rank = os.environ.get(_RANK_PROCESS, "")
    if not rank.isdecimal() or int(rank) == os.getpid():
        return False
    from multiprocessing import parent_process  # here, because it takes long to load

    if parent_process() is not None:
        return True
    for name, process in ancestors():
        if process == int(rank):
            return True
        if name.startswith(_LAUNCHERS):
            return False
    return True


def _rank_in(environment: Mapping[str, str]) -> int | None:
    found = (environment.get(name, "") for name in _RANKS)
    return next((int(rank) for rank in found if rank.isdecimal()), None)


def _environment_of(folder: Path) -> dict[str, str]:
    """Return the environment of a running process, or nothing if it is not readable."""
    try:
        entries = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def ancestors(process: int | None = None) -> Iterator[tuple[str, int]]:
    """Yield names and ids of the ancestors of a process (default: this one), nearest first."""
    process = os.getppid() if process is None else _parent(process)
    while process > 1:
        yield _status(process, "Name"), process
        process = _parent(process)


def _parent(process: int) -> int:
    above = _status(process, "PPid")
    return int(above) if above.isdecimal() else 0


def _status(process: int, field: str) -> str:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(field)), "")

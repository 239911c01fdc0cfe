"""``hybrid doctor``: print what is installed, what this job sees, and any problems."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.text import Text

import hybrid
from hybrid import _kernels
from hybrid.cli import quantities
from hybrid.cli.data import print_json
from hybrid.cli.report import Row, count, panel
from hybrid.cli.terminal import output_console
from hybrid.core import launcher
from hybrid.runtime import World, free_bytes, thread_limit, world
from hybrid.runtime.messages import pack, unpack

_PACKAGES = ("qiskit", "qiskit-aer", "numpy", "scipy", "mpi4py", "qiskit-nature")


def doctor(*, as_json: bool = False) -> None:
    """Print versions and what the ranks of this job see; collective."""
    job = world()
    mine = {"memory": free_bytes(), "build": str(_kernels.about()["processor"])}
    ranks = [unpack(message) for message in job.communicator.all_gather(pack(mine))]
    if job.rank > 0:
        return
    rows: list[Row] = [*_software(), ("MPI library", mpi_library() or "none found: one rank")]
    rows += _hosts(job, ranks)
    found = list(advice(job, mpi_library()))
    if as_json:
        print_json({"findings": found, **dict(rows)})
        return
    console = output_console()
    console.print(panel("hybrid doctor", rows))
    for each in found:
        console.print(Text.assemble(("! ", "bold yellow"), each))
    if not found:
        console.print(Text("No problems found.", "green"))


def mpi_library() -> str | None:
    """Return the name and version of the MPI library, or None if none can be loaded."""
    try:
        from hybrid.runtime.mpi import library
    except (ImportError, RuntimeError):  # mpi4py raises the latter without a library
        return None
    return " ".join(library().split())


def advice(job: World, library: str | None) -> Iterator[str]:
    """Yield each problem found, with its remedy."""
    if library is None:
        yield (
            "No MPI library was found, so work is not shared over ranks. "
            "pip install 'hybrid-hpc-quantum[mpi]' brings MPICH; on a cluster, load its MPI module."
        )
    elif shutil.which("mpiexec") is None and shutil.which("srun") is None:
        beside = Path(sys.executable).parent / "mpiexec"
        where = (
            f"start ranks with {beside}" if beside.exists() else "load your cluster's MPI module"
        )
        yield f"Neither mpiexec nor srun is on the PATH: {where}."
    launched = launcher.launched_processes()
    if launched > 1 and launcher.is_switched_off():
        yield (
            f"HYBRID_MPI is off, so each of the {launched} processes of the launcher does the "
            "whole run; unset it to share the work."
        )
    for host, ranks in _ranks_of(job).items():
        cores = frozenset[int]().union(*(job.rank_cores[rank] for rank in ranks))
        if len(ranks) > len(cores):
            yield (
                f"{host} has {count(len(cores), 'core')} for {len(ranks)} ranks; "
                "start at most one rank per core."
            )
    if _version("qiskit-nature") is None:
        yield (
            "qiskit-nature is missing, so molecules cannot be read: "
            "pip install 'hybrid-hpc-quantum[chemistry]'."
        )


def _software() -> Iterator[Row]:
    yield "hybrid", hybrid.__version__
    yield "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    for package in _PACKAGES:
        yield package, _version(package) or "not installed"
    about: Mapping[str, Any] = _kernels.about()
    yield "kernels", ", ".join(f"{name} {value}" for name, value in about.items())


def _hosts(job: World, ranks: list[Mapping[str, Any]]) -> Iterator[Row]:
    yield "ranks", f"{job.size} on {count(len(job.hosts), 'host')}"
    for host, members in _ranks_of(job).items():
        cores = frozenset[int]().union(*(job.rank_cores[rank] for rank in members))
        builds = {str(ranks[rank]["build"]) for rank in members}
        memory = min(int(ranks[rank]["memory"]) for rank in members)
        yield (
            host,
            f"{count(len(members), 'rank')}, {count(len(cores), 'core')}, "
            f"{quantities.size(memory)} free, kernels {' and '.join(sorted(builds))}",
        )
    limit = thread_limit()
    if limit is not None:
        yield "threads", f"at most {limit} per rank (OMP_NUM_THREADS)"


def _ranks_of(job: World) -> dict[str, list[int]]:
    ranks: dict[str, list[int]] = {}
    for rank, host in enumerate(job.rank_hosts):
        ranks.setdefault(host, []).append(rank)
    return ranks


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None

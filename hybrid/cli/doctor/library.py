"""The MPI library: which one, where it is from, and whether it starts.

A broken library can end the process that loads it. So another process tries it first.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hybrid.cli.doctor.findings import Finding
from hybrid.cli.report import Row
from hybrid.core import launcher
from hybrid.core.codes import FAILED
from hybrid.core.errors import InputError
from hybrid.core.extras import install

_SECONDS = 4.0
_OF_LAUNCHERS = ("PMI", "PMIX", "MPI_LOCAL", "HYD", "OMPI_COMM", "SLURM_STEP", "SLURM_PROCID")
"""Beginnings of the names of variables by which launchers speak to their processes."""

_PROBE = """
import json, mpi4py
mpi4py.rc.initialize = False
from mpi4py import MPI
MPI.Init_thread()
maps = [line.split()[-1] for line in open("/proc/self/maps") if "libmpi" in line.split("/")[-1]]
print("found", json.dumps([MPI.Get_library_version(), sorted(set(maps)), MPI.COMM_WORLD.size]))
MPI.Finalize()
"""


@dataclass(frozen=True)
class Library:
    """The MPI library, as another process found it.

    Attributes:
        version: its name and version, or None if it does not start.
        files: paths of its shared objects.
        fault: why it does not start, or why the ranks do not form one job; or an empty string.
    """

    version: str | None
    files: tuple[str, ...] = ()
    fault: str = ""


@dataclass
class _Start:
    """How this process started, once :func:`prepare` has seen it.

    Attributes:
        switched_off: whether the user has switched MPI off.
        launched: whether a launcher started this process as a rank.
        mismatch: why the ranks of the launcher do not form one job, or an empty string.
    """

    switched_off: bool = False
    launched: bool = False
    mismatch: str = ""


_start = _Start()


@cache
def probed() -> Library:
    """Return the MPI library, started in a process without a launcher."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(_OF_LAUNCHERS)}
    try:
        ended = subprocess.run(
            [sys.executable, "-c", _PROBE],
            capture_output=True, text=True, timeout=_SECONDS, env=kept, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Library(None, fault=f"it does not start within {_SECONDS:g} s")
    except OSError as error:
        return Library(None, fault=str(error))
    found = [line for line in ended.stdout.splitlines() if line.startswith("found ")]
    if found:
        version, files, _ = json.loads(found[-1].removeprefix("found "))
        first = str(version).strip().rstrip("\\0").splitlines()[0]
        return Library(" ".join(first.split()), tuple(files))
    said = ended.stderr.strip().splitlines()
    last = said[-1] if said else f"its process ended with exit code {ended.returncode}"
    return Library(None, fault=last[:300])


def prepare() -> None:
    """Join the job of the launcher if that is possible; else go on without MPI, on rank 0 alone."""
    from hybrid.runtime import world

    _start.switched_off, _start.launched = launcher.is_switched_off(), launcher.is_launched()
    fault = "" if _start.switched_off else probed().fault
    if not fault:
        try:
            world()
            return
        except InputError as error:
            _start.mismatch = str(error.got)
    rank = launcher.launched_rank()
    os.environ["HYBRID_MPI"] = "off"
    if rank:
        sys.exit(FAILED)


def rows(found: Library) -> Iterator[Row]:
    """Yield the name and the origin of the library."""
    yield "MPI library", found.version or "none starts: one rank"
    if found.files:
        yield "  from", ", ".join(found.files)
    started = shutil.which("mpiexec") or shutil.which("srun") or _beside()
    yield "launcher", started or "none found"


def findings(found: Library) -> Iterator[Finding]:
    """Yield why ranks do not work together."""
    if _start.mismatch:
        yield Finding(
            _start.mismatch,
            "use the launcher of the library above (its mpiexec), or install mpi4py for the MPI of "
            "the launcher: MPICC=mpicc pip install --no-binary mpi4py --force-reinstall mpi4py",
        )
    elif found.version is None and not _start.switched_off:
        absent = "cannot load MPI library" in found.fault or "No module named" in found.fault
        yield Finding(
            f"no MPI library starts, so work is not shared over ranks ({found.fault})",
            f"{install('mpi')} brings MPICH; on a cluster, load its MPI module",
            is_problem=_start.launched or not absent,
        )
    elif found.version is not None and not (shutil.which("mpiexec") or shutil.which("srun")):
        where = _beside()
        remedy = f"start ranks with {where}" if where else "load your cluster's MPI module"
        yield Finding("neither mpiexec nor srun is on the PATH", remedy, is_problem=False)
    count = launcher.launched_processes()
    if count > 1 and launcher.is_switched_off() and not (_start.mismatch or found.fault):
        yield Finding(
            f"HYBRID_MPI is off, so each of the {count} processes of the launcher does the whole "
            "run",
            "unset it to share the work",
        )


def _beside() -> str | None:
    path = Path(sys.executable).parent / "mpiexec"
    return str(path) if path.exists() else None

"""With what a run computes: versions and code, which decide bits, and the machine."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from hybrid import _kernels
from hybrid.core.digest import digest
from hybrid.core.sources import file_digest, library_of
from hybrid.runtime.communicator import host_name
from hybrid.runtime.cores import usable_cores

_PACKAGES = ("numpy", "scipy", "qiskit", "qiskit-aer")
_ROOMS = (
    "core",
    "optimizers",
    "programs",
    "scheduler",
    "sharding",
    "simulators",
    "workloads",
    "_kernels",
)
"""Rooms of this package whose code decides bits."""


def code_contents(workload: object) -> Mapping[str, str]:
    """Return by name what must be the same for a resumed run to have the same bits.

    Versions of this package and of those that compute, the instruction set of the kernels, and a
    digest of the code: of this package, and of the file that a workload of the user's own is
    written in.

    Example:
        >>> sorted(code_contents(object()))
        ['code', 'hybrid', 'kernels', 'numpy', 'qiskit', 'qiskit-aer', 'scipy']
    """
    versions = {package: _version(package) for package in _PACKAGES}
    return {
        "hybrid": _version("hybrid-hpc-quantum"),
        "code": digest(_own_code(), _code_of(workload)),
        "kernels": str(_kernels.about()["processor"]),
        **versions,
    }


def environment() -> Mapping[str, object]:
    """Return what is worth knowing of this process and its machine; it decides no bits."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "mpi": _mpi_library(),
        "host": host_name(),
        "process": os.getpid(),
        "cores": len(usable_cores()),
        "command": [*sys.argv][:64],
        "folder": os.getcwd(),
        "batch job": os.environ.get("SLURM_JOB_ID", ""),
    }


@cache
def _own_code() -> str:
    """Return a digest of the rooms that decide bits, the compiled kernels included."""
    home = Path(__file__).parent.parent
    files = [home / "loop" / "minimize.py"]
    files += [home / "core" / name for name in ("ask.py", "piece.py", "seeds.py")]
    for room in _ROOMS:
        folders = (home / room, *_kernels_folders(room))
        files += [f for folder in folders for f in folder.rglob("*") if f.suffix in (".py", ".so")]
    return digest(*(part for f in sorted(files) for part in (f.name, _content(f))))


def _kernels_folders(room: str) -> tuple[Path, ...]:
    """Return where the compiled kernels are, if not beside the code: editable installs."""
    build = getattr(_kernels, "_build", None)
    if room != "_kernels" or build is None:
        return ()
    folder = Path(build.__file__).parent
    return () if folder == Path(_kernels.__file__).parent else (folder,)


def _content(path: Path) -> str:
    return digest(path.read_bytes().hex())


def _code_of(workload: object) -> str:
    """Return a digest of the file of the user's that a workload is written in; or ''."""
    written_in = getattr(workload, "written_in", type(workload))
    if library_of(getattr(written_in, "__module__", None)) is not None:
        return ""
    return file_digest(written_in)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _mpi_library() -> str:
    try:
        from hybrid.runtime.mpi import library
    except (ImportError, RuntimeError):
        return "none"
    return library()

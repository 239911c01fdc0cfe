"""The software that decides a run's bits (versions and code), and its machine."""

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
_FOLDERS = (
    "core",
    "optimizers",
    "programs",
    "scheduler",
    "sharding",
    "simulators",
    "workloads",
    "_kernels",
)
"""Folders of this package whose code decides bits."""
_FILES = ("loop/minimization.py", "runtime/inside.py", "runtime/runner.py")
"""Further files of that kind: they derive the seeds of a run, its pieces and nested calls."""


def code_contents(workload: object) -> Mapping[str, str]:
    """Return, by name, what must not change for a resumed run to have the same bits.

    The versions of this package and of the packages it computes with, the instruction set of the
    kernels, and a digest of the code: of this package, and of the file that defines a custom
    workload.

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
    """Describe this process and its machine, for the record; not compared."""
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
    """Return a digest of the code that decides bits, including the compiled kernels."""
    home = Path(__file__).parent.parent
    files = [home / name for name in _FILES]
    for name in _FOLDERS:
        folders = (home / name, *_kernels_folders(name))
        files += [f for folder in folders for f in folder.rglob("*") if f.suffix in (".py", ".so")]
    return digest(*(part for f in sorted(files) for part in (f.name, _content(f))))


def _kernels_folders(name: str) -> tuple[Path, ...]:
    """Return the folder of the compiled kernels if it is not the code's (editable installs)."""
    build = getattr(_kernels, "_build", None)
    if name != "_kernels" or build is None:
        return ()
    folder = Path(build.__file__).parent
    return () if folder == Path(_kernels.__file__).parent else (folder,)


def _content(path: Path) -> str:
    return digest(path.read_bytes().hex())


def _code_of(workload: object) -> str:
    """Return a digest of the user's file that defines a workload, or '' if a library does."""
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

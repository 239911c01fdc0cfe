"""Machine files: one for each kind of host."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path

import platformdirs
from pydantic import ValidationError

from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.machine.machine import Machine

VARIABLE = "HYBRID_MACHINE"
"""Environment variable with the path of a machine file to use instead of the stored one."""

_LARGEST_BYTES = 1 << 20


def path_of(kind: str) -> Path:
    """Return the path of a kind's machine file, in the user's cache folder."""
    folder = Path(platformdirs.user_cache_dir("hybrid-hpc-quantum"))
    return folder / f"machine-{digest(kind)[:16]}.json"


def load(path: Path) -> Machine:
    """Read a machine file.

    Raises:
        InputError: the file cannot be read, or is not a machine file.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise InputError(
            "machine file",
            got=f"{path}: {error.strerror or error}",
            expected="a file written by 'hybrid calibrate --output'",
        ) from None
    try:
        return Machine.model_validate_json(raw[:_LARGEST_BYTES])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            "machine file",
            got=f"{path}: {place}: {first['msg']}",
            expected="a file written by 'hybrid calibrate --output'",
            advice="run 'hybrid calibrate' again",
        ) from None


def save(machine: Machine, path: Path) -> bool:
    """Write a machine file atomically, and return whether that succeeded."""
    if not may_save(path):
        return False
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(machine.model_dump_json(indent=1))
        os.replace(part, path)
    except OSError:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        return False
    return True


def may_save(path: Path) -> bool:
    """Return whether :func:`save` should succeed, before the machine is measured.

    Only regular files are replaced, never folders or devices.
    """
    if path.exists():
        return path.is_file() and os.access(path.parent, os.W_OK)
    there = next(folder for folder in path.absolute().parents if folder.exists())
    return there.is_dir() and os.access(there, os.W_OK)


@cache
def reference(build: str = "x86-64-v4") -> Machine:
    """Return a machine shipped with the package, from which quick guesses are scaled.

    Args:
        build: build of the kernels; builds without a reference get that of x86-64-v3.
    """
    folder = resources.files("hybrid.machine")
    file = folder.joinpath(f"reference-{build}.json")
    if not file.is_file():
        file = folder.joinpath("reference-x86-64-v3.json")
    return Machine.model_validate_json(file.read_text("utf-8"))

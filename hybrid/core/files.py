"""Write files whole or not at all, where that was checked beforehand."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from hybrid.core.errors import HybridError, InputError


class UnwritableError(HybridError):
    """A file that could be written at the start cannot be written at the end."""


def check_writable(path: Path, what: str) -> None:
    """Refuse a path that :func:`write` could not write; nothing is created.

    Raises:
        InputError: the path is a folder or a device, or its folder is missing or read-only.
    """
    folder = path.parent
    if path.exists() and not path.is_file():
        got = f"{path}, which is no file"
    elif not folder.is_dir():
        got = f"{path}, whose folder does not exist"
    elif not os.access(folder, os.W_OK | os.X_OK):
        got = f"{path}, whose folder may not be written"
    else:
        return
    raise InputError(what, got=got, expected="the path of a file that can be written")


def checked_target(path: object, what: str, *, writes: bool) -> Path | None:
    """Validate the path of a file to be written, or None.

    Args:
        path: the argument.
        what: its name.
        writes: whether this rank writes the file; only then its folder is looked at.

    Raises:
        InputError: not a path, or it cannot be written.
    """
    if path is None:
        return None
    if not isinstance(path, str | os.PathLike):
        raise InputError(what, got=repr(path), expected="the path of a file")
    target = Path(path)
    if writes:
        check_writable(target, what)
    return target


def write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside its place, and move it there.

    Args:
        path: the file, which is replaced if it exists.
        fill: writes the content.

    Raises:
        UnwritableError: the file system refuses.
    """
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                fill(file)
            os.chmod(part, 0o666 & ~_mask())
            os.replace(part, path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise UnwritableError(f"{path} cannot be written: {error.strerror or error}") from None


def _mask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask

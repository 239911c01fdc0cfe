"""Read a text file, with errors for everything that can be wrong with it."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

from hybrid.core.errors import InputError

MAX_BYTES = 64 * 2**20
"""Far above any problem that can be simulated; protects memory from a wrong path."""

_SAVE = "save it as UTF-8"
_OTHER_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: str | os.PathLike[str], kind: str) -> str:
    """Return the text of a UTF-8 file, with every line end as ``\\n`` and no byte order mark.

    Args:
        path: the file.
        kind: description of the file with its article, for error messages: "an FCIDUMP file".

    Raises:
        InputError: not a path, no such file, not a regular file, not readable, empty, larger
            than 64 MiB, or not text.
    """
    return as_text(str(path), read_bytes(path, kind), kind)


def read_bytes(path: str | os.PathLike[str], kind: str) -> bytes:
    """Return the content of a file.

    Raises:
        InputError: not a path, no such file, not a regular file, not readable, or larger than
            64 MiB.
    """
    if not isinstance(path, str | os.PathLike) or not str(path):
        raise InputError(
            "path", got=repr(path)[:60], expected=f"the path of {kind}", advice="give a string"
        )
    path = Path(path)
    _check_file(path, kind)
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            str(path), got=str(error), expected=kind, advice="make it readable"
        ) from error


def as_text(name: str, raw: bytes, kind: str) -> str:
    """Return the text of a UTF-8 file's content; see :func:`read_text`."""
    if raw.startswith(_OTHER_MARKS):
        raise InputError(name, got="UTF-16 text", expected=f"{kind} in UTF-8", advice=_SAVE)
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise InputError(
            name,
            got="bytes that are not text (UTF-8)",
            expected=kind,
            advice="check that it is not compressed or binary",
        ) from error
    if not text.strip():
        raise InputError(name, got="an empty file", expected=kind, advice="write it again")
    return text


def _check_file(path: Path, kind: str) -> None:
    """Refuse a path that is not a regular file of reasonable size."""
    if not os.path.exists(path):  # False for names that no file can have, too
        raise InputError(
            str(path)[:200],
            got="no such file",
            expected=kind,
            advice=f"check the spelling; relative paths start at {Path.cwd()}",
        )
    if not path.is_file():
        got = "a directory" if path.is_dir() else "not a regular file"
        raise InputError(str(path), got=got, expected=kind, advice="pass a path to a file")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(
            str(path),
            got=f"{path.stat().st_size} bytes",
            expected=f"{kind} of at most {MAX_BYTES} bytes",
            advice="check that this is the file you mean",
        )

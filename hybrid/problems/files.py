"""Reading a text file that the user names, or saying what is wrong with it."""

from __future__ import annotations

from pathlib import Path

from hybrid.core.errors import InputError

MAX_BYTES = 64 * 2**20
"""Far above any file of a problem that can be simulated; keeps a wrong path from filling memory."""


def read_text(path: str | Path, kind: str) -> str:
    """Return the text of a UTF-8 file, with every line end as ``\\n``.

    Args:
        path: the file.
        kind: what it should be, with its article, for the message: "an FCIDUMP file".

    Raises:
        InputError: no such file, not a regular file, not readable, empty, larger than
            64 MiB, or not text.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(
            str(path),
            got="no such file",
            expected=kind,
            advice=f"check the spelling; relative paths start at {Path.cwd()}",
        )
    if not path.is_file():
        got = "a directory" if path.is_dir() else "not a regular file"
        raise InputError(str(path), got=got, expected=kind, advice="name the file itself")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(
            str(path),
            got=f"{path.stat().st_size} bytes",
            expected=f"{kind} of at most {MAX_BYTES} bytes",
            advice="check that this is the file you mean",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            str(path), got=str(error), expected=kind, advice="make it readable"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            str(path),
            got="bytes that are not text (UTF-8)",
            expected=kind,
            advice="check that it is not compressed or binary",
        ) from error
    if not text.strip():
        raise InputError(str(path), got="an empty file", expected=kind, advice="write it again")
    return text

"""``hybrid resume``: go on with a run that its journal describes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from hybrid.cli.run import Keeping, run
from hybrid.core.errors import InputError
from hybrid.journal import open_journal
from hybrid.loop.result import Result
from hybrid.runtime import agree, world
from hybrid.runtime.messages import pack, unpack


def resume(
    path: Path,
    keeping: Keeping,
    console: Console,
    overrides: Mapping[str, object],
    *,
    quiet: bool,
) -> Result:
    """Run the file that the journal came from, from the end of the record; collective.

    Args:
        path: of the journal.
        keeping: how the rest is to be kept; its ``journal`` is where a fork goes.
        console: written to on rank 0 alone.
        overrides: settings that take the place of recorded ones, as the ranks are others now.
        quiet: whether the closing table is all that is printed.

    Raises:
        HybridError: see :func:`hybrid.minimize`; the run may have been a script's.
    """
    origin = _origin(path)
    settings = {**origin["overrides"], **overrides}
    return run(Path(origin["path"]), settings, console, keeping, quiet=quiet)


def _origin(path: Path) -> Mapping[str, Any]:
    """Return where the run came from, as rank 0 reads it, on all ranks."""
    job = world()

    def read() -> Mapping[str, Any]:
        if job.rank > 0:
            return {}
        with open_journal(path) as journal:
            return _checked(path, journal.origin, journal.starts)

    found = agree(job.communicator, "hybrid resume", read, lambda _: {"journal": str(path)})
    if job.size == 1:
        return found
    sent: Mapping[str, Any] = unpack(
        job.communicator.broadcast(pack(found) if job.rank == 0 else None)
    )
    return sent


def _checked(path: Path, origin: Mapping[str, Any], starts: tuple[Any, ...]) -> dict[str, Any]:
    """Return the path of the run file and its overrides, if they are what they should be."""
    file, overrides = origin.get("path"), origin.get("overrides")
    if origin.get("kind") != "run file":
        command = starts[-1].environment.get("command", []) if starts else []
        shown = " ".join(str(word) for word in command)[:200] if isinstance(command, list) else ""
        raise InputError(
            f"journal {path}",
            got=f"the record of a script ({shown})",
            expected="that of a run file",
            advice="start the script again with the same journal, and it goes on by itself",
        )
    plain = str | int | float
    if (
        not isinstance(file, str)
        or "\0" in file
        or not isinstance(overrides, dict)
        or not all(isinstance(value, plain) for value in overrides.values())
    ):
        raise InputError(
            f"journal {path}", got="no path of a run file", expected="the path it was made from"
        )
    return {"path": file, "overrides": overrides}

"""``hybrid resume``: resume a run from its journal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hybrid.cli.run import Keeping, Showing, run
from hybrid.core.errors import InputError
from hybrid.journal import open_journal
from hybrid.loop.result import Result
from hybrid.runtime import agree, world
from hybrid.runtime.messages import pack, unpack


def resume(
    path: Path,
    keeping: Keeping,
    overrides: Mapping[str, object],
    showing: Showing,
) -> Result:
    """Run the journal's run file again, from the end of its record; collective.

    Args:
        path: of the journal.
        keeping: journal, fork and limits of the resumed run.
        overrides: settings that replace recorded ones; the ranks may differ now.
        showing: what is shown and written besides the journal.

    Raises:
        HybridError: see :func:`hybrid.minimize`; also if a script made the journal.
    """
    origin = _origin(path)
    return run(Path(origin["path"]), overrides, keeping, showing, recorded=origin["overrides"])


def _origin(path: Path) -> Mapping[str, Any]:
    """Return the origin of the run, read by rank 0 and sent to all ranks."""
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
    """Return the path of the run file and its overrides, validated."""
    file, overrides = origin.get("path"), origin.get("overrides")
    if origin.get("kind") != "run file":
        command = starts[-1].environment.get("command", []) if starts else []
        shown = " ".join(str(word) for word in command)[:200] if isinstance(command, list) else ""
        raise InputError(
            f"journal {path}",
            got=f"the record of a script ({shown})",
            expected="the record of a run file",
            advice="start the script again with the same journal to resume",
        )
    plain = str | int | float
    if (
        not isinstance(file, str)
        or "\0" in file
        or not isinstance(overrides, dict)
        or not all(isinstance(value, plain) for value in overrides.values())
    ):
        raise InputError(
            f"journal {path}", got="no path of a run file", expected="the path of its run file"
        )
    return {"path": file, "overrides": overrides}

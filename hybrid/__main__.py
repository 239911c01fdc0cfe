"""``python -m hybrid``: run a script on all ranks so that an error on one ends them all.

::

    mpiexec -n 4 python -m hybrid script.py [argument ...]
    mpiexec -n 4 python -m hybrid -m module [argument ...]
    mpiexec -n 4 python -m hybrid -c "code" [argument ...]
    python -m hybrid run water.toml                       # anything else is the command line

The script sees what it would see under ``python script.py``. An exception that it does not
catch, or an exit code other than 0, on any rank ends the processes of all ranks, and is printed
with its rank and host. Ranks other than 0 have no standard output, so a plain ``print`` prints
once. Where the user's input is at fault the exit code is 2, on any number of ranks.
"""

from __future__ import annotations

if __name__ == "__main__":
    from hybrid.core.early import end_on_control_c, listen

    listen()  # before the rest of the program is loaded
    end_on_control_c()

import io
import os
import runpy
import sys
import time
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hybrid.core.early import loaded
from hybrid.core.errors import HybridError, InputError
from hybrid.core.notices import notify

if TYPE_CHECKING:
    from hybrid.runtime.communicator import Communicator

_GRACE_SECONDS = 0.3
"""How long other ranks leave rank 0 to report, where all end alike."""


def main() -> None:
    """Run what the arguments of this process name."""
    arguments = sys.argv[1:]
    program = program_of(arguments)
    if program is None:
        from hybrid.cli.app import main as command_line

        command_line()
    from hybrid.runtime import join_if_launched

    join_if_launched()
    try:
        _check_script(arguments[0])
    except HybridError as error:
        from hybrid.cli.app import refuse

        sys.exit(refuse(error))
    loaded()
    run_on_all_ranks(program)


def program_of(arguments: list[str]) -> Callable[[], object] | None:
    """Return what runs the script, module or code that the arguments name, or None.

    Example:
        >>> program_of(["run", "water.toml"]) is None
        True
    """
    first, rest = (arguments or [""])[0], arguments[1:]
    if first == "-c" and rest:
        return lambda: _run_code(rest[0], rest[1:])
    if first == "-m" and rest:
        return lambda: _run_module(rest[0], rest[1:])
    if _is_script(first):
        return lambda: _run_script(first, rest)
    return None


def _is_script(argument: str) -> bool:
    return argument.endswith(".py") or os.sep in argument


def _check_script(argument: str) -> None:
    """Refuse a script that is not there, on all ranks together."""

    def check() -> None:
        if _is_script(argument) and not Path(argument).exists():
            raise InputError(
                "script",
                got=repr(argument),
                expected="the path of a Python file",
                advice=f"look for it from {Path.cwd()}",
            )

    from hybrid.runtime import agree, world

    agree(world().communicator, "python -m hybrid", check, lambda _: {})


def run_on_all_ranks(program: Callable[[], object]) -> None:
    """Run a program; let its failure on this rank be the failure of the job."""
    from hybrid.runtime import is_collective, world

    job = world()
    if job.size > 1:
        if job.rank == 0:
            if isinstance(sys.stdout, io.TextIOWrapper):  # None where it was closed
                sys.stdout.reconfigure(line_buffering=True)
        else:
            _silence_standard_output()
    try:
        program()
    except SystemExit as end:
        if job.size == 1 or end.code in (None, 0) or is_collective(end):
            raise
        _end_all_ranks(job.communicator, end)
    except InputError as error:
        if job.size > 1:
            raise  # for the hook that knows what to tell the other ranks
        traceback.print_exception(error)
        sys.exit(2)


def _end_all_ranks(communicator: Communicator, end: SystemExit) -> None:
    """End the job with the exit code of this rank; the others would wait for it."""
    from hybrid.runtime.communicator import host_name

    if communicator.rank > 0:
        time.sleep(_GRACE_SECONDS)
    if not isinstance(end.code, int):
        notify(str(end.code))
    code = end.code if isinstance(end.code, int) else 1
    place = f"rank {communicator.rank} on {host_name()}"
    notify(f"{place} ended the script with exit code {code}")
    if sys.stdout is not None:
        sys.stdout.flush()
    communicator.abort(code)


def _run_script(path: str, arguments: list[str]) -> None:
    sys.argv[:] = [path, *arguments]
    sys.path[0] = str(Path(path).resolve().parent)
    runpy.run_path(path, run_name="__main__")


def _run_module(name: str, arguments: list[str]) -> None:
    sys.argv[:] = [name, *arguments]
    sys.path[0] = os.getcwd()
    runpy.run_module(name, run_name="__main__", alter_sys=True)


def _run_code(code: str, arguments: list[str]) -> None:
    sys.argv[:] = ["-c", *arguments]
    sys.path[0] = ""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    exec(compile(code, "<string>", "exec"), module.__dict__)


def _silence_standard_output() -> None:
    """Send standard output nowhere, that of libraries and child processes included."""
    if sys.stdout is not None:
        sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


if __name__ == "__main__":
    main()

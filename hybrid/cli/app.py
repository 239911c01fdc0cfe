"""Run the command line of a process on every rank: one voice, one exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import NoReturn

from hybrid.cli.output import mend_size, safe_streams
from hybrid.core.codes import BAD_INPUT, FAILED, INTERRUPTED
from hybrid.core.errors import HybridError, is_bad_input, printable
from hybrid.core.launcher import is_launched


def main() -> NoReturn:
    """Run the command line of this process, and exit."""
    if sys.argv[1:2] == ["doctor"]:
        from hybrid.cli.doctor.library import prepare

        prepare()
    elif is_launched():
        from hybrid.runtime import join_if_launched

        join_if_launched()
    sys.exit(command_line(sys.argv[1:]))


def command_line(arguments: Sequence[str]) -> int:
    """Run a command line on every rank of the job; return the exit code.

    Only rank 0 writes, so each message is printed once.
    """
    mend_size()
    with safe_streams() as output:
        code = _exit_code(arguments)
        output.flush()
        if output.failure is None or _rank() > 0:
            return code
        if not output.reader_left:
            print(f"error: standard output cannot be written: {output.failure}", file=sys.stderr)
        return code or FAILED


def refuse(error: HybridError) -> int:
    """Print an error once, and return the exit code.

    If the other ranks do not know of the error, the job is aborted.
    """
    from rich.text import Text

    from hybrid.cli.terminal import error_console
    from hybrid.runtime import abort, is_collective, world

    code = BAD_INPUT if is_bad_input(error) else FAILED
    if world().size > 1 and not is_collective(error):
        abort(world().communicator, error)
    if world().rank == 0:
        text = Text.assemble(("error: ", "bold red"), printable(str(error)))
        error_console().print(text, soft_wrap=True)
    return code


def _exit_code(arguments: Sequence[str]) -> int:
    from hybrid.cli.commands import command

    try:
        with _muted_unless_first():
            command().main(list(arguments), prog_name="hybrid")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED if end.code else 0
    except HybridError as error:
        return refuse(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _rank() -> int:
    """Return the rank of this process.

    The runtime takes a second to load, which ``hybrid --help`` need not wait for: without a
    launcher, and before the runtime is loaded, this is the only rank.
    """
    if not is_launched() and "hybrid.runtime.world" not in sys.modules:
        return 0
    from hybrid.runtime import world

    return world().rank


@contextmanager
def _muted_unless_first() -> Iterator[None]:
    if _rank() == 0:
        yield
        return
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield

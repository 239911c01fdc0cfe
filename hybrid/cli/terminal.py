"""Consoles of rank 0: a terminal, possibly behind mpiexec, or a file."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

from rich.console import Console

from hybrid.cli.output import LEAST_COLUMNS, safe
from hybrid.core.launcher import ancestors

_MOST = 100
"""Columns: wider lines are hard to read."""

_LAUNCHERS = ("mpiexec", "mpirun", "mpiexec.hydra", "orterun", "prterun", "srun")


def output_console() -> Console:
    """Return the console of standard output.

    Launchers give their ranks a pipe and copy it to their own output. If that is a terminal, rank 0
    writes as if to the terminal. The environment variable ``NO_COLOR`` is respected, and
    ``FORCE_COLOR`` treats any output as a terminal.
    """
    output = safe(sys.stdout)
    terminal = None if output.isatty() else _launchers_terminal()
    if terminal is None:
        return Console(file=output, width=_width(shutil.get_terminal_size().columns))
    return Console(file=output, force_terminal=True, width=_width(_columns(terminal)))


def error_console() -> Console:
    """Return the console of standard error."""
    width = _width(shutil.get_terminal_size().columns)
    return Console(file=safe(sys.stderr), width=width, highlight=False)


def _width(columns: int) -> int:
    return min(max(columns, LEAST_COLUMNS), _MOST)


def _launchers_terminal() -> Path | None:
    """Return the terminal to which an MPI launcher copies the output of this process."""
    try:
        if not stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode):
            return None
        for name, process in ancestors():
            if name in _LAUNCHERS:
                output = Path(os.readlink(f"/proc/{process}/fd/1"))
                is_terminal = output.match("/dev/pts/*") or output.match("/dev/tty*")
                return output if is_terminal else None
    except (OSError, ValueError):  # no /proc, another user's process, no file descriptor
        pass
    return None


def _columns(terminal: Path) -> int:
    try:
        descriptor = os.open(terminal, os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return 80
    try:
        return os.get_terminal_size(descriptor).columns or 80
    finally:
        os.close(descriptor)

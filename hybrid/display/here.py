"""``hybrid.progress``: show the progress of all calls within a context."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hybrid.core.phases import shown
from hybrid.core.session import is_notebook
from hybrid.display.board import Board
from hybrid.runtime.world import world


@contextmanager
def progress() -> Iterator[None]:
    """Show the progress of every call within this context that takes longer than 2 s.

    On a terminal a few lines change in place; in a notebook they stand below the cell (where they
    are shown without this context too); elsewhere a line every 30 s is printed. Standard error is
    used, and only rank 0 shows anything. A run shows its iteration, cost with standard error,
    gradient norm, evaluations per second, the share of time in which its ranks work, and the time
    and core-hours left; other calls show how much of them is done, and the time left.

    Example:
        >>> import hybrid
        >>> from qiskit.circuit.library import real_amplitudes
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XX"]))
        >>> with hybrid.progress():
        ...     result = hybrid.minimize(problem, seed=7)
    """
    if world().rank > 0:
        yield
        return
    with display_here() as display, shown(display):
        yield


def display_here() -> Board:
    """Return the display that suits this process: a notebook, a terminal, or a stream."""
    if is_notebook():
        from hybrid.display.notebook import Notebook

        return Notebook()
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    return display_on(console)


def display_on(console: object, **shows: object) -> Board:
    """Return the display that suits a console of rich.

    Args:
        console: a terminal, or a file.
        shows: see :class:`~hybrid.display.board.Board`.
    """
    from rich.console import Console

    assert isinstance(console, Console)
    if console.is_terminal and not console.is_dumb_terminal:
        from hybrid.display.live import Live

        return Live(console, **shows)  # type: ignore[arg-type]
    from hybrid.display.lines import Lines

    stream = console.file if console.file is not None else sys.stderr
    return Lines(stream, console.width, **shows)  # type: ignore[arg-type]

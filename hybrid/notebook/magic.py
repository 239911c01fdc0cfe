"""``%load_ext hybrid``: the magic ``%ranks``."""

from __future__ import annotations

from typing import Any

from hybrid.core.errors import InputError
from hybrid.notebook.ranks import ranks


def register(shell: Any) -> None:
    """Add ``%ranks`` and ``%%ranks`` to an IPython shell."""

    def magic(line: str, cell: str | None = None) -> object:
        """Open, show or close MPI ranks.

        ``%ranks 4`` opens four ranks, ``%ranks`` shows those that are open, ``%ranks close``
        closes them. ``%%ranks 4`` runs a cell on four ranks.
        """
        word = line.strip()
        if cell is not None:
            with ranks(_number(word)):
                shell.run_cell(cell).raise_error()
            return None
        if word == "close":
            ranks().close()
            return None
        return ranks(_number(word) if word else None)

    shell.register_magic_function(magic, "line_cell", "ranks")


def _number(word: str) -> int:
    if not word.isdecimal():
        raise InputError("%ranks", got=repr(word), expected="a number of ranks, or 'close'")
    return int(word)

"""A line every half minute, for log files and plain terminals."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from hybrid.core.units import duration
from hybrid.display.board import Board, Introduce
from hybrid.display.status import LONG, wrapped

SECONDS_BETWEEN_LINES = 30.0


class Lines(Board):
    """Prints a line every 30 s: at first after 2 s of a long step, and at the end of a run.

    Args:
        stream: where to print.
        width: columns; longer lines are wrapped.
        compare, introduce: see :class:`~hybrid.display.board.Board`.
    """

    def __init__(
        self,
        stream: TextIO,
        width: int = 100,
        compare: Callable[[float], str] | None = None,
        introduce: Introduce | None = None,
    ) -> None:
        super().__init__(compare, introduce)
        self._stream = stream
        self._width = width
        self._printed: float | None = None
        self._shown: list[str] = []

    def draw(self) -> None:
        """Print a line if the last one is old."""
        now, printed = time.perf_counter(), self._printed
        if self.status.elapsed <= LONG:
            return
        if printed is None or now - printed >= SECONDS_BETWEEN_LINES:
            self._print()

    def clear(self) -> None:
        """Print where a run ended, unless the last line says so."""
        if self.status.progress is not None:
            self._print()
        if self.status.description is None:
            self._printed = None

    def _print(self) -> None:
        parts = self.status.parts()
        if not parts or parts == self._shown:
            return
        self._shown, self._printed = parts, time.perf_counter()
        first, *more = wrapped([duration(self.status.elapsed), *parts], self._width)
        self._stream.write("\n  ".join([first, *more]) + "\n")
        self._stream.flush()

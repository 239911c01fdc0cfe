"""A few lines at the bottom of a terminal that change in place."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live as Screen
from rich.progress_bar import ProgressBar
from rich.text import Text

from hybrid.core.units import duration
from hybrid.display.board import Board, Introduce
from hybrid.display.status import LONG, wrapped

_NARROWEST_BAR = 8


class Live(Board):
    """A bar with the time, and below it the status in as many lines as the width asks for.

    Args:
        console: a terminal.
        compare, introduce: see :class:`~hybrid.display.board.Board`.
    """

    seconds_between_glances = 0.2

    def __init__(
        self,
        console: Console,
        compare: Callable[[float], str] | None = None,
        introduce: Introduce | None = None,
    ) -> None:
        super().__init__(compare, introduce)
        self._console = console
        self._screen: Screen | None = None

    def draw(self) -> None:
        """Draw the status in place, from the first long step or answer on."""
        if self.status.progress is None and self.status.elapsed < LONG:
            return
        if self._screen is None:
            self._screen = Screen(
                self, console=self._console, auto_refresh=False, transient=True,
                redirect_stdout=False, redirect_stderr=False, vertical_overflow="crop",
            )  # fmt: skip
            self._screen.start()
        self._screen.refresh()

    def clear(self) -> None:
        """Take the lines away, and show the cursor."""
        screen, self._screen = self._screen, None
        if screen is not None:
            screen.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the bar, then the parts of the status."""
        parts, width = self.status.parts(), options.max_width
        elapsed, fraction = duration(self.status.elapsed), self.status.fraction
        room = width - len(elapsed) - 1
        if fraction is not None and room >= _NARROWEST_BAR:
            yield Text(f"{elapsed} ", end="")
            yield ProgressBar(total=1.0, completed=fraction, width=room)
            yield Text("")
        else:
            parts = [elapsed, *parts]
        between = " · " if console.encoding.startswith("utf") else " - "
        for line in wrapped(parts, width, between):
            yield Text(line, style="bold", no_wrap=True, overflow="crop")

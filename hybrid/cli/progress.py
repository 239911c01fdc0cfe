"""Progress output of a run: a live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from hybrid.cli import quantities
from hybrid.cli.report import description_rows, panel
from hybrid.loop.observers import Observer
from hybrid.loop.result import Progress, Result, RunDescription
from hybrid.settings import Reference

_SECONDS_BETWEEN_LINES = 2.0
_LINES_PER_RUN = 10


class Follower(Observer, Protocol):
    """An observer that is also a context manager."""

    def __enter__(self) -> Follower:
        """Return itself."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the terminal."""


def follower(console: Console, reference: Reference | None) -> Follower:
    """Return the observer for this console.

    Example:
        >>> import io
        >>> type(follower(Console(file=io.StringIO()), None)).__name__
        'Lines'
    """
    return Live(console, reference) if console.is_terminal else Lines(console, reference)


class Lines:
    """Prints a line at the start, every 2 s or tenth of the iterations, and at the end."""

    def __init__(self, console: Console, reference: Reference | None) -> None:
        self._console = console
        self._reference = reference
        self._latest: Progress | None = None
        self._printed: Progress | None = None

    def __enter__(self) -> Lines:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Print the last line if the run failed before it was printed."""
        self._print_latest()

    def started(self, description: RunDescription) -> None:
        """Print what will run."""
        rows = description_rows(description, self._reference)
        self._console.print(panel("hybrid run", rows.items()))

    def progressed(self, progress: Progress) -> None:
        """Print a line if one is due."""
        self._latest = progress
        if self._is_due(progress):
            self._print_latest()

    def finished(self, result: Result) -> None:
        """Print the last line."""
        self._print_latest()

    def _is_due(self, progress: Progress) -> bool:
        printed = self._printed
        if printed is None or progress.wall_time - printed.wall_time >= _SECONDS_BETWEEN_LINES:
            return True
        if not progress.max_iterations:
            return False
        before, now = (
            each.iteration * _LINES_PER_RUN // progress.max_iterations
            for each in (printed, progress)
        )
        return now > before

    def _print_latest(self) -> None:
        latest = self._latest
        if latest is None or latest is self._printed:
            return
        if self._printed is None:
            self._print(_header(self._reference))
        self._print(_line(latest, self._reference))
        self._printed = latest

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class Live:
    """A progress bar at the bottom of the terminal."""

    def __init__(self, console: Console, reference: Reference | None) -> None:
        self._console = console
        self._reference = reference
        columns = [
            SpinnerColumn("dots" if console.encoding.startswith("utf") else "line"),
            BarColumn(bar_width=None),
            TextColumn("[bold]{task.description}"),
            TimeElapsedColumn(),
        ]
        self._bar = Bar(*columns, console=console, transient=True, expand=True)
        self._task = self._bar.add_task("starting", total=None)

    def __enter__(self) -> Live:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        self._bar.stop()

    def started(self, description: RunDescription) -> None:
        """Print what will run, and start the bar."""
        rows = description_rows(description, self._reference)
        self._console.print(panel("hybrid run", rows.items()))
        self._bar.start()

    def progressed(self, progress: Progress) -> None:
        """Update the bar."""
        self._bar.update(
            self._task,
            total=progress.max_iterations,
            completed=progress.iteration,
            description=_status(progress, self._reference),
        )

    def finished(self, result: Result) -> None:
        """Take the bar away."""
        self._bar.stop()


def _header(reference: Reference | None) -> str:
    line = f"{'iteration':>9}  {'evaluations':>11}  {'best value':>17}  {'time':>9}"
    return f"{line}  {'error':>16}" if reference else line


def _line(progress: Progress, reference: Reference | None) -> str:
    line = (
        f"{progress.iteration:>9}  {progress.evaluations:>11}  "
        f"{quantities.value(progress.best_value):>17}  {quantities.seconds(progress.wall_time):>9}"
    )
    if reference is None:
        return line
    return f"{line}  {quantities.error(progress.best_value, reference):>16}"


def _status(progress: Progress, reference: Reference | None) -> str:
    of = f"/{progress.max_iterations}" if progress.max_iterations else ""
    parts = [f"it {progress.iteration}{of}", f"eval {progress.evaluations}"]
    parts.append(f"best {progress.best_value:z.6f}")
    if reference is not None:
        parts.append(f"err {quantities.error(progress.best_value, reference)}")
    return " · ".join(parts)

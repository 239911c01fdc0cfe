"""The notebook's side of a run: its observers, and a line of progress in the cell."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from hybrid.core.notices import notify
from hybrid.loop.observers import Observers
from hybrid.loop.result import Progress, Result, RunDescription
from hybrid.runtime import inside_call

_BETWEEN = 1.0
"""Seconds between two lines where a line cannot be replaced."""


def line_of(progress: Progress) -> str:
    """Return the progress of a run as one line."""
    of = f"/{progress.max_iterations}" if progress.max_iterations else ""
    return (
        f"iteration {progress.iteration}{of}, {progress.evaluations} evaluations, "
        f"best value {progress.best_value:z.8f}, {progress.wall_time:.1f} s"
    )


class Cell:
    """A line of output in the notebook that is replaced as a run proceeds."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._text = ""

    def show(self, text: str) -> None:
        """Show a line in place of the last one."""
        from IPython.display import display

        data = {"text/plain": text}
        if self._handle is None:
            self._handle = display(data, raw=True, display_id=True)
        elif text != self._text:
            self._handle.update(data, raw=True)
        self._text = text


class Lines:
    """Lines on standard error, at most one a second."""

    def __init__(self) -> None:
        self._last = 0.0

    def show(self, text: str) -> None:
        """Print a line if one is due."""
        now = time.monotonic()
        if now - self._last >= _BETWEEN:
            self._last = now
            notify(text)


def display_of(progress: bool | None) -> Cell | Lines | None:
    """Return where progress is shown.

    Args:
        progress: whether to show it; None for in notebooks only.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    in_notebook = hasattr(shell, "kernel")
    if progress is False or (progress is None and not in_notebook):
        return None
    return Cell() if in_notebook else Lines()


class Following:
    """Follows one run: calls the observers in this process, and shows the progress.

    Nested calls of the observers run in this process, seeded by the run, as in a script.

    Args:
        observers: the user's.
        display: where progress is shown, or None.
    """

    def __init__(self, observers: Observers, display: Cell | Lines | None) -> None:
        self._observers = observers
        self._display = display
        self._head = ""
        self._inside = ExitStack()
        self.failure: BaseException | None = None

    @property
    def watching(self) -> str:
        """What the ranks report: see :class:`hybrid.notebook.serve.Relay`."""
        return "ask" if len(self._observers) else "no" if self._display is None else "show"

    def __enter__(self) -> Following:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the context of nested calls."""
        self._inside.close()

    def answer(self, kind: str, report: Any) -> list[Any]:
        """Take a report; return the answer for the ranks: go on, a reason to stop, or a failure."""
        try:
            if kind == "started":
                self._started(report)
                return ["go", None]
            return ["go", self._progressed(report)]
        except Exception as error:
            self.failure = error
            return ["failed", None]

    def finished(self, result: Result) -> None:
        """Show the result, and call ``finished`` of the observers."""
        self._inside.close()
        if self._display is not None:
            value = f"value {result.value:z.8f} after {result.wall_time:.1f} s"
            self._display.show(f"{self._head}{value}. {result.message}")
        with inside_call(result.seed):
            self._observers.finished(result)

    def _started(self, description: RunDescription) -> None:
        self._inside.enter_context(inside_call(description.seed))
        ranks = f"{description.ranks} rank{'s' if description.ranks > 1 else ''}"
        self._head = f"{description.workload}, {description.optimizer} on {ranks}\n"
        if self._display is not None:
            self._display.show(f"{self._head}starting")
        self._observers.started(description)

    def _progressed(self, progress: Progress) -> str | None:
        if self._display is not None:
            self._display.show(self._head + line_of(progress))
        return self._observers.progressed(progress)

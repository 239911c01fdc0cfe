"""A display below the cell of a notebook that changes in place."""

from __future__ import annotations

from html import escape
from typing import Any

from hybrid.core.units import duration
from hybrid.display.board import Board
from hybrid.display.status import LONG

_BAR = (
    '<div style="background:#8884;border-radius:3px;height:6px;max-width:40em">'
    '<div style="background:#2a78d6;border-radius:3px;height:6px;width:{percent:.1f}%"></div></div>'
)


class Notebook(Board):
    """Shows what takes longer than 2 s; the last state of a run stays.

    Args:
        show: makes an area below the cell from HTML, and returns its handle; for tests. If None,
            IPython's.
    """

    def __init__(self, show: Any = None) -> None:
        super().__init__()
        self._show = show or _area
        self._area: Any = None

    def draw(self) -> None:
        """Draw the status in place, once it has taken 2 s."""
        if self.status.elapsed < LONG:
            return
        if self._area is None:
            self._area = self._show(self.html())
        else:
            self._area.update(self.html())

    def clear(self) -> None:
        """Leave the last state of a run, and remove that of a step."""
        if self._area is not None:
            self._area.update(self.html() if self.status.progress is not None else _Html(""))
        self._area = None

    def html(self) -> Any:
        """Return the status as HTML."""
        fraction = self.status.fraction
        bar = "" if fraction is None else _BAR.format(percent=100.0 * fraction)
        text = " · ".join([duration(self.status.elapsed), *self.status.parts()])
        return _Html(f'<div style="font-family:monospace">{bar}{escape(text)}</div>')


class _Html:
    """HTML, as a notebook displays it; a console shows nothing."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return ""

    def _repr_html_(self) -> str:
        return self.text


def _area(content: Any) -> Any:
    from IPython.display import display

    return display(content, display_id=True)

"""Show what a command does while it runs, on rank 0."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from hybrid.cli import quantities
from hybrid.cli.report import description_rows, panel
from hybrid.core.phases import shown
from hybrid.display.here import display_on
from hybrid.loop.result import RunDescription
from hybrid.runtime import world
from hybrid.settings import Reference


@contextmanager
def following(console: Console, reference: Reference | None = None) -> Iterator[None]:
    """Show the description and progress of runs, and every step of more than 2 s.

    Args:
        console: where to show it.
        reference: what the values of a run are compared with, or None.
    """
    if world().rank > 0:
        yield
        return

    def introduce(description: RunDescription) -> None:
        rows = description_rows(description, reference)
        console.print(panel("hybrid run", rows.items()))

    compare = None if reference is None else _comparison(reference)
    with display_on(console, compare=compare, introduce=introduce) as display, shown(display):
        yield


def _comparison(reference: Reference) -> object:
    return lambda value: quantities.error(value, reference)

"""``hybrid journal``: print a journal as a table for people or as CSV for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from rich.console import Console

from hybrid.cli import quantities
from hybrid.cli.report import Row, count, panel
from hybrid.journal import Journal, open_journal
from hybrid.runtime import agree, world

Table: TypeAlias = Literal["answers", "pieces", "events"]

_EVENTS_SHOWN = 12
_DIGEST_SHOWN = 16


def summary(path: Path, console: Console) -> None:
    """Print the run's identity, progress, starts and events; on rank 0.

    Raises:
        JournalError: see :func:`hybrid.open_journal`.
    """

    def show() -> None:
        with open_journal(path) as journal:
            rows = [*_run_rows(journal), *_work_rows(journal), *_event_rows(journal)]
        console.print(panel(f"journal {path}", rows))

    _on_first_rank(show)


def export(path: Path, table: Table) -> None:
    """Write one table as CSV to standard output, with exact numbers; on rank 0.

    Raises:
        JournalError: see :func:`hybrid.open_journal`.
    """

    def write() -> None:
        with open_journal(path) as journal:
            rows = {"answers": _answers, "pieces": _pieces, "events": _events}[table](journal)
            csv.writer(sys.stdout, lineterminator="\n").writerows(takewhile(_is_read, rows))

    _on_first_rank(write)


def _is_read(_: object) -> bool:
    """Return whether standard output can still be written; see ``output.py``."""
    return getattr(sys.stdout, "failure", None) is None


def _on_first_rank(act: Callable[[], None]) -> None:
    """Call ``act`` on rank 0; if it fails, all ranks raise."""
    job = world()

    def act_if_first() -> None:
        if job.rank == 0:
            act()

    agree(job.communicator, "hybrid journal", act_if_first, lambda _: {})


def _run_rows(journal: Journal) -> Iterator[Row]:
    origin = journal.origin
    yield "made from", str(origin.get("path") or "a script")
    yield "seed", str(journal.seed)
    for name, content in journal.contents.items():
        yield name, _shortened(content) or "the default"


def _work_rows(journal: Journal) -> Iterator[Row]:
    values = journal.values()
    unfinished = journal.unfinished()
    known = count(len(unfinished.partials), "piece") if unfinished else ""
    yield "answers", f"{len(values)}{f', and {known} of the next' if known else ''}"
    if len(values):
        yield "best value", quantities.value(float(np.fmin.reduce(values)))
    measured, predicted, number = 0.0, 0.0, 0
    for piece in journal.pieces():
        number += 1
        measured += piece.measured
        predicted += piece.predicted or 0.0
    told = f", {quantities.seconds(predicted)} predicted" if predicted else ""
    yield "pieces", f"{number}, {quantities.seconds(measured)} measured{told}"
    end = journal.completed
    yield "state", str(end.get("message", "completed")) if end else "not completed"


def _event_rows(journal: Journal) -> Iterator[Row]:
    for start in journal.starts[-_EVENTS_SHOWN:]:
        hosts = ", ".join(dict.fromkeys(start.hosts))
        yield f"start {start.start}", f"{count(len(start.hosts), 'rank')} on {hosts}; {start.plan}"
    events = [event for event in journal.events if event.kind != "usage"]
    for event in events[-_EVENTS_SHOWN:]:
        shown = {k: v for k, v in event.detail.items() if k != "x" and v is not None}
        detail = ", ".join(f"{name} {value}" for name, value in shown.items())
        yield _when(event.time), f"{event.kind}: {detail}"[:300]


def _answers(journal: Journal) -> Iterator[Iterable[object]]:
    first = next(journal.answers(), None)
    width = 0 if first is None else first.ask.points.shape[1]
    yield ["number", "iteration", "start", "time", "seconds", "value", "standard_error",
           *(f"x{k}" for k in range(width))]  # fmt: skip
    for answer in journal.answers():
        told = answer.told
        for row, point in enumerate(answer.ask.points):
            error = None if told.standard_errors is None else float(told.standard_errors[row])
            yield [answer.number, answer.ask.iteration, answer.start, answer.time, answer.seconds,
                   float(told.values[row]), error, *point.tolist()]  # fmt: skip


def _pieces(journal: Journal) -> Iterator[Iterable[object]]:
    yield ["ask", "piece", "start", "rank", "host", "simulator", "predicted", "measured"]
    for p in journal.pieces():
        yield [p.ask, p.piece, p.start, p.rank, p.host, p.simulator, p.predicted, p.measured]


def _events(journal: Journal) -> Iterator[Iterable[object]]:
    yield ["time", "kind", "detail"]
    for event in journal.events:
        yield [event.time, event.kind, json.dumps(event.detail)]


def _shortened(content: str) -> str:
    is_digest = len(content) == 64 and set(content) <= set("0123456789abcdef")
    return f"{content[:_DIGEST_SHOWN]}..." if is_digest else content[:300]


def _when(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return "at no time"

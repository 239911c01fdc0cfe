"""``hybrid journal``: print a journal as a table for people or as CSV for programs."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from hybrid.cli import quantities
from hybrid.cli.data import print_json
from hybrid.cli.events import sentence
from hybrid.cli.report import Row, count, panel
from hybrid.cli.terminal import output_console
from hybrid.core.arrays import FloatArray
from hybrid.journal import Journal, open_journal
from hybrid.runtime import agree, world

Table: TypeAlias = Literal["answers", "pieces", "events"]

_EVENTS_SHOWN = 12
_DIGEST_SHOWN = 16


def summary(path: Path, *, as_json: bool = False) -> None:
    """Print the run's identity, progress, starts and events; on rank 0.

    Raises:
        JournalError: see :func:`hybrid.open_journal`.
    """

    def show() -> None:
        with open_journal(path) as journal:
            if as_json:
                print_json(_data(journal))
                return
            rows = [*_run_rows(journal), *_work_rows(journal), *_event_rows(journal)]
        output_console().print(panel(f"journal {path}", rows))

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


_MEANINGS = {
    ("way to gradients", "None"): "exact",
    ("number of shots", "None"): "none, values are exact",
    ("start point", ""): "the workload's own",
}
"""What recorded contents mean, where their text does not say so."""

_PIECE = "a piece is the smallest part of an evaluation that a rank computes"


def _data(journal: Journal) -> dict[str, Any]:
    """Return the contents of a journal as plain data."""
    work = _Work.of(journal)
    unfinished = journal.unfinished()
    return {
        "file": journal.path,
        "origin": journal.origin,
        "seed": journal.seed,
        "contents": journal.contents,
        "answers": work.answers,
        "best": None if work.point is None else {"value": work.value, "x": work.point},
        "unfinished_pieces": len(unfinished.partials) if unfinished else 0,
        "pieces": {
            "number": work.pieces,
            "seconds": work.measured,
            "predicted_seconds": work.predicted or None,
        },
        "starts": [asdict(start) for start in journal.starts],
        "events": [asdict(event) for event in journal.events],
        "completed": journal.completed,
    }


@dataclass(frozen=True)
class _Work:
    """What the answers and pieces of a journal amount to.

    Attributes:
        answers: number of answers.
        value, point: the lowest value, and the parameters of it; None without a finite value.
        pieces: number of pieces.
        measured, predicted: their seconds in total.
    """

    answers: int
    value: float
    point: FloatArray | None
    pieces: int
    measured: float
    predicted: float

    @staticmethod
    def of(journal: Journal) -> _Work:
        value, point, answers = math.nan, None, 0
        for answer in journal.answers():
            answers += 1
            values = answer.told.values
            row = int(np.argmin(np.where(np.isnan(values), np.inf, values)))
            if not values[row] >= value and not math.isnan(values[row]):
                value, point = float(values[row]), answer.ask.points[row]
        measured, predicted, pieces = 0.0, 0.0, 0
        for piece in journal.pieces():
            pieces += 1
            measured += piece.measured
            predicted += piece.predicted or 0.0
        return _Work(answers, value, point, pieces, measured, predicted)


def _run_rows(journal: Journal) -> Iterator[Row]:
    origin = journal.origin
    yield "made from", str(origin.get("path") or "a script")
    yield "seed", str(journal.seed)
    for name, content in journal.contents.items():
        yield name, _MEANINGS.get((name, content)) or _shortened(content) or "the default"


def _work_rows(journal: Journal) -> Iterator[Row]:
    work = _Work.of(journal)
    unfinished = journal.unfinished()
    known = count(len(unfinished.partials), "piece") if unfinished else ""
    yield "answers", f"{work.answers}{f', and {known} of the next' if known else ''}"
    if work.point is not None:
        yield "best value", quantities.value(work.value)
    told = f", {quantities.seconds(work.predicted)} predicted" if work.predicted else ""
    yield "pieces", f"{work.pieces}, {quantities.seconds(work.measured)} measured{told}; {_PIECE}"
    end = journal.completed
    yield "state", str(end.get("message", "completed")) if end else "not completed"


def _event_rows(journal: Journal) -> Iterator[Row]:
    for start in journal.starts[-_EVENTS_SHOWN:]:
        hosts = ", ".join(dict.fromkeys(start.hosts))
        name = "first start" if start.start == 0 else f"resumption {start.start}"
        yield name, f"{count(len(start.hosts), 'rank')} on {hosts}; {start.plan}"
    events = [event for event in journal.events if event.kind != "usage"]
    for event in events[-_EVENTS_SHOWN:]:
        yield _when(event.time), sentence(event)


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

"""``hybrid watch``: follow a run from another terminal or host, by its journal alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from hybrid.cli.data import as_json
from hybrid.core.codes import DONE, RESUME_ME
from hybrid.core.errors import InputError
from hybrid.core.phases import Phase
from hybrid.core.units import duration
from hybrid.display.here import display_on
from hybrid.display.status import Status, wrapped
from hybrid.journal import Journal, is_locked, open_journal, peek
from hybrid.loop.result import Progress, RunDescription

_IDLE_PER_WORK = 150.0
"""Seconds of pause for each second of processor time, so that watching takes less than 1 %."""

_SILENT = 30.0
"""After this many seconds without a commit it is said so."""

RUNNING, ENDED, STOPPED, KILLED = "running", "ended", "stopped", "killed"


@dataclass
class Watched:
    """What a journal tells of its run, brought up to date by each :meth:`look`.

    Attributes:
        journal: open for reading; only new rows are read.
        status: of the run.
        state: "running", "ended", "stopped" or "killed".
        said: why it ended or stopped, or None.
    """

    journal: Journal
    status: Status = field(default_factory=Status)
    state: str = RUNNING
    said: str | None = None
    _answers: int = 0
    _pieces: int = 0
    _start: int = -1
    _latest: Progress | None = None
    _evaluations: int = 0
    _best: float = np.inf
    _most: int | None = None
    _began: float = 0.0
    _in_one: int = 1

    def look(self) -> None:
        """Read what is new."""
        # Before the journal: what a process wrote before it ended is then read for certain.
        locked = is_locked(self.journal.path)
        self._look_at_starts()
        self._look_at_answers()
        self._look_at_pieces()
        self.status.tick()
        for event in self.journal.events:
            if event.kind in ("start", "resume"):
                self.state, self.said = RUNNING, None
            elif event.kind == "completed":
                self.state, self.said = ENDED, str(event.detail.get("message", "completed"))
            elif event.kind == "stop":
                self.state, self.said = STOPPED, f"stopped by {event.detail.get('reason')}"
        if self.state == RUNNING and locked is False:
            self.state, self.said = KILLED, "its process has ended without a word"

    @property
    def silent(self) -> float:
        """Seconds since the run last wrote to its journal."""
        return max(time.time() - self.journal.path.stat().st_mtime, 0.0)

    def data(self) -> dict[str, Any]:
        """Return the state of the run as plain data."""
        now = self._latest
        return {
            "time": time.time(),
            "state": self.state,
            "message": self.said,
            "answers": self._answers,
            "evaluations": self._evaluations,
            "iteration": None if now is None else now.iteration,
            "max_iterations": None if now is None else now.max_iterations,
            "value": None if now is None else now.value,
            "standard_error": None if now is None else now.standard_error,
            "gradient_norm": None if now is None else now.gradient_norm,
            "best_value": self._best,
            "evaluations_per_second": self.status.evaluations_per_second,
            "busy": self.status.busy,
            "seconds_left": self.status.seconds_left,
            "seconds_since_write": self.silent,
        }

    def _look_at_starts(self) -> None:
        starts = self.journal.starts
        if not starts or starts[-1].start == self._start:
            return
        start = starts[-1]
        self._start = start.start
        about = start.environment.get("run", {})
        limit = about.get("seconds left")
        self._most = about.get("max iterations")
        self._began = start.time
        self.status.start(
            RunDescription(
                workload=str(about.get("workload", "")),
                simulator=start.simulator,
                optimizer=str(about.get("optimizer", "")),
                num_parameters=int(about.get("parameters", 0)),
                ranks=len(start.hosts),
                hosts=len(set(start.hosts)),
                threads=0,
                plan=start.plan,
                memory_bytes=0,
                seed=self.journal.seed,
                cores=int(start.environment.get("job cores", len(start.hosts))),
                seconds_left=None if limit is None else limit - (time.time() - start.time),
            )
        )
        self._in_one = int(start.environment.get("plan", {}).get("pieces", 1))

    def _look_at_answers(self) -> None:
        new = self.journal.questions(self._answers)
        if not len(new):
            return
        self._answers += len(new)
        self._evaluations += int(new.points.sum())
        self._best = float(np.fmin(self._best, np.fmin.reduce(new.values)))
        last = self.journal.answer(self._answers - 1)
        row = int(np.argmin(np.where(np.isnan(last.told.values), np.inf, last.told.values)))
        errors, gradients = last.told.standard_errors, last.told.gradients
        self._latest = Progress(
            iteration=last.ask.iteration,
            max_iterations=self._most,
            evaluations=self._evaluations,
            value=float(last.told.values[row]),
            best_value=self._best,
            wall_time=max(last.time - self._began, 0.0),
            point=last.ask.points[row],
            gradient=None if gradients is None else gradients[row],
            standard_error=None if errors is None else float(errors[row]),
        )
        self.status.see(self._latest, ago=max(time.time() - last.time, 0.0))

    def _look_at_pieces(self) -> None:
        self._pieces, seconds, unfinished = self.journal.new_pieces(self._pieces)
        work = Phase("evaluating", self._in_one, done=unfinished, busy=seconds)
        self.status.spent(work)
        since = self.status.since_answer
        self.status.phase = Phase(
            "evaluating", self._in_one, done=unfinished, started=time.perf_counter() - since
        )


def watch(path: Path, console: Console, *, interval: float, once: bool, as_json_lines: bool) -> int:
    """Follow the run of a journal until it ends; return the exit code.

    Args:
        path: of the journal; an empty one is waited for.
        console: where to show it.
        interval: seconds between two looks, at least.
        once: whether to look only once.
        as_json_lines: whether to print a line of JSON at each look.

    Raises:
        JournalError: see :func:`hybrid.open_journal`.
    """
    if not 0.1 <= interval <= 3600.0:
        raise InputError("--interval", got=interval, expected="seconds, from 0.1 to 3600")
    with open_journal(path) if once else _begun(path, console, interval) as journal:
        watched = Watched(journal)
        with display_on(console) as board:
            board.status = watched.status

            def show() -> None:
                if as_json_lines:
                    console.file.write(as_json(watched.data(), indent=None) + "\n")
                    console.file.flush()
                else:
                    board.draw()

            _follow(watched, show, interval, once=once)
            board.status = Status()  # what stays is printed below
        if not as_json_lines:
            _conclude(watched, console, path)
    return RESUME_ME if watched.state in (STOPPED, KILLED) else DONE


def _begun(path: Path, console: Console, interval: float) -> Journal:
    """Return the journal, once its run has begun."""
    if not path.exists():
        return open_journal(path)  # which refuses it
    waits = False
    while (journal := peek(path)) is None:
        if not waits:
            console.print(f"{path} is empty: waiting for its run to begin", soft_wrap=True)
        waits = True
        time.sleep(interval)
    return journal


def _follow(watched: Watched, show: Callable[[], None], interval: float, *, once: bool) -> None:
    while True:
        start = time.process_time()
        watched.look()
        show()
        if once or watched.state != RUNNING:
            return
        time.sleep(max(interval, _IDLE_PER_WORK * (time.process_time() - start)))


def _conclude(watched: Watched, console: Console, path: Path) -> None:
    said, status = watched.said or "", watched.status
    parts = [duration(status.progress.wall_time)] if status.progress is not None else []
    for line in wrapped([*parts, *status.parts()], console.width):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if watched.state in (STOPPED, KILLED):
        said += f"; resume it with: hybrid resume {path}"
    elif watched.state == RUNNING and watched.silent > _SILENT:
        said = f"running; nothing was written for {duration(watched.silent)}"
    if said:
        console.print(said, markup=False, highlight=False, soft_wrap=True)

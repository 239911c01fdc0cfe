"""The timeline of a run as a file for chrome://tracing and ui.perfetto.dev.

The format is "Trace Event Format", by Duca and Sinclair of the Chromium project; Perfetto reads it
as legacy JSON (perfetto.dev/docs/getting-started/other-formats).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.files import UnwritableError, write
from hybrid.core.notices import notify
from hybrid.runtime import Done, Team, World

MOST_PIECES = 1_000_000
"""Further pieces are counted, but not written, so that the file can be opened."""

_COLORS = {
    "quantum": "thread_state_running",
    "classical": "thread_state_runnable",
    "communication": "thread_state_iowait",
    "waiting": "thread_state_sleeping",
}
"""Colours of the kinds of span, by Chrome's names."""

_BETWEEN = (("classical", "optimizer"), ("waiting", "next evaluation"))
"""Between evaluations: rank 0, and the others."""


class _Piece(NamedTuple):
    rank: int
    piece: int
    began: float
    seconds: float
    quantum: float


class _Evaluation(NamedTuple):
    number: int
    asked: float
    heard: float
    answered: float
    pieces: list[_Piece]


class TimedTeam:
    """A team that remembers which rank ran which piece when; on rank 0.

    Args:
        team: runs the pieces; everything but :meth:`ask` is its.
        world: the ranks.
    """

    def __init__(self, team: Team[Any], world: World) -> None:
        self._team = team
        self._world = world
        self._began = time.perf_counter()
        self._evaluations: list[_Evaluation] = []
        self._pieces = 0
        self._left_out = 0

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the team."""
        return getattr(self._team, name)

    def ask(
        self,
        ask: Ask,
        known: Mapping[int, FloatArray] | None = None,
        heard: Callable[[Done], None] = lambda _: None,
    ) -> Any:
        """Return the answer to an Ask; see :meth:`hybrid.runtime.Team.ask`."""
        plan, number = self._team.plan(ask), self._team.number
        pieces: list[_Piece] = []
        last = asked = time.perf_counter()

        def hear(done: Done) -> None:
            nonlocal last
            last = time.perf_counter()
            if self._pieces < MOST_PIECES:
                for rank in plan.group_of(done.rank):
                    row = _Piece(rank, done.piece, done.began, done.seconds, done.quantum)
                    pieces.append(row)
                    self._pieces += 1
            else:
                self._left_out += 1
            heard(done)

        try:
            return self._team.ask(ask, known, hear)
        finally:
            now = time.perf_counter()
            self._evaluations.append(_Evaluation(number, asked, last, now, pieces))

    def write(self, path: Path) -> None:
        """Write the timeline so far; a notice says so if that fails, since the run has not."""

        def fill(file: IO[bytes]) -> None:
            file.write(b'{"displayTimeUnit": "ms", "traceEvents": [\n')
            for number, event in enumerate(self._events()):
                file.write((b",\n" if number else b"") + json.dumps(event).encode())
            about = {"pieces left out": self._left_out, "clock": "that of rank 0"}
            file.write(b'\n], "otherData": ' + json.dumps(about).encode() + b"}\n")

        try:
            write(path, fill)
        except UnwritableError as error:
            notify(f"hybrid: the trace is lost: {error}")

    def _events(self) -> Iterator[dict[str, Any]]:
        hosts = {name: number for number, name in enumerate(self._world.hosts)}
        for name, number in hosts.items():
            yield _named("process_name", number, 0, f"host {name}")
        for rank, host in enumerate(self._world.rank_hosts):
            place = {"pid": hosts[host], "tid": rank}
            yield _named("thread_name", hosts[host], rank, f"rank {rank}")
            yield {"ph": "M", "name": "thread_sort_index", **place, "args": {"sort_index": rank}}
        end = self._began
        for each in self._evaluations:
            for rank, host in enumerate(self._world.rank_hosts):
                place = {"pid": hosts[host], "tid": rank}
                kind, name = _BETWEEN[rank > 0]
                yield from self._span(place, kind, name, end, each.asked)
                mine = sorted((p for p in each.pieces if p.rank == rank), key=lambda p: p.began)
                yield from self._of_rank(place, rank, each, mine)
            end = each.answered

    def _of_rank(
        self, place: Mapping[str, int], rank: int, each: _Evaluation, pieces: list[_Piece]
    ) -> Iterator[dict[str, Any]]:
        """Yield the spans of a rank from a question to its answer."""
        now = each.asked
        for piece in pieces:
            yield from self._span(place, "communication", "to the piece", now, piece.began)
            between = piece.began + piece.quantum
            now = piece.began + piece.seconds
            told = {"piece": piece.piece, "evaluation": each.number + 1}
            what = f"piece {piece.piece}"
            yield from self._span(place, "quantum", what, piece.began, between, **told)
            yield from self._span(place, "classical", what, between, now, **told)
        if rank > 0:
            yield from self._span(place, "waiting", "other ranks", now, each.answered)
            return
        yield from self._span(place, "waiting", "other ranks", now, each.heard)
        yield from self._span(place, "classical", "combine", max(now, each.heard), each.answered)

    def _span(
        self, place: Mapping[str, int], kind: str, name: str, start: float, end: float, **told: int
    ) -> Iterator[dict[str, Any]]:
        """Yield a span in microseconds since the start, unless it is empty."""
        if end <= start:
            return
        times = {"ts": 1e6 * (start - self._began), "dur": 1e6 * (end - start)}
        shown = {"ph": "X", "cat": kind, "name": f"{kind}: {name}", "cname": _COLORS[kind]}
        yield {**shown, **place, **times, "args": told}


def _named(what: str, process: int, thread: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": what, "pid": process, "tid": thread, "args": {"name": name}}

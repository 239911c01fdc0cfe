"""Measure one row: two fresh processes, a first call each, then alternating runs."""

from __future__ import annotations

from dataclasses import dataclass

from bench.contention import watched
from bench.pairs import Comparison, compare
from bench.process import Worker, WorkerError
from bench.rows import Row

MISSED, REACHED, NO_TARGET = "missed", "reached", "no target"


@dataclass(frozen=True)
class Effort:
    """The effort per row: number of paired runs, and a time limit in seconds."""

    repeat: int = 7
    seconds: float = 40.0


@dataclass(frozen=True)
class Pythons:
    """The interpreters with hybrid and with the peers installed."""

    ours: str
    peers: str


@dataclass(frozen=True)
class Measured:
    """A row with its comparison and the cores used by other processes, or its failure."""

    row: Row
    comparison: Comparison | None
    versions: dict[str, str]
    others: float | None = None
    failure: str | None = None

    @property
    def verdict(self) -> str:
        """Whether the target was reached."""
        if self.failure is not None:
            return self.failure
        if self.row.target is None:
            return NO_TARGET
        return REACHED if self.comparison.ratio >= self.row.target else MISSED


def measure(row: Row, pythons: Pythons, threads: int, effort: Effort) -> Measured:
    """Run the row; if answers disagree or an engine fails, it has no ratio."""
    try:
        with watched() as contention:
            comparison, versions = _compared(row, pythons, threads, effort)
    except WorkerError as error:
        return Measured(row, None, {}, failure=f"failed: {str(error).splitlines()[-1]}")
    difference = comparison.disagreement
    failure = f"disagree: {difference}" if difference else None
    return Measured(row, comparison, versions, contention.cores, failure)


def _compared(
    row: Row, pythons: Pythons, threads: int, effort: Effort
) -> tuple[Comparison, dict[str, str]]:
    python = pythons.ours if row.engine == "ours" else pythons.peers
    ours_threads, other_threads = row.threads or threads, row.other_threads or threads
    options = {**row.options, "threads": ours_threads}
    other_options = {**row.other_options, **_threads_option(row.engine, other_threads)}
    with (
        Worker("ours", pythons.ours, ours_threads, options) as ours,
        Worker(row.engine, python, other_threads, other_options) as other,
    ):
        comparison = compare(
            (ours, ours.prepare(row.ours(), row.gradient)),
            (other, other.prepare((row.theirs or row.ours)(), row.gradient)),
            tolerance=row.tolerance,
            repeat=effort.repeat,
            seconds=effort.seconds,
        )
        return comparison, other.versions | ours.versions


def _threads_option(engine: str, threads: int) -> dict[str, int]:
    """Return the thread option of our engine; peers read their environment."""
    return {"threads": threads} if engine == "ours" else {}

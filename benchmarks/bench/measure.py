"""Measure one row: two fresh processes, a first call each, then runs in turns."""

from __future__ import annotations

from dataclasses import dataclass

from bench.contention import watched
from bench.pairs import Comparison, compare
from bench.process import Worker, WorkerError
from bench.rows import Row

MISSED, REACHED, NOT_ASKED = "missed", "reached", "not asked"


@dataclass(frozen=True)
class Effort:
    """How much is spent on a row: paired runs, and seconds after which fewer will do."""

    repeat: int = 7
    seconds: float = 40.0


@dataclass(frozen=True)
class Pythons:
    """The interpreters that have us and the peers installed."""

    ours: str
    peers: str


@dataclass(frozen=True)
class Measured:
    """A row with what was measured, how many cores others used meanwhile, or what went wrong."""

    row: Row
    comparison: Comparison | None
    versions: dict[str, str]
    others: float | None = None
    failure: str | None = None

    @property
    def verdict(self) -> str:
        """Whether the ratio that was asked for was reached."""
        if self.failure is not None:
            return self.failure
        if self.row.asked is None:
            return NOT_ASKED
        return REACHED if self.comparison.ratio >= self.row.asked else MISSED


def measure(row: Row, pythons: Pythons, threads: int, effort: Effort) -> Measured:
    """Run the row; answers that disagree and engines that fail leave a row without a ratio."""
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
    """Return the keyword that our engine takes; peers read their environment."""
    return {"threads": threads} if engine == "ours" else {}

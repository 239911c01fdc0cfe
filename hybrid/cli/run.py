"""``hybrid run``: from a run file to a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

import hybrid
from hybrid.cli import electrons, report
from hybrid.cli.budget import Budget
from hybrid.cli.progress import follower
from hybrid.cli.terminal import error_console
from hybrid.collective.topology import cores_of
from hybrid.core.early import loaded
from hybrid.core.seeds import derive
from hybrid.loop.result import Result
from hybrid.runtime import agree, free_bytes, on_survivors, world
from hybrid.settings import Job, MinimizeArguments, build, load, minimize_arguments
from hybrid.simulators import Choice

_SAMPLES = 1024
_STREAM = 2
"""Key of the seed of the samples, distinct from those of minimize()."""


@dataclass(frozen=True)
class Keeping:
    """Journal and limits of a run; for None, the run file decides.

    Attributes:
        journal: path of the journal, relative to the working directory.
        fork: path of a journal to start from.
        time_limit: in seconds.
        stall: how to handle a stalled piece (10x its predicted time).
    """

    journal: Path | None = None
    fork: Path | None = None
    time_limit: float | None = None
    stall: Literal["report", "abort"] | None = None

    def arguments(self, path: Path, overrides: Mapping[str, object]) -> dict[str, Any]:
        """Return these as arguments of minimize(), with the origin of the run."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        origin = {"kind": "run file", "path": str(path.absolute()), "overrides": dict(overrides)}
        return {name: v for name, v in given.items() if v is not None} | {"origin": origin}


def within(budget: str | None, time_limit: float | None, threads: int | None) -> float | None:
    """Return the time limit from a budget of core-hours, or the given one if it is shorter.

    The budget counts all cores that the ranks hold, including idle ones.

    Raises:
        InputError: the budget cannot be parsed.
    """
    if budget is None:
        return time_limit
    limit = Budget.parse(budget).core_seconds / cores_of(world(), threads)
    return limit if time_limit is None else min(limit, time_limit)


def run(
    path: Path,
    overrides: Mapping[str, object],
    console: Console,
    keeping: Keeping | None = None,
    *,
    quiet: bool,
) -> Result:
    """Run a file on all ranks of the job; print its description, progress and result.

    Collective. Only rank 0 writes to ``console``.

    Raises:
        HybridError: see :func:`hybrid.minimize` and :func:`hybrid.settings.load`.
    """
    job, arguments = prepared(path, overrides)
    loaded()
    chosen: dict[str, Any] = {
        **arguments,
        **(keeping or Keeping()).arguments(path, overrides),
    }
    if world().rank == 0 and not quiet:
        for note in job.notes:
            console.print(Text(f"note: {note}", "yellow"), soft_wrap=True)
    if quiet:
        result = hybrid.minimize(job.workload, **chosen)
    else:
        with follower(console, job.reference) as observer:
            result = hybrid.minimize(job.workload, **chosen, observer=observer)
    rows = report.result_rows(result, job.reference if job.electrons is None else None)
    try:
        if job.electrons is not None:
            rows = electrons.rows(job, result, arguments)
        rows += _sample_rows(job, result, arguments["simulator"])
    finally:  # print the result even if the measurements fail
        if world().rank == 0:
            workers = report.count(world().size, "rank")
            _deliver(console, report.closing_panel(result, rows, workers=workers))
    return result


def _deliver(console: Console, panel: Panel) -> None:
    """Print the closing table, on standard error if standard output cannot be written."""
    console.print(panel)
    if getattr(console.file, "failure", None) is not None:
        error_console().print(panel)


def prepared(
    path: Path, overrides: Mapping[str, object], *, here: bool = True
) -> tuple[Job, MinimizeArguments]:
    """Read the file on every rank; if one rank fails, all raise. Collective.

    Args:
        path: path of the run file.
        overrides: see :func:`hybrid.settings.load`.
        here: whether to check that the states fit in the memory of these hosts.
    """

    def read() -> tuple[Job, MinimizeArguments]:
        run_file = load(path, overrides)
        free = free_bytes() * len(world().hosts) if here else None
        return build(run_file, free), minimize_arguments(run_file)

    def contents(made: tuple[Job, MinimizeArguments]) -> Mapping[str, str]:
        return made[0].workload.contents()

    call = "the command line"
    return on_survivors(lambda: agree(world().communicator, call, read, contents), call)


def _sample_rows(job: Job, result: Result, simulator: Choice) -> list[report.Row]:
    """Sample the solution of a problem of bit strings, with the noise of the run; collective."""
    if job.sampled is None:
        return []
    seed = derive(result.seed, _STREAM)
    counts = hybrid.sample(job.circuit, result.point, _SAMPLES, simulator=simulator, seed=seed)
    assert isinstance(counts, dict)
    return report.sample_rows(job.sampled, counts, result, job.reference)

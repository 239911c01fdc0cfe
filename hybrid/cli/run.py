"""``hybrid run``: from a run file to a result."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

import hybrid
from hybrid.cli import electrons, report, results
from hybrid.cli.budget import Budget
from hybrid.cli.data import print_json
from hybrid.cli.following import following
from hybrid.cli.terminal import error_console, output_console
from hybrid.collective.topology import cores_of
from hybrid.core.early import loaded
from hybrid.core.phases import phase
from hybrid.core.seeds import derive
from hybrid.loop.result import Result
from hybrid.problems import MaxCut
from hybrid.runtime import agree, free_bytes, on_survivors, world
from hybrid.settings import (
    Job,
    MinimizeArguments,
    build,
    from_environment,
    load,
    minimize_arguments,
)
from hybrid.simulators import Choice
from hybrid.workloads import Scan

_CALL = "the command line"
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
        trace: file for the timeline of the ranks.
    """

    journal: Path | None = None
    fork: Path | None = None
    time_limit: float | None = None
    stall: Literal["report", "abort"] | None = None
    trace: Path | None = None

    def arguments(self, path: Path, overrides: Mapping[str, object]) -> dict[str, Any]:
        """Return these as arguments of minimize(), with the origin of the run."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        origin = {"kind": "run file", "path": str(path.absolute()), "overrides": dict(overrides)}
        return {name: v for name, v in given.items() if v is not None} | {"origin": origin}


@dataclass(frozen=True)
class Showing:
    """What a run shows and writes besides its journal.

    Attributes:
        quiet: whether to show the closing table only.
        as_json: whether standard output gets the result as JSON; progress is then on standard
            error.
        output: file for the result, or None.
    """

    quiet: bool = False
    as_json: bool = False
    output: Path | None = None

    def console(self) -> Console:
        """Return the console of what people read."""
        return error_console() if self.as_json else output_console()


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
    keeping: Keeping | None = None,
    showing: Showing | None = None,
    recorded: Mapping[str, object] | None = None,
) -> Result:
    """Run a file on all ranks of the job; print its description, progress and result.

    Collective. Only rank 0 writes. Settings of the environment replace those of the file, and
    ``overrides`` replace both; ``recorded`` are those of a run that is resumed.

    Raises:
        HybridError: see :func:`hybrid.minimize` and :func:`hybrid.settings.load`.
        UnwritableError: the result cannot be written to its file; it is printed before.
    """
    showing, overrides = showing or Showing(), settled(overrides, recorded)
    console = showing.console()
    with contextlib.nullcontext() if showing.quiet else following(console):
        job, arguments = prepared(
            path, overrides, check=lambda: results.check_output(showing.output)
        )
    loaded()
    chosen: dict[str, Any] = {
        **arguments,
        **(keeping or Keeping()).arguments(path, overrides),
    }
    if job.reference is not None:  # for reports
        chosen["origin"]["reference"] = asdict(job.reference)
    if showing.quiet:
        result = hybrid.minimize(job.workload, **chosen)
    else:
        if world().rank == 0:
            for note in job.notes:
                console.print(Text(f"note: {note}", "yellow"), soft_wrap=True)
        with following(console, job.reference):
            result = hybrid.minimize(job.workload, **chosen)
    if isinstance(job.workload, Scan):
        rows = report.scan_rows(job.workload, result)
    else:
        rows = report.result_rows(result, job.reference if job.electrons is None else None)
    more: dict[str, Any] = {"ranks": world().size, "journal": chosen["journal"]}
    try:
        if job.electrons is not None:
            measured = electrons.measured(job, result, arguments)
            rows, more["electrons"] = measured.rows(result, job.reference), measured.data()
        sample_rows, sampled = _samples(job, result, arguments["simulator"])
        rows, more = rows + sample_rows, more | sampled
    finally:  # deliver the result even if the measurements fail
        if world().rank == 0:
            data = results.result_data(job, result, **more)
            workers = report.count(world().size, "rank")
            _deliver(showing, data, report.closing_panel(result, rows, workers=workers))
            if showing.output is not None:
                results.save(showing.output, data, result)
    return result


def _deliver(showing: Showing, data: Mapping[str, Any], panel: Panel) -> None:
    """Print the result, on standard error if standard output cannot be written."""
    if showing.as_json:
        print_json(data)
    else:
        console = output_console()
        console.print(panel)
        if getattr(console.file, "failure", None) is not None:
            error_console().print(panel)


def prepared(
    path: Path,
    overrides: Mapping[str, object],
    *,
    here: bool = True,
    check: Callable[[], None] | None = None,
) -> tuple[Job, MinimizeArguments]:
    """Read the file on every rank; if one rank fails, all raise. Collective.

    Args:
        path: path of the run file.
        overrides: see :func:`hybrid.settings.load`.
        here: whether to check that the states fit in the memory of these hosts.
        check: further checks of rank 0.
    """

    def read() -> tuple[Job, MinimizeArguments]:
        with phase(f"reading {path.name}"):
            return built()

    def built() -> tuple[Job, MinimizeArguments]:
        if check is not None and world().rank == 0:
            check()
        run_file = load(path, overrides)
        settings = minimize_arguments(run_file)
        settings["time_limit"] = within(
            run_file.run.budget, settings["time_limit"], run_file.run.threads
        )
        free = free_bytes() * len(world().hosts) if here else None
        return build(run_file, free), settings

    def contents(made: tuple[Job, MinimizeArguments]) -> Mapping[str, str]:
        return made[0].workload.contents()

    return on_survivors(lambda: agree(world().communicator, _CALL, read, contents), _CALL)


def settled(
    overrides: Mapping[str, object], recorded: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return all settings that replace those of the run file, by dotted key; collective.

    Args:
        overrides: those of options, which replace those of the environment.
        recorded: those with which a run was started that is resumed; all others replace them.

    Raises:
        InputError: a variable is unknown; MismatchError if it differs between ranks.
    """

    def merged() -> dict[str, object]:
        return {**(recorded or {}), **from_environment(), **overrides}

    def contents(made: Mapping[str, object]) -> Mapping[str, str]:
        return {"setting of the environment": repr(sorted(made.items()))}

    return on_survivors(lambda: agree(world().communicator, _CALL, merged, contents), _CALL)


def _samples(
    job: Job, result: Result, simulator: Choice
) -> tuple[list[report.Row], dict[str, Any]]:
    """Sample the solution of a problem of bit strings, with the noise of the run; collective."""
    problem = job.sampled
    if problem is None:
        return [], {}
    seed = derive(result.seed, _STREAM)
    counts = hybrid.sample(job.circuit, result.point, _SAMPLES, simulator=simulator, seed=seed)
    assert isinstance(counts, dict)
    rows = report.sample_rows(problem, counts, result, job.reference)
    if isinstance(problem, MaxCut):
        cut = problem.interpret(counts)
        largest = -job.reference.value if job.reference is not None else None
        return rows, {"cut": {"weight": cut.value, "sides": cut.bitstring, "largest": largest}}
    if not any(map(problem.allows, counts)):
        return rows, {"sample": None}
    best = problem.interpret(counts)
    return rows, {"sample": {"cost": best.value, "bits": best.bitstring}}

"""The commands of ``hybrid``. Each imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from hybrid.cli import options
from hybrid.cli.options import overrides
from hybrid.core.codes import FAILED, INTERRUPTED, MEANINGS

if TYPE_CHECKING:
    from hybrid.loop.result import Result

F = TypeVar("F", bound=Callable[..., Any])

HELP = "\n\n".join(
    [
        "Variational quantum algorithms on a laptop or a supercomputer.",
        "Under mpiexec or srun the ranks share the work, and the result is the same bits.",
        "Settings come from the run file, then from the environment (HYBRID_RUN_SEED=7 for "
        "run.seed), then from options: each replaces those before it.",
        "Exit codes:",
        *(f"{code}: {meaning}" for code, meaning in MEANINGS.items()),
    ]
)


class _Shown:
    """Shows flags in the help without a type: they take no value."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters of the command, the option of the help included."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for each in found:
            if getattr(each, "is_flag", False) and each.metavar is None:
                each.metavar = ""
        return found


class _Command(_Shown, typer.core.TyperCommand):
    """A command of ``hybrid``."""


class _Group(_Shown, typer.core.TyperGroup):
    """``hybrid`` itself."""


app = typer.Typer(
    name="hybrid",
    help=HELP,
    no_args_is_help=True,
    cls=_Group,
    rich_markup_mode=None,  # which would load half of rich for the help
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def command() -> Any:
    """Return the command line as a click command."""
    return typer.main.get_command(app)


def _command(name: str, *examples: str) -> Callable[[F], F]:
    """Register a command with examples that its help ends with."""
    title = "Example:" if len(examples) == 1 else "Examples:"
    lines = "\n".join(f"  {each}" for each in examples)
    return app.command(name, cls=_Command, epilog=f"\b\n{title}\n{lines}")


def _workloads(incomplete: str) -> list[str]:
    """Return completions of a workload."""
    from hybrid.cli.init import WORKLOADS

    return [name for name in WORKLOADS if name.startswith(incomplete)]


def _examples(incomplete: str) -> list[str]:
    """Return completions of the name of an example."""
    from hybrid.cli.examples import names

    return [name for name in [*names(), "all"] if name.startswith(incomplete)]


@app.callback(invoke_without_command=True)
def top(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Handle options before the command."""
    if version:
        import hybrid

        typer.echo(f"hybrid {hybrid.__version__}")
        raise typer.Exit


@_command(
    "run",
    "hybrid run water.toml --output water.npz",
    "mpiexec -n 4 hybrid run water.toml --journal water.db --budget 2core-hours",
)
def run_command(
    file: options.File,
    seed: options.Seed = None,
    threads: options.Threads = None,
    max_iterations: options.MaxIterations = None,
    shots: options.Shots = None,
    journal: options.Journal = None,
    fork: options.Fork = None,
    time_limit: options.TimeLimit = None,
    stall: options.Stall = None,
    shards: options.Shards = None,
    groups: options.Groups = None,
    sector: options.Sector = None,
    budget: options.Budget = None,
    output: options.Output = None,
    trace: options.Trace = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Run a file. Options override its settings."""
    from hybrid.cli.run import Keeping, Showing, run, within

    limit = within(budget, _seconds(time_limit), threads)
    keeping = Keeping(journal, fork, limit, stall, trace)
    settings = overrides(seed, threads, max_iterations, shots, shards, groups, sector)
    _conclude(run(file, settings, keeping, Showing(quiet, as_json, output)))


@_command(
    "resume",
    "hybrid resume water.db",
    "mpiexec -n 8 hybrid resume water.db --time-limit 55m",
)
def resume_command(
    file: options.Record,
    into: Annotated[
        Path | None,
        typer.Option("--fork", help="Leave JOURNAL unchanged and continue in this new one."),
    ] = None,
    time_limit: options.TimeLimit = None,
    stall: options.Stall = None,
    shards: options.Shards = None,
    groups: options.Groups = None,
    output: options.Output = None,
    trace: options.Trace = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Resume a run from its journal, on any number of ranks."""
    from hybrid.cli.resume import resume
    from hybrid.cli.run import Keeping, Showing

    limit = _seconds(time_limit)
    keeping = Keeping(into or file, file if into else None, limit, stall, trace)
    settings = overrides(shards=shards, groups=groups)
    _conclude(resume(file, keeping, settings, Showing(quiet, as_json, output)))


@_command(
    "journal",
    "hybrid journal water.db",
    "hybrid journal water.db --csv --table pieces > pieces.csv",
)
def journal_command(
    file: options.Record,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table as CSV.")] = False,
    table: Annotated[
        Literal["answers", "pieces", "events"] | None,
        typer.Option(help="The table that --csv prints (default: answers)."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Print the contents of a journal, also during the run."""
    from hybrid.cli.journal import export, summary
    from hybrid.core.errors import InputError

    if as_csv and as_json:
        raise InputError("--json", got="--json and --csv", expected="one of them")
    if table is not None and not as_csv:
        raise InputError("--table", got=f"{table} without --csv", expected="both or neither")
    if as_csv:
        export(file, table or "answers")
    else:
        summary(file, as_json=as_json)


@_command("watch", "hybrid watch water.db", "hybrid watch water.db --json --interval 10")
def watch_command(
    file: options.Record,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", help="Look this often, or less often if that costs.")
    ] = 1.0,
    once: Annotated[bool, typer.Option("--once", help="Look once, and exit.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a line of JSON at each look.")
    ] = False,
) -> None:
    """Follow a run by its journal, from anywhere.

    The journal is only read. Exit codes: 0 when the run has ended (or with --once), 75 when it was
    stopped or killed and can be resumed.
    """
    from hybrid.cli.terminal import output_console
    from hybrid.cli.watch import watch

    console = output_console()
    raise typer.Exit(watch(file, console, interval=interval, once=once, as_json_lines=as_json))


@_command(
    "report",
    "hybrid report water.db -o water.html",
    "hybrid report before.db after.db -o both.html",
)
def report_command(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="JOURNAL...", help="The journal of a run, or several to compare."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The HTML file (default: beside the journal)."),
    ] = None,
    reference: Annotated[
        float | None, typer.Option(help="A value to compare with, such as the exact energy.")
    ] = None,
) -> None:
    """Write a report of a run as one HTML file, also during it."""
    from hybrid.cli.page import report

    report(files, output, reference)


@_command(
    "check", "hybrid check water.toml", "mpiexec -n 4 hybrid check water.toml --shards 2 --json"
)
def check_command(
    file: options.File,
    seed: options.Seed = None,
    threads: options.Threads = None,
    max_iterations: options.MaxIterations = None,
    shots: options.Shots = None,
    shards: options.Shards = None,
    groups: options.Groups = None,
    sector: options.Sector = None,
    as_json: options.Json = False,
) -> None:
    """Validate a file and print what would run."""
    from hybrid.cli.check import check

    settings = overrides(seed, threads, max_iterations, shots, shards, groups, sector)
    check(file, settings, as_json=as_json)


@_command(
    "plan",
    "hybrid plan water.toml",
    "hybrid plan water.toml --ranks 512 --threads 8 --memory 64GiB",
)
def plan_command(
    file: options.File,
    ranks: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Number of ranks to simulate.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads per rank.")] = None,
    memory: Annotated[str | None, typer.Option(help="Memory of each host, such as 64GiB.")] = None,
    machine: Annotated[
        Path | None, typer.Option(help="A Machine file from 'hybrid calibrate --output'.")
    ] = None,
    shots: options.Shots = None,
    shards: options.Shards = None,
    groups: options.Groups = None,
    sector: options.Sector = None,
    as_json: options.Json = False,
) -> None:
    """Explain how a run would be split over ranks, and why."""
    from hybrid.cli.plan import Imagined, show_plan

    settings = overrides(shots=shots, shards=shards, groups=groups, sector=sector)
    show_plan(file, settings, Imagined(ranks, threads, memory, machine), as_json=as_json)


@_command("calibrate", "hybrid calibrate", "mpiexec -n 2 hybrid calibrate --output node.json")
def calibrate_command(
    output: Annotated[
        Path | None,
        typer.Option(help="Write the Machine file here instead of to the cache folder."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Measure this kind of host, for better predictions (20 s)."""
    from hybrid.cli.calibrate import measure

    measure(output, as_json=as_json)


@_command(
    "init",
    "hybrid init molecule",
    "hybrid init maxcut --output graph.toml",
)
def init_command(
    workload: Annotated[
        str,
        typer.Argument(
            metavar="WORKLOAD",
            help="molecule, adapt, excited-states, maxcut, ising or noisy.",
            autocompletion=_workloads,
        ),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file (default: WORKLOAD.toml).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files.")] = False,
) -> None:
    """Write a commented run file to start from.

    It names every key with its meaning and default, and runs as it is; data that it needs are
    written beside it.
    """
    from hybrid.cli.init import init

    written = init(workload, output, force=force)
    typer.echo("wrote " + ", ".join(str(each) for each in written))
    typer.echo(f"next: hybrid run {written[0]}")


@_command("examples", "hybrid examples", "hybrid examples vqe.py --into my-project")
def examples_command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="The example to copy, or all; without it, they are listed.",
            autocompletion=_examples,
        ),
    ] = None,
    into: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where to copy to (default: here).")
    ] = Path(),
    as_json: options.Json = False,
) -> None:
    """List the examples, or copy one with its data."""
    from hybrid.cli import examples

    if name is not None:
        for path in examples.copy(name, into):
            typer.echo(path)
    elif as_json:
        from hybrid.cli.data import print_json

        print_json({"examples": [{"name": n, "shows": text} for n, text in examples.listed()]})
    else:
        width = max(map(len, examples.names()))
        for each, text in examples.listed():
            typer.echo(f"{each:<{width}}  {text}")


@_command("doctor", "hybrid doctor", "mpiexec -n 4 hybrid doctor --json")
def doctor_command(as_json: options.Json = False) -> None:
    """Check the installation, the ranks and their hosts.

    Each finding comes with its remedy. Exit codes: 0 if all is well, 1 if there is a problem.
    """
    from hybrid.cli.doctor import doctor

    raise typer.Exit(doctor(as_json=as_json))


def _seconds(time_limit: str | None) -> float | None:
    from hybrid.settings.durations import seconds_of

    return None if time_limit is None else seconds_of(time_limit, "--time-limit")


def _conclude(result: Result) -> None:
    """Turn a result into an exit code."""
    import math

    from hybrid.core.outcome import Outcome

    if result.outcome is Outcome.INTERRUPTED:
        raise typer.Exit(INTERRUPTED)
    if not math.isfinite(result.value):
        raise typer.Exit(FAILED)

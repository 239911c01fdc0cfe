"""The application ``hybrid``: its commands and their exit codes."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Annotated, Literal, NoReturn

import typer
from rich.text import Text

import hybrid
from hybrid.cli.output import safe_streams
from hybrid.cli.terminal import error_console, mend_size, output_console
from hybrid.core.early import INTERRUPTED
from hybrid.core.errors import HybridError, InputError, is_bad_input, printable
from hybrid.core.outcome import Outcome
from hybrid.loop.result import Result
from hybrid.runtime import RESUME_ME, abort, is_collective, join_if_launched, world

FAILED, BAD_INPUT = 1, 2

_HELP = f"""Variational quantum algorithms on a laptop or a supercomputer.

Under mpiexec or srun the ranks share the work, and the result is the same bits.

Exit codes:

0: the run ended; the closing table says whether it converged.

{FAILED}: it failed, or standard output could not be written (the closing table is then on standard
error).

{BAD_INPUT}: the input is invalid; nothing was run.

{RESUME_ME}: it was stopped (by a signal, the time limit or a stalled rank) and can be resumed.

{INTERRUPTED}: it was interrupted; the best point so far was printed.
"""

app = typer.Typer(
    name="hybrid",
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

File = Annotated[Path, typer.Argument(metavar="FILE.toml", help="The run file.")]
Seed = Annotated[int | None, typer.Option(help="Master seed; drawn and printed if not given.")]
Threads = Annotated[int | None, typer.Option(help="Threads per rank.")]
Shards = Annotated[
    str | None, typer.Option(help="Ranks that share one state: a power of two, or auto.")
]
Groups = Annotated[str | None, typer.Option(help="Groups of ranks that work in parallel, or auto.")]
Sector = Annotated[
    Literal["auto", "false"] | None,
    typer.Option(help="Symmetry sectors: auto, or false for dense states."),
]
MaxIterations = Annotated[int | None, typer.Option(help="Maximum number of optimizer iterations.")]
Shots = Annotated[int | None, typer.Option(help="Shots per group of compatible terms.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print only the closing table.")]
Journal = Annotated[
    Path | None,
    typer.Option(help="Record the run in this file, or resume from it if it exists."),
]
Fork = Annotated[
    Path | None, typer.Option(help="Start a new journal from this one, after a change of settings.")
]
TimeLimit = Annotated[
    str | None,
    typer.Option(help="Stop after this time, such as 55m, so that the run can be resumed."),
]
Stall = Annotated[
    Literal["report", "abort"] | None,
    typer.Option(help="How to handle a stalled piece (10 times its predicted time)."),
]


def main() -> NoReturn:
    """Run the command line of this process, and exit."""
    join_if_launched()
    sys.exit(command_line(sys.argv[1:]))


def command_line(arguments: Sequence[str]) -> int:
    """Run a command line on every rank of the job; return the exit code.

    Only rank 0 writes, so each message is printed once.
    """
    mend_size()
    with safe_streams() as output:
        code = _exit_code(arguments)
        output.flush()
        if output.failure is None or world().rank > 0:
            return code
        if not output.reader_left:
            print(f"error: standard output cannot be written: {output.failure}", file=sys.stderr)
        return code or FAILED


def _exit_code(arguments: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    try:
        with _muted_unless_first():
            command.main(list(arguments), prog_name="hybrid")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED if end.code else 0
    except HybridError as error:
        return refuse(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def refuse(error: HybridError) -> int:
    """Print an error once, and return the exit code.

    If the other ranks do not know of the error, the job is aborted.
    """
    code = BAD_INPUT if is_bad_input(error) else FAILED
    if world().size > 1 and not is_collective(error):
        abort(world().communicator, error)
    if world().rank == 0:
        text = Text.assemble(("error: ", "bold red"), printable(str(error)))
        error_console().print(text, soft_wrap=True)
    return code


@app.callback(invoke_without_command=True)
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Handle options before the command."""
    if version:
        typer.echo(f"hybrid {hybrid.__version__}")
        raise typer.Exit


@app.command("run")
def run_command(
    file: File,
    seed: Seed = None,
    threads: Threads = None,
    max_iterations: MaxIterations = None,
    shots: Shots = None,
    journal: Journal = None,
    fork: Fork = None,
    time_limit: TimeLimit = None,
    stall: Stall = None,
    shards: Shards = None,
    groups: Groups = None,
    sector: Sector = None,
    quiet: Quiet = False,
    budget: Annotated[
        str | None, typer.Option(help="Stop before this budget is exceeded, such as 200core-hours.")
    ] = None,
) -> None:
    """Run a file. Options override its settings."""
    from hybrid.cli.run import Keeping, run, within

    limit = within(budget, _seconds(time_limit), threads)
    keeping = Keeping(journal, fork, limit, stall)
    overrides = _overrides(seed, threads, max_iterations, shots, shards, groups, sector)
    _conclude(run(file, overrides, output_console(), keeping, quiet=quiet))


@app.command("resume")
def resume_command(
    file: Annotated[Path, typer.Argument(metavar="JOURNAL", help="The journal of the run.")],
    into: Annotated[
        Path | None,
        typer.Option("--fork", help="Leave JOURNAL unchanged and continue in this new one."),
    ] = None,
    time_limit: TimeLimit = None,
    stall: Stall = None,
    shards: Shards = None,
    groups: Groups = None,
    quiet: Quiet = False,
) -> None:
    """Resume a run from its journal, on any number of ranks."""
    from hybrid.cli.resume import resume
    from hybrid.cli.run import Keeping

    limit = _seconds(time_limit)
    keeping = Keeping(into or file, file if into else None, limit, stall)
    overrides = _overrides(shards=shards, groups=groups)
    _conclude(resume(file, keeping, output_console(), overrides, quiet=quiet))


@app.command("journal")
def journal_command(
    file: Annotated[Path, typer.Argument(metavar="JOURNAL", help="The journal of a run.")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table as CSV.")] = False,
    table: Annotated[
        Literal["answers", "pieces", "events"] | None,
        typer.Option(help="The table that --csv prints (default: answers)."),
    ] = None,
) -> None:
    """Print the contents of a journal, also during the run."""
    from hybrid.cli.journal import export, summary

    if as_csv:
        export(file, table or "answers")
    elif table is None:
        summary(file, output_console())
    else:
        raise InputError("--table", got=f"{table} without --csv", expected="both or neither")


def _conclude(result: Result) -> None:
    """Turn a result into an exit code."""
    if result.outcome is Outcome.INTERRUPTED:
        raise typer.Exit(INTERRUPTED)
    if not math.isfinite(result.value):
        raise typer.Exit(FAILED)


@app.command("check")
def check_command(
    file: File,
    seed: Seed = None,
    threads: Threads = None,
    max_iterations: MaxIterations = None,
    shots: Shots = None,
    shards: Shards = None,
    groups: Groups = None,
    sector: Sector = None,
) -> None:
    """Validate a file and print what would run, without running it."""
    from hybrid.cli.check import check

    overrides = _overrides(seed, threads, max_iterations, shots, shards, groups, sector)
    check(file, overrides, output_console())


@app.command("plan")
def plan_command(
    file: File,
    ranks: Annotated[
        int | None, typer.Option(min=1, max=100_000, help="Number of ranks to simulate.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Threads per rank.")] = None,
    memory: Annotated[str | None, typer.Option(help="Memory of each host, such as 64GiB.")] = None,
    machine: Annotated[
        Path | None, typer.Option(help="A Machine file from 'hybrid calibrate --output'.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    shots: Shots = None,
    shards: Shards = None,
    groups: Groups = None,
    sector: Sector = None,
) -> None:
    """Print how a run would be split over ranks, how long it would take, and why."""
    from hybrid.cli.plan import show_plan

    show_plan(
        file,
        _overrides(shots=shots, shards=shards, groups=groups, sector=sector),
        output_console(),
        ranks=ranks,
        threads=threads,
        memory=memory,
        machine=machine,
        as_json=as_json,
    )


@app.command("calibrate")
def calibrate_command(
    output: Annotated[
        Path | None,
        typer.Option(help="Write the Machine file here instead of to the cache folder."),
    ] = None,
) -> None:
    """Measure the speed of this kind of host for better predictions (less than 20 s)."""
    from hybrid.cli.calibrate import measure

    measure(output, output_console())


@app.command("doctor")
def doctor_command() -> None:
    """Print versions, the MPI library, ranks, cores and memory, and any problems."""
    from hybrid.cli.doctor import doctor

    doctor(output_console())


def _seconds(time_limit: str | None) -> float | None:
    from hybrid.settings.durations import seconds_of

    return None if time_limit is None else seconds_of(time_limit, "--time-limit")


def _overrides(
    seed: int | None = None,
    threads: int | None = None,
    max_iterations: int | None = None,
    shots: int | None = None,
    shards: str | None = None,
    groups: str | None = None,
    sector: str | None = None,
) -> dict[str, object]:
    given = {
        "run.shards": _number(shards),
        "run.groups": _number(groups),
        "simulator.sector": False if sector == "false" else sector,
        "run.seed": seed,
        "run.threads": threads,
        "optimizer.max_iterations": max_iterations,
        "simulator.shots": shots,
    }
    return {key: value for key, value in given.items() if value is not None}


def _number(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdecimal() else text


@contextmanager
def _muted_unless_first() -> Iterator[None]:
    if world().rank == 0:
        yield
        return
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield

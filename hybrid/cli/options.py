"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

File = Annotated[Path, typer.Argument(metavar="FILE.toml", help="The run file.")]
Record = Annotated[Path, typer.Argument(metavar="JOURNAL", help="The journal of a run.")]
Seed = Annotated[int | None, typer.Option(help="Master seed; drawn and printed if not given.")]
Threads = Annotated[int | None, typer.Option(help="Threads per rank.")]
Shards = Annotated[
    str | None, typer.Option(help="Ranks that share one state: a power of two, or auto.")
]
Groups = Annotated[str | None, typer.Option(help="Groups of ranks that work in parallel, or auto.")]
Sector = Annotated[
    Literal["auto", "false"] | None,
    typer.Option(help="Hold states in symmetry sectors (auto), or dense ones (false)."),
]
MaxIterations = Annotated[int | None, typer.Option(help="Maximum number of optimizer iterations.")]
Shots = Annotated[int | None, typer.Option(help="Shots per group of compatible terms.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print only the closing table; no progress.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the result, parameters included, to a .json or .npz file.",
    ),
]
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
Budget = Annotated[
    str | None, typer.Option(help="Stop before this budget is exceeded, such as 200core-hours.")
]
Stall = Annotated[
    Literal["report", "abort"] | None,
    typer.Option(help="How to handle a stalled piece (10 times its predicted time)."),
]

Trace = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.json",
        help="Write the timeline of all ranks for chrome://tracing or ui.perfetto.dev.",
    ),
]


def overrides(
    seed: int | None = None,
    threads: int | None = None,
    max_iterations: int | None = None,
    shots: int | None = None,
    shards: str | None = None,
    groups: str | None = None,
    sector: str | None = None,
) -> dict[str, Any]:
    """Return the settings that options replace, by dotted key of the run file.

    Example:
        >>> overrides(seed=7, shards="auto")
        {'run.shards': 'auto', 'run.seed': 7}
    """
    given = {
        "run.shards": _number(shards),
        "run.groups": _number(groups),
        "run.seed": seed,
        "run.threads": threads,
        "optimizer.max_iterations": max_iterations,
        "simulator.shots": shots,
        "simulator.sector": False if sector == "false" else sector,
    }
    return {key: value for key, value in given.items() if value is not None}


def _number(text: str | None) -> int | str | None:
    return int(text) if text is not None and text.isdecimal() else text

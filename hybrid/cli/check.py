"""``hybrid check``: validate a run file and print what would run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from hybrid.cli import report
from hybrid.cli.run import prepared
from hybrid.collective.call import call_together
from hybrid.loop.minimization import Minimization
from hybrid.runtime import world


def check(path: Path, overrides: Mapping[str, object], console: Console) -> None:
    """Print what a file would run; raise if it could not run. Collective.

    Raises:
        HybridError: what ``hybrid run`` would raise before the first evaluation.
    """
    job, arguments = prepared(path, overrides)
    call = call_together("hybrid check", lambda: Minimization.prepared(job.workload, **arguments))
    run, journal = call.prepared, arguments["journal"]
    description = run.describe(call, None if journal is None else str(journal))
    rows = report.description_rows(description, job.reference)
    if run.seed is None and run.recorded_seed is None:
        rows["seed"] = "not given, will be drawn"
    for number, note in enumerate(job.notes, 1):
        rows["note" if number == 1 else f"note {number}"] = note
    if world().rank == 0:
        console.print(report.panel("hybrid check", rows.items()))
        console.print(Text(f"{path} is valid; nothing was run."), soft_wrap=True)

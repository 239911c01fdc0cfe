"""``hybrid check``: validate a run file and print what would run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.text import Text

from hybrid.cli import report
from hybrid.cli.data import print_json
from hybrid.cli.results import reference_data
from hybrid.cli.run import prepared, settled
from hybrid.cli.terminal import output_console
from hybrid.collective.call import call_together
from hybrid.loop.minimization import Minimization
from hybrid.runtime import world


def check(path: Path, overrides: Mapping[str, object], *, as_json: bool) -> None:
    """Print what a file would run; raise if it could not run. Collective.

    Raises:
        HybridError: what ``hybrid run`` would raise before the first evaluation.
    """
    job, arguments = prepared(path, settled(overrides))
    call = call_together("hybrid check", lambda: Minimization.prepared(job.workload, **arguments))
    run, journal = call.prepared, arguments["journal"]
    description = run.describe(call, None if journal is None else str(journal))
    drawn = run.seed is None and run.recorded_seed is None
    if as_json:
        given = {**asdict(description), "seed": None if drawn else description.seed}
        compared = {"reference": reference_data(job.reference), "notes": list(job.notes)}
        print_json({"file": path, "valid": True, **given, **compared})
        return
    rows = report.description_rows(description, job.reference)
    if drawn:
        rows["seed"] = "not given, will be drawn"
    for number, note in enumerate(job.notes, 1):
        rows["note" if number == 1 else f"note {number}"] = note
    if world().rank == 0:
        console = output_console()
        console.print(report.panel("hybrid check", rows.items()))
        console.print(Text(f"{path} is valid; nothing was run."), soft_wrap=True)

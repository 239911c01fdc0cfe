"""``hybrid report``: the report of a run, or a comparison of several, as one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hybrid.report import write_report
from hybrid.runtime import agree, world


def report(journals: Sequence[Path], output: Path | None, reference: float | None) -> None:
    """Write the report and say where it is; on rank 0.

    Args:
        journals: paths of the journals.
        output: path of the HTML file; by default beside the first journal.
        reference: a value to compare with.

    Raises:
        InputError: the output cannot be written.
        JournalError: see :func:`hybrid.open_journal`.
    """
    job = world()
    target = output or journals[0].with_suffix(".html")

    def write_if_first() -> None:
        if job.rank == 0:
            write_report(journals, target, reference)

    agree(job.communicator, "hybrid report", write_if_first, lambda _: {})
    if job.rank == 0:
        print(f"{target}: open it in a browser; it needs nothing else")

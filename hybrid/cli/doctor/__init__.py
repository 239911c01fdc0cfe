"""``hybrid doctor``: what is installed, what this job sees, and what is wrong, with remedies.

``software.py`` looks at packages, ``library.py`` at the MPI library, ``hosts.py`` at what each rank
sees, ``pace.py`` at messages between ranks. Each yields rows to print and findings.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from hybrid.cli.data import print_json
from hybrid.cli.doctor import hosts, library, pace, software
from hybrid.cli.doctor.findings import Finding
from hybrid.cli.report import Row, panel
from hybrid.cli.terminal import output_console
from hybrid.core.codes import DONE, FAILED
from hybrid.runtime import world
from hybrid.runtime.messages import pack, unpack


def doctor(*, as_json: bool = False) -> int:
    """Print what is there and what is wrong; collective.

    Returns:
        the exit code: 1 if there is a problem, else 0; on ranks above 0, 0.
    """
    job = world()
    mine = hosts.seen_here()
    ranks = [unpack(message) for message in job.communicator.all_gather(pack(mine))]
    speeds = pace.measured(job)
    if job.rank > 0:
        return DONE
    mpi = library.probed()
    rows: list[Row] = [*software.rows(), *library.rows(mpi), *hosts.rows(job, ranks)]
    rows += pace.rows(speeds)
    found = [
        *library.findings(mpi),
        *software.findings(),
        *hosts.findings(job, ranks),
        *pace.findings(speeds),
    ]
    if as_json:
        print_json(
            {
                "well": not any(each.is_problem for each in found),
                "findings": [each.data() for each in found],
                "facts": [{"name": name, "text": str(text)} for name, text in rows],
                "ranks": ranks,
            }
        )
    else:
        _print(rows, found)
    return FAILED if any(each.is_problem for each in found) else DONE


def _print(rows: Sequence[Row], found: Sequence[Finding]) -> None:
    console = output_console()
    console.print(panel("hybrid doctor", rows))
    for each in found:
        mark = ("! ", "bold red") if each.is_problem else ("- ", "yellow")
        console.print(Text.assemble(mark, f"{each.what}: {each.remedy}"), soft_wrap=True)
    if not any(each.is_problem for each in found):
        console.print(Text("No problems found.", "green"))

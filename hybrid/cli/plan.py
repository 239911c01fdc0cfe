"""``hybrid plan``: how a run file would be split, here or on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.text import Text

from hybrid.calibration import here
from hybrid.cli import scaling
from hybrid.cli.data import print_json
from hybrid.cli.run import prepared, settled
from hybrid.cli.terminal import output_console
from hybrid.collective.topology import topology_of
from hybrid.core.errors import InputError
from hybrid.core.plan import Plan
from hybrid.core.units import duration
from hybrid.loop.minimization import Minimization
from hybrid.machine import load
from hybrid.runtime import free_bytes, thread_limit, world
from hybrid.scheduler import Simulated, Topology, simulate
from hybrid.scheduler.explain import as_data, explained


@dataclass(frozen=True)
class Imagined:
    """A job to plan for; where all are None, this one.

    Attributes:
        ranks: number of ranks.
        threads: threads of each rank.
        memory: memory of each host, as text.
        machine: path of a machine file.
    """

    ranks: int | None = None
    threads: int | None = None
    memory: str | None = None
    machine: Path | None = None

    @property
    def is_this_job(self) -> bool:
        """Whether nothing is imagined."""
        return self == Imagined()


def show_plan(
    path: Path, overrides: Mapping[str, object], imagined: Imagined, *, as_json: bool
) -> None:
    """Print how one evaluation of a run file is split, how long it takes, and why; collective.

    Raises:
        HybridError: the file is invalid, or the run does not fit in memory.
    """
    job, arguments = prepared(path, settled(overrides), here=imagined.is_this_job)
    threads = arguments["threads"] if imagined.threads is None else imagined.threads
    arguments["threads"] = threads
    arguments["journal"] = None  # irrelevant for the plan
    run = Minimization.prepared(job.workload, **arguments)
    if not imagined.is_this_job:
        known = here() if imagined.machine is None else load(imagined.machine)
        free = known.memory_bytes if imagined.memory is None else size_of(imagined.memory)
        topology = Topology.uniform(
            known, imagined.ranks or world().size, threads=threads, memory_bytes=free
        )
    else:
        topology = topology_of(world(), thread_limit())
        free = free_bytes()
    made = run.plan(topology, free)
    on_clock = None if made.prediction is None else simulate(made, topology)
    if world().rank != 0:
        return
    machine = topology.machines[0]
    found = scaling.scales(run, machine, free, threads, topology.size)
    if as_json:
        told = {
            "scaling": [each.data() for each in found],
            "explanation": [*scaling.explanation(made, found)],
        }
        print_json(_data(made, on_clock, run.evaluation.description) | told)
        return
    console = output_console()
    console.print(Text(f"{job.workload.description}\n{run.evaluation.description}"), soft_wrap=True)
    console.print(Text(explained(made)), soft_wrap=True)
    if on_clock is not None and topology.size > 1:
        text = (
            f"simulated: {duration(on_clock.wall)} with messages, "
            f"efficiency {on_clock.efficiency:.0%}; {on_clock.why}"
        )
        console.print(Text(text), soft_wrap=True)
    console.print()
    lines = [*scaling.explanation(made, found), "", *scaling.table(found, run.max_iterations)]
    for line in lines:
        console.print(Text(line), soft_wrap=line.startswith(" "))


def size_of(text: str) -> int:
    """Parse a memory size such as ``64GiB`` to bytes.

    Raises:
        InputError: not a memory size.

    Example:
        >>> size_of("64GiB") == 64 * 2**30, size_of("1.5 GB")
        (True, 1500000000)
    """
    units = {"": 1, "B": 1}
    for power, letter in enumerate("KMGTP", start=1):
        units[f"{letter}B".upper()] = 1000**power
        units[f"{letter}IB".upper()] = 1024**power
    number = text.strip()
    unit = ""
    while number and number[-1].isalpha():
        unit, number = number[-1] + unit, number[:-1]
    try:
        amount = float(number) * units[unit.upper()]
    except (KeyError, ValueError):
        amount = 0.0
    if not 0.0 < amount < 2.0**62:
        raise InputError(
            "memory", got=repr(text), expected="the memory of each host, such as 64GiB or 500GB"
        )
    return int(amount)


def _data(made: Plan, on_clock: Simulated | None, simulator: str) -> dict[str, Any]:
    data = as_data(made) | {"simulator": simulator}
    if on_clock is not None:
        data["simulated"] = {
            "seconds": on_clock.wall,
            "efficiency": on_clock.efficiency,
            "why": on_clock.why,
        }
    return data

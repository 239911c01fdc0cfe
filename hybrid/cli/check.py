"""``hybrid check``: what a run file would run, found out without running it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.text import Text

from hybrid.cli import report
from hybrid.cli.run import prepared
from hybrid.collective.call import Prepared, call_together
from hybrid.core.checks import checked_step
from hybrid.core.resources import Resources
from hybrid.loop.result import RunDescription
from hybrid.optimizers import make
from hybrid.runtime import world
from hybrid.scheduler.explain import summary
from hybrid.settings import Job, MinimizeArguments
from hybrid.workloads import Sampling


def check(path: Path, overrides: Mapping[str, object], console: Console) -> None:
    """Print what a file would run, and refuse what could not run; collective.

    Raises:
        HybridError: what ``hybrid run`` would raise before the first evaluation.
    """
    job, arguments = prepared(path, overrides)
    rows = report.description_rows(_described(job, arguments), job.reference)
    if arguments["seed"] is None:
        rows["seed"] = "none given, will be drawn"
    if world().rank == 0:
        console.print(report.panel("hybrid check", rows.items()))
        console.print(Text(f"{path} is in order; nothing was run."), soft_wrap=True)


def _described(job: Job, arguments: MinimizeArguments) -> RunDescription:
    """Compile the workload and plan its first evaluation, as minimize() does."""
    workload, shots = job.workload, arguments["shots"]
    step = checked_step(arguments["gradient"], shots)
    evaluation = workload.prepare(Sampling(arguments["simulator"], shots, step))
    optimizer = make(
        arguments["optimizer"],
        arguments["max_iterations"],
        arguments["tolerance"],
        **arguments["options"],
    )
    first_ask = next(optimizer.steps(np.zeros(workload.num_parameters), 0))
    call = call_together(
        "hybrid check",
        lambda: Prepared(
            evaluation=evaluation,
            first_ask=first_ask,
            num_qubits=workload.num_qubits,
            contents=dict,
            seed=arguments["seed"],
            resources=Resources.checked(
                arguments["threads"], arguments["shards"], arguments["groups"]
            ),
        ),
    )
    split = call.team.plan(first_ask)
    alone = evaluation.memory_bytes(first_ask)
    return RunDescription(
        workload=workload.description,
        simulator=evaluation.description,
        optimizer=optimizer.name,
        num_parameters=workload.num_parameters,
        ranks=call.world.size,
        hosts=len(call.world.hosts),
        threads=call.team.threads(split),
        plan=summary(split),
        memory_bytes=split.memory_bytes if split.groups else alone,
        seed=call.seed,
    )

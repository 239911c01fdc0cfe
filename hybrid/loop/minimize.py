"""``hybrid.minimize``: an optimizer asks, all ranks answer, until it ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike

from hybrid.collective.call import Call, call_together
from hybrid.core.errors import Suspended
from hybrid.core.notices import notify
from hybrid.core.resources import Auto
from hybrid.loop.lead import lead, result_of
from hybrid.loop.minimization import Minimization
from hybrid.loop.observers import Observer, Observers
from hybrid.loop.result import Result
from hybrid.optimizers import Optimizer
from hybrid.runtime import (
    CONTROL_C,
    PREEMPTION,
    StallReport,
    Stops,
    batch_time_limit,
    on_survivors,
    world,
)
from hybrid.simulators import Choice
from hybrid.workloads import Minimizable


def minimize(
    workload: Minimizable,
    optimizer: str | Optimizer = "L-BFGS-B",
    *,
    x0: ArrayLike | None = None,
    seed: int | None = None,
    simulator: Choice = "auto",
    shots: int | None = None,
    gradient: Literal["exact", "finite-difference"] = "exact",
    max_iterations: int | None = None,
    tolerance: float | None = None,
    options: Mapping[str, Any] | None = None,
    threads: int | None = None,
    shards: int | Auto = "auto",
    groups: int | Auto = "auto",
    observer: Observer | Sequence[Observer] | None = None,
    journal: str | os.PathLike[str] | None = None,
    fork: str | os.PathLike[str] | None = None,
    time_limit: float | None = None,
    stall: Literal["report", "abort"] = "report",
    origin: Mapping[str, Any] | None = None,
) -> Result:
    """Minimise a workload on all ranks of the job; each returns the same result.

    Collective: every rank makes the same call. Rank 0 runs the optimizer, all ranks evaluate.
    The result is the same bits for any number of ranks and threads.

    Args:
        workload: for instance :class:`hybrid.VQE` or :class:`hybrid.QAOA`.
        optimizer: a name (``hybrid.optimizers.names()``) or an optimizer.
        x0: shape (P,), where to start. If None, ``workload.initial_point`` suggests a point.
        seed: master seed. If None, a fresh one is drawn and reported as ``Result.seed``.
        simulator: "auto", a name (``hybrid.simulators.names()``), a simulator or a Qiskit
            estimator.
        shots: measurements of each group of compatible terms. If None, values are exact.
        gradient: "finite-difference" replaces gradients that have no exact rule.
        max_iterations: limit of the optimizer's steps. If None, the optimizer's own.
        tolerance: when to stop, as the optimizer defines it. The optimizer is told the cost
            divided by a power of four near ``workload.scale()``, which is 1 for costs of usual
            size, and tolerances hold for that quotient.
        options: further options of the optimizer, by name.
        threads: for each rank. If None, the ranks with work share the cores of their host.
        shards: ranks that share one state, a power of two. "auto" takes as few as have the memory,
            or more where that is faster.
        groups: how many such groups of ranks work side by side. "auto" takes as many as possible.
        observer: progress callbacks, one or several, called on rank 0 only. Where ``progressed``
            returns a string, the run stops there and gives it as the reason.
        journal: a file that records the run. Where it exists the run continues from its end, with
            the same final bits as if it had never stopped, on any number of ranks.
        fork: a journal to start from where something else has changed; it is left as it is, and
            its answers are reused as far as they are answers of this run too.
        time_limit: seconds since the process began after which no evaluation is started. With a
            journal, SLURM's limit of the job (with a margin) is respected by itself.
        stall: how to handle a stalled piece (10 times its predicted time): "report" it with its
            rank and where that rank is, or "abort" the job (exit code 75) so that it can resume.
        origin: where the run comes from, plain data that the journal keeps.

    Returns:
        The best point found, and ``outcome``, ``success`` and ``message`` that say how the run
        ended. A run that starts where the gradient vanishes begins again nearby and says so.

    Raises:
        InputError: an argument is not usable; raised before anything runs. RecordError if the
            journal records another run; the message shows the differences.
        JournalError: the journal cannot be read or written.
        Suspended: a signal (SIGINT, SIGTERM, SIGUSR1) or the time limit stopped a run that has a
            journal; a SystemExit with code 75, on all ranks. Without a journal SIGINT and the
            time limit end the run with the best point so far.
        MismatchError: the ranks were given different things.
        RankError: another rank failed; its traceback is in the message.

    Example:
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> import hybrid
        >>> ansatz = QuantumCircuit(1)
        >>> _ = ansatz.ry(Parameter("a"), 0)
        >>> result = hybrid.minimize(hybrid.VQE(ansatz, SparsePauliOp("Z")), x0=[0.1])
        >>> round(result.value, 6)
        -1.0
    """

    def prepare() -> Minimization:
        return Minimization.prepared(
            workload,
            optimizer,
            x0=x0,
            seed=seed,
            simulator=simulator,
            shots=shots,
            gradient=gradient,
            max_iterations=max_iterations,
            tolerance=tolerance,
            options=options,
            threads=threads,
            shards=shards,
            groups=groups,
            observer=observer,
            journal=journal,
            fork=fork,
            time_limit=time_limit,
            stall=stall,
            origin=origin,
        )

    result = on_survivors(lambda: _minimized(prepare), "minimize()")
    if world().rank == 0:
        Observers.checked(observer).finished(result)
    return result


def _minimized(prepare: Callable[[], Minimization]) -> Result:
    """Run a minimization on the ranks that there are; collective."""
    call = call_together("minimize()", prepare)
    late = StallReport(call.world, call.prepared.stall)
    stops = _stops(call)
    try:
        message, core_seconds = call.team.run(
            lambda team: lead(team, call, stops, late), stops=stops, stall=late
        )
    except Suspended as suspended:
        if call.world.rank == 0:
            notify(suspended.message)
        raise
    return result_of(message, core_seconds)


def _stops(call: Call[Minimization]) -> Stops:
    """Return what ends a run early: more where it can be resumed."""
    limit = call.prepared.time_limit
    if call.prepared.recording is None:
        return Stops(CONTROL_C, limit)
    if call.world.rank == 0:  # which asks the batch system for all, and tells them to stop
        limits = [each for each in (limit, batch_time_limit()) if each is not None]
        limit = min(limits, default=None)
    return Stops(PREEMPTION, limit)

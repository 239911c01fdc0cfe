"""``hybrid.minimize``: rank 0 runs the optimizer, all ranks evaluate."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from numpy.typing import ArrayLike

from hybrid.collective.call import Call, call_together
from hybrid.core.checks import WhetherSector
from hybrid.core.errors import Suspended, SuspendedSession
from hybrid.core.notices import notify
from hybrid.core.phases import run_failed
from hybrid.core.resources import Auto
from hybrid.core.session import is_interactive
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
    elsewhere,
    inside_call,
    is_nested,
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
    sector: WhetherSector = "auto",
    observer: Observer | Sequence[Observer] | None = None,
    journal: str | os.PathLike[str] | None = None,
    fork: str | os.PathLike[str] | None = None,
    time_limit: float | None = None,
    stall: Literal["report", "abort"] = "report",
    trace: str | os.PathLike[str] | None = None,
    origin: Mapping[str, Any] | None = None,
) -> Result:
    """Minimise a workload on all ranks of the job; every rank returns the same result.

    Collective: every rank makes the same call. Rank 0 runs the optimizer, all ranks evaluate.
    The result is the same bits for any number of ranks and threads.

    Args:
        workload: for instance :class:`hybrid.VQE` or :class:`hybrid.QAOA`.
        optimizer: a name (``hybrid.optimizers.names()``), an optimizer, or one of another library:
            see :func:`hybrid.optimizers.make`.
        x0: shape (P,), the starting point. If None, ``workload.initial_point`` suggests one.
        seed: master seed. If None, a fresh one is drawn and reported as ``Result.seed``.
        simulator: "auto", a name (``hybrid.simulators.names()``), a simulator, or an
            estimator, sampler or backend of Qiskit.
        shots: measurements of each group of compatible terms. If None, values are exact.
        gradient: "finite-difference" replaces parameter-shift rules, for gates that have none.
        max_iterations: maximum number of optimizer steps. If None, the optimizer's default.
        tolerance: convergence tolerance, as the optimizer defines it. It applies to the cost
            divided by a power of four near ``workload.scale()``; the divisor is 1 for costs of
            usual size.
        options: further options of the optimizer, by name.
        threads: threads of each rank. If None, the ranks with work share the cores of their host.
        shards: ranks that share one state, a power of two. "auto" uses the fewest that have the
            memory, or more if that is predicted to be faster.
        groups: number of such groups that work in parallel. "auto" uses as many as possible.
        sector: "auto" holds exact states in a symmetry sector, such as a fixed number of
            particles, where the circuit conserves one and that pays; False never does.
        observer: progress callbacks, one or several, invoked on rank 0 only. If ``progressed``
            returns a string, the run stops and reports it as the reason.
        journal: file that records the run. If it exists, the run resumes from it, on any number of
            ranks, and ends with the same bits as an uninterrupted run.
        fork: journal of an earlier run to start from, after a change. It is not modified; its
            answers are reused if they are valid for this run.
        time_limit: seconds since the process began after which no evaluation starts. With a
            journal, SLURM's time limit (less a margin) applies too.
        stall: how to handle a stalled piece (10 times its predicted time): "report" it with its
            rank and stack, or "abort" the job (exit code 75) so that it can be resumed.
        trace: file for the timeline of every rank (quantum, classical, communication, waiting) in
            the format of chrome://tracing and ui.perfetto.dev; written when the run ends or stops.
        origin: where the run comes from, plain data stored in the journal.

    Returns:
        The best point found, with ``outcome``, ``success`` and ``message``. If the gradient
        vanishes at the start, the run restarts from a nearby point, and ``message`` says so.

    Raises:
        InputError: an argument is not usable; raised before anything runs. RecordError if the
            journal records another run; the message shows the differences.
        JournalError: the journal cannot be read or written.
        Suspended: a signal (SIGINT, SIGTERM, SIGUSR1) or the time limit stopped a run that has a
            journal; a SystemExit with code 75, on all ranks. Without a journal SIGINT and the
            time limit end the run with the best point so far.
        SuspendedSession: the same in an interactive session; a KeyboardInterrupt.
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

    if (ranks := elsewhere()) is not None:
        sent: Result = ranks.call("minimize", locals())
        return sent

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
            sector=sector,
            observer=observer,
            journal=journal,
            fork=fork,
            time_limit=time_limit,
            stall=stall,
            trace=trace,
            origin=origin,
        )

    try:
        result = on_survivors(lambda: _minimized(prepare), "minimize()")
    except BaseException:
        if not is_nested():  # the run around this one is shown, and goes on
            run_failed()
        raise
    if world().rank == 0:
        observers = Observers.checked(observer).and_displays()
        with inside_call(result.seed):
            observers.finished(result)
    return result


def _minimized(prepare: Callable[[], Minimization]) -> Result:
    """Run a minimization on the present ranks; collective."""
    call = call_together("minimize()", prepare)
    late = StallReport(call.world, call.prepared.stall)
    stops = _stops(call)
    try:
        message, core_seconds = call.team.run(
            lambda team: lead(team, call, stops, late),
            stops=stops,
            stall=late,
            metered=call.prepared.recording is not None,
        )
    except Suspended as suspended:
        if call.world.rank == 0 and not is_interactive():
            notify(suspended.message)
        if is_interactive():
            raise SuspendedSession(suspended) from None
        raise
    return result_of(message, core_seconds)


def _stops(call: Call[Minimization]) -> Stops:
    """Return what stops a run early; with a journal, also signals and SLURM's time limit."""
    limit = call.prepared.time_limit
    if call.prepared.recording is None:
        return Stops(CONTROL_C, limit)
    if call.world.rank == 0:  # queries the batch system once and tells the other ranks to stop
        limits = [each for each in (limit, batch_time_limit()) if each is not None]
        limit = min(limits, default=None)
    return Stops(PREEMPTION, limit)

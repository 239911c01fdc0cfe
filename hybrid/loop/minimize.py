"""The one loop: an optimizer asks, all ranks answer, until the optimizer is content."""

from __future__ import annotations

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from hybrid.collective.call import Call, Prepared, call_together
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import (
    checked_seed,
    checked_shots,
    checked_stall,
    checked_start,
    checked_step,
    checked_time_limit,
)
from hybrid.core.digest import digest
from hybrid.core.errors import InputError, Suspended
from hybrid.core.resources import Resources
from hybrid.core.seeds import derive
from hybrid.journal import Identity
from hybrid.loop.provenance import code_contents
from hybrid.loop.recording import Recording, Start, answers_of, checked_recording
from hybrid.loop.replay import Answers
from hybrid.loop.result import History, Observer, Progress, Result, RunDescription
from hybrid.optimizers import Optimizer, Solution, make
from hybrid.runtime import (
    CONTROL_C,
    PREEMPTION,
    OnStall,
    StallReport,
    Stopped,
    Stops,
    Team,
    batch_time_limit,
    on_survivors,
    world,
)
from hybrid.scheduler.explain import summary
from hybrid.simulators import Choice
from hybrid.workloads import Minimizable, Sampling

_LAST_ANSWERS = 20
"""By which it is guessed how long the next one takes."""


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
    shards: int | Literal["auto"] = "auto",
    groups: int | Literal["auto"] = "auto",
    observer: Observer | None = None,
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
        x0: shape (P,), where to start; by default where the workload suggests.
        seed: of everything random; by default drawn afresh and told in the result.
        simulator: "auto", a name (``hybrid.simulators.names()``), a simulator or a Qiskit
            estimator.
        shots: measurements of each group of compatible terms; by default exact values.
        gradient: "finite-difference" replaces gradients that have no exact rule.
        max_iterations: a bound on the optimizer's steps; by default the optimizer's own.
        tolerance: when to stop, as the optimizer understands it.
        options: further options of the optimizer, by name.
        threads: for each rank; by default the ranks with work share the cores of their host.
        shards: ranks that share one state, a power of two; by default as few as have the memory, or
            more where that is faster.
        groups: how many such groups of ranks work side by side; by default all that there can be.
        observer: who hears of the run while it goes on, on rank 0.
        journal: a file that records the run. Where it exists the run goes on from its end, with
            the same final bits as if it had never stopped, on any number of ranks.
        fork: a journal to start from where something else has changed; it is left as it is, and
            its answers are taken over as far as they are answers of this run too.
        time_limit: seconds since the process began after which no evaluation is started. With a
            journal, SLURM's limit of the job (with a margin) is respected by itself.
        stall: what to do of a piece that takes 10 times its expected time: "report" it with its
            rank and where that rank is, or "abort" the job (exit code 75) so that it can resume.
        origin: where the run comes from, plain data that the journal keeps.

    Raises:
        InputError: an argument is not usable; raised before anything runs. RecordError where the
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

    def prepare() -> _Minimization:
        _check_workload(workload)
        sampling = Sampling(simulator, checked_shots(shots), checked_step(gradient, shots))
        method = _optimizer(optimizer, max_iterations, tolerance, options)
        start = None if x0 is None else checked_start(x0, workload.num_parameters)
        recording = checked_recording(journal, fork, origin)

        def contents() -> dict[str, str]:
            return {
                **workload.contents(),
                **sampling.contents(),
                **code_contents(workload),
                "optimizer": repr(method),
                "start point": "" if start is None else digest(start),
            }

        return _Minimization(
            workload=workload,
            optimizer=method,
            x0=start,
            evaluation=workload.prepare(sampling),
            first_ask=first_ask(method, workload.num_parameters),
            num_qubits=workload.num_qubits,
            contents=lambda: {
                **contents(),
                "journal": str(journal),
                "time limit": str(time_limit),
                "way to handle stalls": str(stall),
            },
            seed=checked_seed(seed),
            resources=Resources.checked(threads, shards, groups),
            recorded_seed=_recorded_seed(recording, contents, seed),
            recording=recording,
            identity=contents,
            time_limit=checked_time_limit(time_limit),
            stall=checked_stall(stall),
        )

    result = on_survivors(lambda: _minimized(prepare, observer), "minimize()")
    if observer is not None and world().rank == 0:
        observer.finished(result)
    return result


def _minimized(prepare: Callable[[], _Minimization], observer: Observer | None) -> Result:
    """Run a minimization on the ranks that there are; collective."""
    call = call_together("minimize()", prepare)
    late = StallReport(call.world, call.prepared.stall)
    stops = _stops(call)
    try:
        message, core_seconds = call.team.run(
            lambda team: _lead(team, call, observer, stops, late), stops=stops, stall=late
        )
    except Suspended as suspended:
        if call.world.rank == 0:
            print(suspended.message, file=sys.stderr, flush=True)
        raise
    return _result(message, core_seconds)


@dataclass(frozen=True, kw_only=True)
class _Minimization(Prepared):
    """A workload, the optimizer, where it starts if the user has said so, and where it is kept."""

    workload: Minimizable
    optimizer: Optimizer
    x0: FloatArray | None
    recording: Recording | None
    identity: Callable[[], Mapping[str, str]]
    time_limit: float | None
    stall: OnStall

    def start(self, seed: int) -> FloatArray:
        """Return where the optimizer starts."""
        return self.workload.initial_point(seed) if self.x0 is None else self.x0


@dataclass
class _Record:
    """What the loop writes down while it goes on."""

    started: float
    iterations: list[int] = field(default_factory=list)
    evaluations: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    wall_times: list[float] = field(default_factory=list)
    durations: deque[float] = field(default_factory=lambda: deque(maxlen=_LAST_ANSWERS))
    best_x: FloatArray | None = None
    best_value: float = np.inf
    standard_errors: dict[bytes, float] = field(default_factory=dict)

    @property
    def longest(self) -> float:
        """How long the slowest of the last answers took, in seconds."""
        return max(self.durations, default=0.0)

    def add(self, ask: Ask, told: Told) -> None:
        """Write down an answer."""
        lowest = int(np.argmin(np.where(np.isnan(told.values), np.inf, told.values)))
        value = float(told.values[lowest])
        if value < self.best_value:
            self.best_x, self.best_value = ask.points[lowest].copy(), value
        self.iterations.append(ask.iteration)
        self.evaluations.append((self.evaluations or [0])[-1] + len(ask.points))
        self.values.append(value)
        wall_time = time.perf_counter() - self.started
        self.durations.append(wall_time - (self.wall_times or [0.0])[-1])
        self.wall_times.append(wall_time)
        if told.standard_errors is not None:
            for point, error in zip(ask.points, told.standard_errors, strict=True):
                self.standard_errors[point.tobytes()] = float(error)


def _lead(
    team: Team[Told],
    call: Call[_Minimization],
    observer: Observer | None,
    stops: Stops,
    late: StallReport,
) -> dict[str, Any]:
    """Run the optimizer on rank 0; return the result as a message."""
    record = _Record(time.perf_counter())
    with _answers(team, call) as answers:
        late.record = answers.stalled
        if observer is not None:
            observer.started(_description(call, answers))
        solution = _solve(answers, call, record, observer, stops)
        message = {
            "value": solution.value,
            "x": np.asarray(solution.x, dtype=np.float64),
            "message": solution.message,
            "success": solution.success,
            "iterations": solution.iterations,
            "evaluations": record.evaluations[-1] if record.evaluations else 0,
            "wall_time": time.perf_counter() - record.started,
            "standard_error": record.standard_errors.get(np.asarray(solution.x).tobytes()),
            "history": [record.iterations, record.evaluations, record.values, record.wall_times],
            "seed": call.seed,
        }
        answers.completed({**message, "x": solution.x.tolist(), "history": len(record.values)})
    return message


def _answers(team: Team[Told], call: Call[_Minimization]) -> AbstractContextManager[Answers]:
    """Return where answers come from: a record, as far as there is one, and the ranks."""
    prepared = call.prepared
    if prepared.recording is None:
        return answers_of(team)
    start = Start(
        simulator=prepared.evaluation.description,
        plan=team.plan(prepared.first_ask),
        reproducible=prepared.evaluation.reproducible,
    )
    identity = Identity(prepared.identity(), call.seed)
    return prepared.recording.opened(team, call.world, identity, start)


def _stops(call: Call[_Minimization]) -> Stops:
    """Return what ends a run early: more where it can be resumed."""
    limit = call.prepared.time_limit
    if call.prepared.recording is None:
        return Stops(CONTROL_C, limit)
    if call.world.rank == 0:  # which asks the batch system for all, and tells them to stop
        limits = [each for each in (limit, batch_time_limit()) if each is not None]
        limit = min(limits, default=None)
    return Stops(PREEMPTION, limit)


def _recorded_seed(
    recording: Recording | None, contents: Callable[[], Mapping[str, str]], seed: int | None
) -> int | None:
    """Refuse a journal that cannot be gone on with, on rank 0; return the seed it holds."""
    if recording is None or world().rank > 0:
        return None
    return recording.check(Identity(contents(), seed))


def _solve(
    answers: Answers,
    call: Call[_Minimization],
    record: _Record,
    observer: Observer | None,
    stops: Stops,
) -> Solution:
    optimizer = call.prepared.optimizer
    steps = optimizer.steps(call.prepared.start(derive(call.seed, 0)), derive(call.seed, 1))
    try:
        ask = next(steps)
        while True:
            told = answers.ask(ask)
            record.add(ask, told)
            if observer is not None:
                observer.progressed(_progress(record, optimizer))
            stops.look_ahead(record.longest)
            ask = steps.send(told)
    except StopIteration as end:
        solution: Solution = end.value
        return solution
    except Stopped as stopped:
        answers.stopped(stopped.reason)
        return _interrupted(record, ask, stopped.reason)
    finally:
        steps.close()


def _interrupted(record: _Record, ask: Ask, reason: str) -> Solution:
    x = record.best_x if record.best_x is not None else ask.points[0]
    message = (
        f"Interrupted by {reason} in iteration {ask.iteration}; the best point so far is kept."
    )
    return Solution(x, record.best_value, False, message, ask.iteration)


def _progress(record: _Record, optimizer: Optimizer) -> Progress:
    return Progress(
        iteration=record.iterations[-1],
        max_iterations=getattr(optimizer, "max_iterations", None),
        evaluations=record.evaluations[-1],
        value=record.values[-1],
        best_value=record.best_value,
        wall_time=record.wall_times[-1],
    )


def _description(call: Call[_Minimization], answers: Answers) -> RunDescription:
    prepared = call.prepared
    split = call.team.plan(prepared.first_ask)
    alone = prepared.evaluation.memory_bytes(prepared.first_ask)
    return RunDescription(
        workload=prepared.workload.description,
        simulator=prepared.evaluation.description,
        optimizer=prepared.optimizer.name,
        num_parameters=prepared.workload.num_parameters,
        ranks=call.world.size,
        hosts=len(call.world.hosts),
        threads=call.team.threads(split),
        plan=summary(split),
        memory_bytes=split.memory_bytes if split.groups else alone,
        seed=call.seed,
        journal=answers.description,
    )


def first_ask(optimizer: Optimizer, num_parameters: int) -> Ask:
    """Return an Ask like the optimizer's first, by which the run is planned before it starts."""
    steps = optimizer.steps(np.zeros(num_parameters), 0)
    try:
        return next(steps)
    finally:
        steps.close()


def _check_workload(workload: object) -> None:
    if not isinstance(workload, Minimizable):
        raise InputError(
            "workload",
            got=type(workload).__name__,
            expected="a workload such as hybrid.VQE(ansatz, observable)",
        )


def _optimizer(
    optimizer: str | Optimizer,
    max_iterations: int | None,
    tolerance: float | None,
    options: Mapping[str, Any] | None,
) -> Optimizer:
    if max_iterations is not None and (
        isinstance(max_iterations, bool) or not isinstance(max_iterations, int)
    ):
        raise InputError("max_iterations", got=repr(max_iterations), expected="an integer")
    return make(optimizer, max_iterations, tolerance, **dict(options or {}))


def _result(message: Mapping[str, Any], core_seconds: float) -> Result:
    iterations, evaluations, values, wall_times = message["history"]
    return Result(
        value=message["value"],
        x=message["x"],
        message=message["message"],
        success=message["success"],
        evaluations=message["evaluations"],
        iterations=message["iterations"],
        wall_time=message["wall_time"],
        core_seconds=core_seconds,
        history=History(
            np.array(iterations, dtype=np.int64),
            np.array(evaluations, dtype=np.int64),
            np.array(values, dtype=np.float64),
            np.array(wall_times, dtype=np.float64),
        ),
        standard_error=message["standard_error"],
        seed=message["seed"],
    )

"""The one loop: an optimizer asks, all ranks answer, until the optimizer is content."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from hybrid.arrays import FloatArray
from hybrid.ask import Ask, Told
from hybrid.budget import Budget
from hybrid.collective import Call, Prepared, call_together
from hybrid.content import digest
from hybrid.errors import InputError
from hybrid.inputs import (
    checked_seed,
    checked_shots,
    checked_start,
    checked_step,
    checked_threads,
)
from hybrid.optimizers import Optimizer, Solution, make
from hybrid.result import History, Observer, Progress, Result, RunDescription
from hybrid.runtime import Interrupts, Team
from hybrid.seeds import derive
from hybrid.simulators import Choice
from hybrid.workloads import Minimizable, Sampling


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
    observer: Observer | None = None,
    budget: Budget | None = None,
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
        observer: who hears of the run while it goes on, on rank 0.
        budget: core-hours (:class:`hybrid.budget.Budget`); the run ends gracefully, with its best
            point, before they are exceeded.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
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
        return _Minimization(
            workload=workload,
            optimizer=method,
            x0=start,
            evaluation=workload.prepare(sampling),
            first_ask=first_ask(method, workload.num_parameters),
            num_qubits=workload.num_qubits,
            contents=lambda: {
                **workload.contents(),
                **sampling.contents(),
                "optimizer": repr(method),
                "start point": "" if start is None else digest(start),
                "seed": str(seed),
            },
            seed=checked_seed(seed),
            threads=checked_threads(threads),
        )

    call = call_together("minimize()", prepare)
    message, core_seconds = call.team.run(lambda team: _lead(team, call, observer, budget))
    result = _result(message, core_seconds)
    if observer is not None and call.world.rank == 0:
        observer.finished(result)
    return result


@dataclass(frozen=True, kw_only=True)
class _Minimization(Prepared):
    """A workload, the optimizer, and where it starts if the user has said so."""

    workload: Minimizable
    optimizer: Optimizer
    x0: FloatArray | None

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
    best_x: FloatArray | None = None
    best_value: float = np.inf
    standard_errors: dict[bytes, float] = field(default_factory=dict)

    def add(self, ask: Ask, told: Told) -> None:
        """Write down an answer."""
        lowest = int(np.argmin(np.where(np.isnan(told.values), np.inf, told.values)))
        value = float(told.values[lowest])
        if value < self.best_value:
            self.best_x, self.best_value = ask.points[lowest].copy(), value
        self.iterations.append(ask.iteration)
        self.evaluations.append((self.evaluations or [0])[-1] + len(ask.points))
        self.values.append(value)
        self.wall_times.append(time.perf_counter() - self.started)
        if told.standard_errors is not None:
            for point, error in zip(ask.points, told.standard_errors, strict=True):
                self.standard_errors[point.tobytes()] = float(error)


def _lead(
    team: Team[Told],
    call: Call[_Minimization],
    observer: Observer | None,
    budget: Budget | None,
) -> dict[str, Any]:
    """Run the optimizer on rank 0; return the result as a message."""
    if observer is not None:
        observer.started(_description(call))
    record = _Record(time.perf_counter())
    with Interrupts() as interrupts:
        solution = _solve(team, call, record, observer, interrupts, budget)
    return {
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


def _solve(
    team: Team[Told],
    call: Call[_Minimization],
    record: _Record,
    observer: Observer | None,
    interrupts: Interrupts,
    budget: Budget | None,
) -> Solution:
    optimizer = call.prepared.optimizer
    steps = optimizer.steps(call.prepared.start(derive(call.seed, 0)), derive(call.seed, 1))
    try:
        ask = next(steps)
        while True:
            told = team.ask(ask)
            record.add(ask, told)
            if observer is not None:
                observer.progressed(_progress(record, optimizer))
            if interrupts.happened:
                return _interrupted(record, ask)
            ask = steps.send(told)
            over = None if budget is None else _over(budget, record, team, call)
            if over is not None:
                return _ended(record, ask, f"Stopped in iteration {ask.iteration}: {over}")
    except StopIteration as end:
        solution: Solution = end.value
        return solution
    finally:
        steps.close()


def _interrupted(record: _Record, ask: Ask) -> Solution:
    return _ended(record, ask, f"Interrupted in iteration {ask.iteration}")


def _ended(record: _Record, ask: Ask, why: str) -> Solution:
    x = record.best_x if record.best_x is not None else ask.points[0]
    message = f"{why}; the best point so far is kept."
    return Solution(x, record.best_value, False, message, ask.iteration)


def _over(
    budget: Budget, record: _Record, team: Team[Told], call: Call[_Minimization]
) -> str | None:
    """Return why the next evaluation would exceed the budget, if it would."""
    threads = team.threads(team.plan(call.prepared.first_ask))
    last = 0.0 if team.timing is None else team.timing.wall
    elapsed = time.perf_counter() - record.started
    return budget.end_before(elapsed, call.world.size * threads, last)


def _progress(record: _Record, optimizer: Optimizer) -> Progress:
    return Progress(
        iteration=record.iterations[-1],
        max_iterations=getattr(optimizer, "max_iterations", None),
        evaluations=record.evaluations[-1],
        value=record.values[-1],
        best_value=record.best_value,
        wall_time=record.wall_times[-1],
    )


def _description(call: Call[_Minimization]) -> RunDescription:
    prepared = call.prepared
    split = call.team.plan(prepared.first_ask)
    return RunDescription(
        workload=prepared.workload.description,
        simulator=prepared.evaluation.description,
        optimizer=prepared.optimizer.name,
        num_parameters=prepared.workload.num_parameters,
        ranks=call.world.size,
        hosts=len(call.world.hosts),
        threads=call.team.threads(split),
        plan=split.summary(),
        memory_bytes=prepared.evaluation.memory_bytes(prepared.first_ask),
        seed=call.seed,
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

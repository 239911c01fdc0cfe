"""What a run reports: before it starts, while it goes on, and when it has ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.outcome import Outcome


@dataclass(frozen=True, slots=True)
class RunDescription:
    """What will run and how it is split; known before the first evaluation.

    Attributes:
        workload: one line, for instance ``VQE: 14 qubits, 140 parameters, 1086 terms``.
        simulator: one line, for instance ``native, complex128, adjoint gradients``.
        optimizer: its name.
        num_parameters: length of a parameter point.
        ranks: number of MPI ranks.
        hosts: number of distinct machines that they run on.
        threads: threads of each rank that works.
        plan: how one evaluation is split over the ranks and why; may have several lines.
        memory_bytes: what one rank will allocate for states, in bytes.
        seed: the run's seed.
        journal: where the run is recorded, and what is there already; or None.
    """

    workload: str
    simulator: str
    optimizer: str
    num_parameters: int
    ranks: int
    hosts: int
    threads: int
    plan: str
    memory_bytes: int
    seed: int
    journal: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands after an answer to the optimizer.

    Attributes:
        iteration: the optimizer's own count of its steps.
        max_iterations: where it will stop at the latest, if it knows.
        evaluations: parameter points evaluated so far.
        value: the smallest value of the latest answer.
        best_value: the smallest value so far.
        wall_time: seconds since the start.
        point: shape (P,), float64; where the latest answer has that value.
        gradient: shape (P,), float64; the gradient there, or None where none was asked for.
    """

    iteration: int
    max_iterations: int | None
    evaluations: int
    value: float
    best_value: float
    wall_time: float
    point: FloatArray
    gradient: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class History:
    """One row for each answer to the optimizer.

    Attributes:
        iterations: shape (N,), int64; the optimizer's step to which the answer belongs.
        evaluations: shape (N,), int64; parameter points evaluated up to and with it.
        values: shape (N,), float64; the smallest value of the answer.
        wall_times: shape (N,), float64; seconds since the start.
    """

    iterations: IntArray
    evaluations: IntArray
    values: FloatArray
    wall_times: FloatArray

    def __len__(self) -> int:
        """Return the number of answers."""
        return len(self.values)

    @property
    def best_values(self) -> FloatArray:
        """The smallest value up to each answer, shape (N,)."""
        return np.fmin.accumulate(self.values)


@dataclass(frozen=True, slots=True)
class Result:
    """The end of a run; the same on every rank.

    Attributes:
        value: the best value found; NaN for a run that ended before its first value.
        x: shape (P,), float64; the parameters at which it was found. Of :class:`hybrid.VQD` shape
            (K, P), one state's parameters a row.
        outcome: why the run stopped, for programs (see :class:`hybrid.core.outcome.Outcome`).
        message: the same as a sentence, with details.
        success: whether the optimizer converged, or finished where it has no test of convergence.
        evaluations: parameter points evaluated (gradients included in their point).
        iterations: steps of the optimizer.
        wall_time: seconds.
        core_seconds: processor seconds spent by all ranks and threads together.
        history: every answer that the optimizer was given.
        standard_error: of ``value`` where it was sampled, else None.
        seed: the seed of the run; give it again to get the same bits.
        values: of :class:`hybrid.VQD` shape (K,), float64, the energies of the states in
            ascending order; of :class:`hybrid.AdaptVQE` shape (n,), the energy after each of n
            operators; of other workloads None.
        operators: of :class:`hybrid.AdaptVQE` the names of the operators, in the order chosen;
            of other workloads none.
    """

    value: float
    x: FloatArray
    message: str
    success: bool
    evaluations: int
    iterations: int
    wall_time: float
    core_seconds: float
    history: History
    standard_error: float | None
    seed: int
    outcome: Outcome
    values: FloatArray | None = None
    operators: tuple[str, ...] = ()

    @property
    def point(self) -> FloatArray:
        """The parameters of ``value``, shape (P,): ``x``, or of several states the first row."""
        return self.x if self.x.ndim == 1 else self.x[0]

    def __str__(self) -> str:
        """Return a few lines for a person to read."""
        error = f" +/- {self.standard_error:.2g}" if self.standard_error is not None else ""
        several = ""
        if self.values is not None:
            several = "  values: " + ", ".join(f"{each:z.10f}" for each in self.values) + "\n"
        if self.operators:
            several += f"  operators: {', '.join(self.operators)}\n"
        return (
            f"{self.outcome.verdict}: value {self.value:z.10f}{error}\n{several}"
            f"  {self.message}\n"
            f"  {self.iterations} iterations, {self.evaluations} evaluations, "
            f"{self.wall_time:.2f} s, {self.core_seconds:.2f} core-seconds, seed {self.seed}"
        )

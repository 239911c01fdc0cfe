"""Reports of a run: its description, its progress and its result."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.elements import table, tag
from hybrid.core.outcome import Outcome
from hybrid.core.units import count, duration
from hybrid.loop.export import as_dict, as_frame, as_json, write_json, write_npz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class RunDescription:
    """Description of a run and its split, made before the first evaluation.

    Attributes:
        workload: one line, for instance ``VQE: 14 qubits, 140 parameters, 1086 terms``.
        simulator: one line, for instance ``native, complex128, adjoint gradients``.
        optimizer: name of the optimizer.
        num_parameters: length of a parameter point.
        ranks: number of MPI ranks.
        hosts: number of hosts they run on.
        threads: threads of each rank with work.
        plan: how one evaluation is split over the ranks and why; may have several lines.
        memory_bytes: memory that one rank allocates for states, in bytes.
        seed: the run's seed.
        journal: path of the journal and what it already holds; or None.
        cores: cores that the ranks hold together.
        seconds_left: seconds until the time limit or the end of the budget, or None.
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
    cores: int = 1
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """The state of a run after an evaluation.

    Attributes:
        iteration: the optimizer's own count of its steps.
        max_iterations: maximum number of iterations, or None.
        evaluations: parameter points evaluated so far.
        value: lowest value of the latest answer.
        best_value: lowest value so far.
        wall_time: seconds since the start.
        point: shape (P,), float64; the point at which ``value`` was computed.
        gradient: shape (P,), float64; the gradient at ``point``, or None if not requested.
        standard_error: standard error of ``value`` if it was sampled, else None.
    """

    iteration: int
    max_iterations: int | None
    evaluations: int
    value: float
    best_value: float
    wall_time: float
    point: FloatArray
    gradient: FloatArray | None = None
    standard_error: float | None = None

    @property
    def gradient_norm(self) -> float | None:
        """Euclidean norm of the gradient, or None if it was not requested."""
        return None if self.gradient is None else float(np.linalg.norm(self.gradient))


@dataclass(frozen=True, slots=True)
class History:
    """One row for each answer to the optimizer.

    Attributes:
        iterations: shape (N,), int64; the optimizer's step that the answer belongs to.
        evaluations: shape (N,), int64; parameter points evaluated so far, including it.
        values: shape (N,), float64; the lowest value of the answer.
        wall_times: shape (N,), float64; seconds since the start.
    """

    iterations: IntArray
    evaluations: IntArray
    values: FloatArray
    wall_times: FloatArray

    def __len__(self) -> int:
        """Return the number of answers."""
        return len(self.values)

    def __repr__(self) -> str:
        """Return the number of answers, without the arrays."""
        return f"<History: {count(len(self), 'answer')}>"

    @property
    def best_values(self) -> FloatArray:
        """The lowest value up to each answer, shape (N,)."""
        return np.fmin.accumulate(self.values)

    def to_frame(self) -> DataFrame:
        """Return a pandas frame with the columns of this class and ``best_values``.

        Raises:
            InputError: pandas is not installed.
        """
        return as_frame(self)


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a run; the same on every rank.

    Attributes:
        value: the best value found; NaN if the run ended before its first value.
        x: shape (P,), float64; the parameters of ``value``. For :class:`hybrid.VQD` shape (K, P),
            one row of parameters per state; for :class:`hybrid.TimeEvolution` shape (T, P), one per
            time.
        outcome: why the run stopped, see :class:`hybrid.core.outcome.Outcome`.
        message: the same as a sentence, with details.
        success: whether the optimizer converged, or, if it has no convergence test, finished.
        evaluations: number of parameter points evaluated; a value and its gradient count once.
        iterations: steps of the optimizer.
        wall_time: seconds.
        core_seconds: CPU time of all ranks and threads, in seconds.
        history: one row for each answer to the optimizer.
        standard_error: standard error of ``value`` if it was sampled, else None.
        seed: master seed of the run; pass it again to reproduce the bits.
        values: float64. For :class:`hybrid.VQD` shape (K,), the energies of the states in ascending
            order; for :class:`hybrid.AdaptVQE` shape (n,), the energy after each of n operators;
            for :class:`hybrid.TimeEvolution` shape (T,), the energy at each of T times; else None.
        operators: for :class:`hybrid.AdaptVQE` the names of the operators, in the order chosen;
            else empty.
        error_bounds: for :class:`hybrid.TimeEvolution` in real time, float64, shape (T,); bounds on
            the error of the state at each time; else None.
        replayed: number of ``evaluations`` that were read from the journal instead of computed.
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
    error_bounds: FloatArray | None = None
    replayed: int = 0

    def __repr__(self) -> str:
        """Return the value and how it came about, without the arrays."""
        return (
            f"<Result: value {self.value:z.10f}, {self.outcome.value}, x of shape {self.x.shape}, "
            f"{count(self.evaluations, 'evaluation')}, seed {self.seed}>"
        )

    @property
    def point(self) -> FloatArray:
        """The parameters of ``value``, shape (P,): ``x``, or one of its rows."""
        if self.x.ndim == 1:
            return self.x
        is_last = self.values is not None and self.values[0] != self.value == self.values[-1]
        point: FloatArray = self.x[-1 if is_last else 0]
        return point

    def plot(self, reference: float | None = None, axes: Axes | None = None) -> Figure:
        """Return a matplotlib figure of the convergence; a notebook shows it.

        Args:
            reference: a value to draw as a line, such as the exact energy.
            axes: axes of matplotlib to draw on; by default those of a new figure.

        Raises:
            InputError: matplotlib, of the extra ``report``, is not installed.
        """
        from hybrid.report.figure import convergence_figure

        history = self.history
        return convergence_figure(history.evaluations, history.values, reference, axes)

    def _repr_html_(self) -> str:
        """Return a table for notebooks."""
        error = "" if self.standard_error is None else f" ± {self.standard_error:.2g}"
        rows: list[tuple[object, object]] = [
            ("value", f"{self.value:.10f}{error}"),
            *([] if self.values is None else [("values", _numbers(self.values))]),
            *([("operators", ", ".join(self.operators))] if self.operators else []),
            ("stopped", self.message),
            ("evaluations", f"{self.evaluations} in {self.iterations} iterations"),
            ("time", f"{duration(self.wall_time)}, {self.core_seconds:.3g} core-seconds"),
            ("seed", self.seed),
        ]
        return tag("div", tag("b", self.outcome.verdict), table((), rows))

    def to_dict(self) -> dict[str, Any]:
        """Return all attributes as numbers, strings, lists and dictionaries.

        ``outcome`` is its value, such as "converged"; ``history`` has a list for each column.

        Example:
            >>> from qiskit.circuit import Parameter, QuantumCircuit
            >>> from qiskit.quantum_info import SparsePauliOp
            >>> import hybrid
            >>> ansatz = QuantumCircuit(1)
            >>> _ = ansatz.ry(Parameter("a"), 0)
            >>> found = hybrid.minimize(hybrid.VQE(ansatz, SparsePauliOp("Z")), x0=[0.1]).to_dict()
            >>> found["outcome"], list(found["history"])[:3]
            ('converged', ['iterations', 'evaluations', 'values'])
        """
        return as_dict(self)

    def to_json(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return :meth:`to_dict` as JSON, with null for NaN, and write it if a path is given.

        Raises:
            InputError: the file cannot be written.
        """
        if path is not None:
            write_json(self, path)
        return as_json(self)

    def to_npz(self, path: str | os.PathLike[str]) -> None:
        """Write all attributes as arrays, which ``numpy.load(path)`` reads without pickle.

        The columns of the history are ``history_values`` and so on; None is left out.

        Raises:
            InputError: the file cannot be written.
        """
        write_npz(self, path)

    def __str__(self) -> str:
        """Return a summary of a few lines."""
        error = f" +/- {self.standard_error:.2g}" if self.standard_error is not None else ""
        several = ""
        if self.values is not None:
            several = "  values: " + ", ".join(f"{each:z.10f}" for each in self.values) + "\n"
        if self.operators:
            several += f"  operators: {', '.join(self.operators)}\n"
        from_journal = f" ({self.replayed} from the journal)" if self.replayed else ""
        return (
            f"{self.outcome.verdict}: value {self.value:z.10f}{error}\n{several}"
            f"  {self.message}\n"
            f"  {count(self.iterations, 'iteration')}, {count(self.evaluations, 'evaluation')}"
            f"{from_journal}, "
            f"{self.wall_time:.2f} s, {self.core_seconds:.2f} core-seconds, seed {self.seed}"
        )


def _numbers(values: FloatArray) -> str:
    return ", ".join(f"{each:.10f}" for each in values)

"""Variational time evolution: parameters that follow real or imaginary time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from scipy.integrate import RK45

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import real_array
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.inversion import inverted
from hybrid.core.outcome import Outcome
from hybrid.core.steps import CutShort, Drive, Solution, Steps
from hybrid.workloads.numbers import checked_positive
from hybrid.workloads.vqe import VQE

_TINY = 1e-100
"""Keeps the damping of a metric that is zero above zero."""


class TimeEvolution(VQE):
    """Evolve the state of an ansatz in real or imaginary time by McLachlan's principle.

    The parameters move such that the state's derivative is as near as possible to that of the
    Schroedinger equation. At each moment their velocity v solves ``A v = C``: A is the Fubini-Study
    metric, and C the force, ``Im <d_k psi|(H - <H>) psi>`` in real time and
    ``-Re <d_k psi|(H - <H>) psi>`` in imaginary time. A is often nearly singular, so 1 / a of an
    eigenvalue a becomes ``a / (a^2 + r^2)``, where r is ``regularization`` times the largest one;
    the message says how many directions that damps. SciPy's RK45 integrates the velocity with
    adaptive steps.

    :func:`hybrid.minimize` runs it; it takes no optimizer, and no limits of one. It returns ``x``,
    shape (T, P), the parameters at the T times; ``values``, shape (T,), the energies there;
    ``value``, the last of them; and in real time ``error_bounds``, shape (T,): bounds on the norm
    of the difference between the state and the exact one, up to a phase, by the time integral of
    the residual of ``A v = C``. They do not include the errors of the integration, which
    ``tolerance`` controls. Where the residual is not small, the energy is not conserved.
    Observables at all times are one call of ``hybrid.expectation(ansatz, observable, result.x)``.

    The metric and the forces are exact, so the simulator must hold states, as "native" does.

    Args:
        ansatz: as in :class:`hybrid.VQE`. The evolution starts, at time 0, from its state at
            ``x0``; if that is None, with all parameters zero.
        hamiltonian: H, as the observable of :class:`hybrid.VQE`.
        times: shape (T,), float64; ascending, from 0 or later, in units of 1 over the unit of H
            (hbar = 1).
        imaginary: whether time is imaginary, which lowers the energy towards the ground state.
        tolerance: error of the parameters, in radians, and of the bound, per step of RK45.
        regularization: eigenvalue of the metric below which directions are damped, over the
            largest; below 1.

    Raises:
        InputError: as in :class:`hybrid.VQE`, or ``times``, ``tolerance`` or ``regularization`` is
            not usable.

    Source: X. Yuan, S. Endo, Q. Zhao, Y. Li and S. C. Benjamin, Quantum 3, 191 (2019).

    Example:
        >>> import hybrid
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> ansatz = QuantumCircuit(1)
        >>> _ = ansatz.rx(Parameter("a"), 0)
        >>> problem = TimeEvolution(ansatz, SparsePauliOp("X", 0.5), times=[0.0, 0.5, 1.0])
        >>> result = hybrid.minimize(problem)
        >>> result.x.round(6).tolist()
        [[0.0], [0.5], [1.0]]
    """

    own_method: ClassVar[str | None] = "RK45"
    times: FloatArray
    imaginary: bool
    tolerance: float
    regularization: float

    def __init__(
        self,
        ansatz: QuantumCircuit,
        hamiltonian: SparsePauliOp,
        times: ArrayLike,
        *,
        imaginary: bool = False,
        tolerance: float = 1e-6,
        regularization: float = 1e-6,
    ) -> None:
        super().__init__(ansatz, hamiltonian)
        object.__setattr__(self, "times", _checked_times(times))
        object.__setattr__(self, "imaginary", bool(imaginary))
        object.__setattr__(self, "tolerance", checked_positive(tolerance, "tolerance"))
        checked = checked_positive(regularization, "regularization")
        if checked >= 1.0:
            raise InputError(
                "regularization", got=repr(regularization), expected="a number from 0 to 1"
            )
        object.__setattr__(self, "regularization", checked)

    @property
    def description(self) -> str:
        """One line: kind of time, its end, width, parameters and terms."""
        kind = "imaginary" if self.imaginary else "real"
        circuit = super().description.removeprefix("VQE: ")
        return f"evolution in {kind} time to {self.times[-1]:g}: {circuit}"

    def contents(self) -> Mapping[str, str]:
        """Return digests of circuit, Hamiltonian and times, and the settings."""
        return {
            **super().contents(),
            "times": digest(self.times),
            "kind of time": "imaginary" if self.imaginary else "real",
            "tolerance of the evolution": str(self.tolerance),
            "regularization of the metric": str(self.regularization),
        }

    def initial_point(self, seed: int) -> FloatArray:
        """Return zeros, shape (P,)."""
        return np.zeros(self.num_parameters)

    def largest_ask(self, ask_at: Callable[[FloatArray], Ask]) -> Ask:
        """Return the Ask of a velocity."""
        return self._ask(np.zeros(self.num_parameters), 0)

    def most_iterations(self, of_one: int | None) -> int | None:
        """Return None: the number of steps follows from the tolerance."""
        return None

    def steps(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        """Return the steps of the integration, then one Ask for the energies at all times."""
        course = _Course(self.times, x0)
        try:
            yield from self._integrated(course, x0)
            told = yield Ask(course.reached, iteration=course.steps)
        except CutShort as cut:
            return _cut_short(cut, course)
        return self._solution(course, told)

    def _integrated(self, course: _Course, x0: FloatArray) -> Generator[Ask, Told, None]:
        """Integrate up to the last time, and keep the states at the times."""

        def run(ask: Callable[[Ask], Told]) -> None:
            self._run(course, x0, ask)

        yield from inverted(run)

    def _run(self, course: _Course, x0: FloatArray, ask: Callable[[Ask], Told]) -> None:
        def velocity(time: float, state: FloatArray) -> FloatArray:
            told = ask(self._ask(state[:-1], course.steps))
            found, residual, damped = self._velocity(told)
            course.damped = max(course.damped, damped)
            return np.append(found, residual)

        end = float(self.times[-1])
        if end == 0.0:
            return
        start = np.append(x0, 0.0)
        solver = RK45(velocity, 0.0, start, end, rtol=self.tolerance, atol=self.tolerance)
        while solver.status == "running":
            course.failure = solver.step() or ""
            if not course.failure:
                course.steps += 1
                course.advance(solver.t, solver.dense_output())

    def _ask(self, point: FloatArray, step: int) -> Ask:
        return Ask(
            point[np.newaxis].copy(),
            gradient=self.imaginary,
            force=not self.imaginary,
            metric=True,
            variance=True,
            iteration=step,
        )

    def _velocity(self, told: Told) -> tuple[FloatArray, float, int]:
        """Return the velocity, the norm of the residual, and the number of damped directions."""
        assert told.metric is not None
        assert told.variances is not None
        if self.imaginary:
            assert told.gradients is not None
            force = -told.gradients[0] / 2.0
        else:
            assert told.forces is not None
            force = told.forces[0]
        values, vectors = np.linalg.eigh(told.metric[0])
        least = self.regularization * max(values[-1], _TINY)
        along = vectors.T @ force
        pace = along * values / (values**2 + least**2)
        squared = float(told.variances[0]) + float(pace @ (values * pace - 2.0 * along))
        residual = float(np.sqrt(max(0.0, squared)))
        return vectors @ pace, residual, int(np.count_nonzero(values < least))

    def _solution(self, course: _Course, told: Told) -> Solution:
        rows = course.reached
        reached = len(course.rows) == len(self.times)
        bounds = None if self.imaginary else np.array(course.bounds or [0.0])
        said = f"Evolved to time {self.times[-1]:g} in {course.steps} steps."
        if not reached:
            missed = self.times[len(course.rows)]
            said = f"The integration failed before time {missed:g}: {course.failure}"
        if bounds is not None:
            said += (
                f" The state differs from the exact one by at most {bounds[-1]:.2g}, "
                "errors of the integration aside."
            )
        if course.damped:
            said += (
                f" The metric was nearly singular: up to {course.damped} of {rows.shape[1]} "
                "directions were damped."
            )
        return Solution(
            rows,
            float(told.values[-1]),
            reached,
            said,
            course.steps,
            Outcome.FINISHED if reached else Outcome.FAILED,
            told.values,
            at=rows[-1],
            error_bounds=bounds,
        )


@dataclass
class _Course:
    """The course of an integration.

    Attributes:
        times: shape (T,).
        start: shape (P,), the parameters at time 0.
        rows: parameters at the times reached so far.
        bounds: error bounds at these times.
        steps: steps of the integrator so far.
        damped: largest number of eigenvectors of the metric that were damped.
        failure: why the integrator stopped before the end, or an empty string.
    """

    times: FloatArray
    start: FloatArray
    rows: list[FloatArray] = field(default_factory=list)
    bounds: list[float] = field(default_factory=list)
    steps: int = 0
    damped: int = 0
    failure: str = ""

    def __post_init__(self) -> None:
        if self.times[0] == 0.0:
            self.rows.append(self.start.copy())
            self.bounds.append(0.0)

    @property
    def reached(self) -> FloatArray:
        """Parameters at the times reached, one row each; before the first, those at the start."""
        return np.array(self.rows or [self.start])

    def advance(self, time: float, interpolant: Callable[[float], FloatArray]) -> None:
        """Keep the states at the times up to ``time``."""
        while len(self.rows) < len(self.times) and self.times[len(self.rows)] <= time:
            state = interpolant(float(self.times[len(self.rows)]))
            self.rows.append(state[:-1].copy())
            self.bounds.append(float(state[-1]))


def _cut_short(cut: CutShort, course: _Course) -> Solution:
    """Return the states at the times that were reached."""
    rows = course.reached
    said = f"{cut.verb} in step {course.steps}{cut.because}; the times reached are kept."
    return replace(
        Solution(rows, np.nan, False, said, course.steps, cut.outcome),
        values=np.full(len(rows), np.nan),
        at=rows[-1],
        error_bounds=np.array(course.bounds or [0.0]),
    )


def _checked_times(times: ArrayLike) -> FloatArray:
    """Return the times, shape (T,).

    Raises:
        InputError: they are not finite, ascending numbers from 0.
    """
    array = np.atleast_1d(real_array(times, "times"))
    usable = array.ndim == 1 and array.size > 0 and bool(np.all(np.isfinite(array)))
    if not usable or array[0] < 0.0 or np.any(np.diff(array) <= 0.0):
        raise InputError(
            "times",
            got=str(times)[:60],
            expected="ascending finite numbers, the first 0 or larger",
        )
    return array

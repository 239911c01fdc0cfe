"""Optimizations of one workload from many starting points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import qmc

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import checked_points, real_array
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.core.seeds import derive
from hybrid.core.steps import CutShort, Drive, Solution, Steps
from hybrid.simulators import Evaluation
from hybrid.workloads.base import Minimizable, OneRun, Sampling
from hybrid.workloads.lockstep import Lockstep
from hybrid.workloads.numbers import checked_count
from hybrid.workloads.qaoa import QAOA

_START = 5
"""Key of the seeds of starts and their optimizations, distinct from the keys of optimizers."""


class MultiStart(OneRun):
    """Minimise a workload from many starting points at once, for costs with many local minima.

    The optimizers advance in rounds: the next Asks of all of them are one batch, split over the
    ranks. So ranks share the work even where the Asks of a single optimizer have one point.

    The worst are stopped early, by successive halving: after ``halve_after`` rounds only the better
    half continues, by their lowest values so far, after twice as many rounds the better half of
    those, and so on down to ``survivors``.

    :func:`hybrid.minimize` returns the best of them; ``Result.values``, shape (K,), has the lowest
    value of each start, ascending. ``max_iterations`` and ``tolerance`` apply to each optimizer.

    Args:
        workload: what is minimised.
        starts: K, the number of starts; or their points, shape (K, P). With a number, the first
            start is ``x0`` or the workload's own, and the others are a scrambled Sobol sequence.
        low, high: ends of the box of that sequence, for each parameter; in radians for angles.
        halve_after: rounds before the worse half is stopped. If None, all run to their end.
        survivors: number of starts that are not stopped.

    Raises:
        InputError: not a workload, or an argument out of range.

    Source: K. Jamieson, A. Talwalkar, "Non-stochastic best arm identification and hyperparameter
    optimization", AISTATS 2016 (successive halving).

    Example:
        >>> import hybrid
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> ansatz = QuantumCircuit(1)
        >>> _ = ansatz.ry(Parameter("a"), 0)
        >>> problem = MultiStart(hybrid.VQE(ansatz, SparsePauliOp("Z")), starts=4)
        >>> result = hybrid.minimize(problem, seed=1)
        >>> round(result.value, 6), result.values.shape
        (-1.0, (4,))
    """

    def __init__(
        self,
        workload: Minimizable,
        starts: int | ArrayLike = 16,
        *,
        low: float = -np.pi,
        high: float = np.pi,
        halve_after: int | None = 10,
        survivors: int = 1,
    ) -> None:
        if isinstance(workload, type) or not isinstance(workload, Minimizable):
            raise InputError(
                "workload",
                got=repr(workload) if isinstance(workload, type) else type(workload).__name__,
                expected="a workload such as hybrid.VQE(ansatz, observable)",
            )
        if workload.num_parameters < 1:
            raise InputError(
                "workload",
                got=f"{type(workload).__name__}, which has no starting point",
                expected="a workload with parameters",
            )
        self.workload = workload
        self.points: FloatArray | None = None
        if np.ndim(starts) == 0:
            self.count = checked_count(starts, "starts")
        else:
            self.points = checked_points(starts, workload.num_parameters, "starts")
            self.count = len(self.points)
        if isinstance(workload, QAOA) and workload.start == "interp" and self.points is None:
            raise InputError(
                "starts",
                got=f"{self.count}, for a workload that starts with one layer",
                expected="their points: angles of the first layer, and zeros for the others",
            )
        box = real_array([low, high], "low and high")
        if not (np.isfinite(box).all() and box[0] < box[1]):
            raise InputError("low and high", got=f"{low} and {high}", expected="finite, low < high")
        self.low, self.high = box.tolist()
        if halve_after is not None:
            halve_after = checked_count(halve_after, "halve_after")
        self.halve_after = halve_after
        self.survivors = checked_count(survivors, "survivors")

    @property
    def description(self) -> str:
        """One line: the number of starts, and the workload."""
        return f"{self.count} starts of {self.workload.description}"

    @property
    def written_in(self) -> object:
        """What defines the workload, for run records."""
        return getattr(self.workload, "written_in", type(self.workload))

    @property
    def num_parameters(self) -> int:
        """P, the number of parameters of the workload."""
        return self.workload.num_parameters

    @property
    def num_qubits(self) -> int:
        """Number of qubits of its circuits."""
        return self.workload.num_qubits

    def initial_point(self, seed: int) -> FloatArray:
        """Return the first start, shape (P,)."""
        return self.workload.initial_point(seed) if self.points is None else self.points[0]

    def scale(self) -> float | None:
        """Return a typical size of the cost's derivatives, or None."""
        return self.workload.scale()

    def contents(self) -> Mapping[str, str]:
        """Return digests of the workload, the starts and the rule that stops them."""
        starts = str(self.count) if self.points is None else digest(self.points)
        rule = f"{self.halve_after}, {self.survivors}"
        box = f"{self.low!r} to {self.high!r}"
        return {**self.workload.contents(), "starts": starts, "box": box, "halving": rule}

    def prepare(self, sampling: Sampling) -> Evaluation[Told]:
        """Compile the workload for a simulator."""
        return self.workload.prepare(sampling)

    def largest_ask(self, ask_at: Callable[[FloatArray], Ask]) -> Ask:
        """Return the first round, all starts in one batch."""
        ask = self.workload.largest_ask(ask_at)
        return replace(ask, points=np.tile(ask.points, (self.count, 1)))

    def most_iterations(self, of_one: int | None) -> int | None:
        """Return the iteration limit of a run, given that of one optimization."""
        return self.workload.most_iterations(of_one)

    def steps(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        """Return the steps of all optimizations, in rounds."""
        starts = self._starts(x0, seed)
        race = Lockstep(
            [
                self.workload.steps(drive, start, derive(seed, _START, number))
                for number, start in enumerate(starts)
            ]
        )
        rounds, stopped = 0, set[int]()
        halving = self.halve_after
        try:
            with race:
                while race.running:
                    yield from race.round(rounds)
                    rounds += 1
                    if rounds == halving:
                        stopped |= self._stopped(race, stopped)
                        halving *= 2
        except CutShort as cut:
            if all(race.lowest(number) is None for number in range(self.count)):
                raise
            said = f"{cut.verb} after {rounds} rounds{cut.because}; the best point is kept."
            return self._best(race, rounds, stopped, cut.outcome, said)
        return self._best(race, rounds, stopped)

    def _starts(self, x0: FloatArray, seed: int) -> FloatArray:
        if self.points is None:
            sequence = qmc.Sobol(len(x0), rng=np.random.default_rng(derive(seed, _START)))
            shares = sequence.random_base2((self.count - 1).bit_length())[: self.count - 1]
            return np.vstack([x0, self.low + (self.high - self.low) * shares])
        if not np.array_equal(x0, self.points[0]):
            raise InputError(
                "x0", got="a start besides those of MultiStart", expected="one of them"
            )
        return self.points

    def _stopped(self, race: Lockstep, stopped: set[int]) -> set[int]:
        """Stop the worse half of the starts that have not been stopped; return their numbers."""
        left = [number for number in range(self.count) if number not in stopped]
        left.sort(key=lambda number: _value(race, number))
        kept = max(self.survivors, -(-len(left) // 2))
        worse = {number for number in left[kept:] if number in race.running}
        for number in worse:
            race.drop(number)
        return worse

    def _best(
        self,
        race: Lockstep,
        rounds: int,
        stopped: set[int],
        how: Outcome | None = None,
        said: str = "",
    ) -> Solution:
        """Return the best end, with the lowest values of all starts."""
        values = np.array([_value(race, number) for number in range(self.count)])
        number = int(np.argmin(values))
        end, lowest = race.end(number), race.lowest(number)
        early = f", {len(stopped)} of them stopped early" if stopped else ""
        if end is None:
            x, value = lowest or (np.full(self.num_parameters, np.nan), np.nan)
            end = Solution(x, value, False, "It was stopped early.", rounds, Outcome.STOPPED)
        message = said or f"Start {number} is the best of {self.count}{early}: {end.message}"
        success = end.success and not said
        ascending = np.sort(np.where(np.isfinite(values), values, np.nan))
        return replace(
            end,
            message=message,
            success=success,
            iterations=rounds,
            how=how or end.how,
            values=ascending if end.values is None else end.values,
        )


def _value(race: Lockstep, number: int) -> float:
    """Return the value that a start ended at, or its lowest so far."""
    end, lowest = race.end(number), race.lowest(number)
    value = end.value if end is not None else (np.inf if lowest is None else lowest[1])
    return value if np.isfinite(value) else np.inf

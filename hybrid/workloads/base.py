"""What a workload is: the mathematics of an algorithm, without ranks, clocks or optimizers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.steps import Drive, Steps
from hybrid.simulators import Choice, Evaluation, content_of


@dataclass(frozen=True, slots=True)
class Sampling:
    """How values are to be obtained.

    Attributes:
        simulator: a name, a simulator of :mod:`hybrid.simulators`, a Qiskit estimator, or
            ``"auto"`` for the first that suits.
        shots: measurements, or None for exact values.
        finite_difference: step of finite differences that replace exact gradients, or None.
    """

    simulator: Choice = "auto"
    shots: int | None = None
    finite_difference: float | None = None

    def contents(self) -> Mapping[str, str]:
        """Return what must be the same on all ranks, by name."""
        return {
            "simulator": content_of(self.simulator),
            "number of shots": str(self.shots),
            "way to gradients": str(self.finite_difference),
        }


class OneRun:
    """How a workload goes through a run: by default one optimization, from start to end.

    A workload that takes several optimizations, one after the other, overrides these.
    """

    def steps(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        """Return the steps of a run.

        Args:
            drive: makes the steps of the optimizer from a start, shape (P,), and a seed.
            x0: where the run starts.
            seed: of all that is random in the run.
        """
        return drive(x0, seed)

    def largest_ask(self, ask_at: Callable[[FloatArray], Ask]) -> Ask:
        """Return a question of the size of the largest one of a run, and which wants as much.

        What cannot be answered, or does not fit in memory, is refused by it before the run.

        Args:
            ask_at: returns the first question of the optimizer that starts at a point.
        """
        return ask_at(np.zeros(self.num_parameters))  # type: ignore[attr-defined]

    def most_iterations(self, of_one: int | None) -> int | None:
        """Return the limit of iterations of a run from that of one optimization, if it has one."""
        return of_one


@runtime_checkable
class Minimizable(Protocol):
    """What the loop minimises: the built-in workloads, and subclasses of ``hybrid.Workload``."""

    @property
    def description(self) -> str:
        """One line: what it is, how wide, how many parameters and terms."""

    @property
    def num_parameters(self) -> int:
        """P, the length of a parameter point."""

    @property
    def num_qubits(self) -> int:
        """Width of its circuits."""

    def initial_point(self, seed: int) -> FloatArray:
        """Return where to start if the user names no point, shape (P,)."""

    def scale(self) -> float | None:
        """Return a typical size of the cost's derivatives, in its unit, or None if unknown."""

    def contents(self) -> Mapping[str, str]:
        """Return digests of what must be the same on all ranks, by name."""

    def prepare(self, sampling: Sampling) -> Evaluation[Told]:
        """Return the workload compiled for a simulator; expensive, done once."""

    def steps(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        """Return the steps of a run; see :class:`OneRun`, which has the defaults."""

    def largest_ask(self, ask_at: Callable[[FloatArray], Ask]) -> Ask:
        """Return a question of the size of the largest one of a run."""

    def most_iterations(self, of_one: int | None) -> int | None:
        """Return the limit of iterations of a run from that of one optimization."""

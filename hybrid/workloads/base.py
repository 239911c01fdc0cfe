"""Interface of workloads: the mathematics of an algorithm, without ranks, clocks or optimizers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import WhetherSector
from hybrid.core.steps import Drive, Steps
from hybrid.simulators import Choice, Evaluation, content_of


@dataclass(frozen=True, slots=True)
class Sampling:
    """Simulator, shots and gradient rule of an evaluation.

    Attributes:
        simulator: a name, a simulator of :mod:`hybrid.simulators`, an estimator, sampler or
            backend of Qiskit, or ``"auto"`` for the first that supports the evaluation.
        shots: number of measurements, or None for exact values.
        finite_difference: step of finite differences, or None for exact gradients.
        sector: "auto" to hold states in a symmetry sector where that pays, or False.
    """

    simulator: Choice = "auto"
    shots: int | None = None
    finite_difference: float | None = None
    sector: WhetherSector = "auto"

    def contents(self) -> Mapping[str, str]:
        """Return everything that must be equal on all ranks, by name."""
        return {
            "simulator": content_of(self.simulator) + ("" if self.sector else ", dense states"),
            "number of shots": str(self.shots),
            "way to gradients": str(self.finite_difference),
        }


class OneRun:
    """Default course of a run: a single optimization.

    A workload that needs several optimizations in sequence overrides these methods.

    Attributes:
        own_method: name of the method that takes the steps, if it is no optimizer.
        made_with: the arguments that the workload was made with, by place and by name.
    """

    own_method: ClassVar[str | None] = None
    made_with: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *arguments: Any, **named: Any) -> Self:
        """Keep the arguments, so that a workload can be made again in another process."""
        made = super().__new__(cls)
        object.__setattr__(made, "made_with", (arguments, named))
        return made

    def steps(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        """Return the steps of a run.

        Args:
            drive: returns the optimizer's steps from a start, shape (P,), and a seed.
            x0: starting point of the run.
            seed: master seed of the run.
        """
        return drive(x0, seed)

    def largest_ask(self, ask_at: Callable[[FloatArray], Ask]) -> Ask:
        """Return an Ask as large as the largest of the run, with the same wanted answers.

        It is used to refuse, before the run, what is not supported or does not fit in memory.

        Args:
            ask_at: returns the optimizer's first Ask for a starting point.
        """
        return ask_at(np.zeros(self.num_parameters))  # type: ignore[attr-defined]

    def most_iterations(self, of_one: int | None) -> int | None:
        """Return the iteration limit of a run, from that of one optimization (None: no limit)."""
        return of_one


@runtime_checkable
class Minimizable(Protocol):
    """Interface of what :func:`hybrid.minimize` minimises, built-in or user-defined."""

    own_method: ClassVar[str | None]

    @property
    def description(self) -> str:
        """One line: algorithm, number of qubits, parameters and terms."""

    @property
    def num_parameters(self) -> int:
        """P, the length of a parameter point."""

    @property
    def num_qubits(self) -> int:
        """Number of qubits of its circuits."""

    def initial_point(self, seed: int) -> FloatArray:
        """Return the default starting point, shape (P,)."""

    def scale(self) -> float | None:
        """Return a typical size of the cost's derivatives, in its unit, or None if unknown."""

    def contents(self) -> Mapping[str, str]:
        """Return digests of everything that must be equal on all ranks, by name."""

    def prepare(self, sampling: Sampling) -> Evaluation[Told]:
        """Compile the workload for a simulator; expensive, done once."""

    def steps(self, drive: Drive, x0: FloatArray, seed: int) -> Steps:
        """Return the steps of a run; see :class:`OneRun` for the default."""

    def largest_ask(self, ask_at: Callable[[FloatArray], Ask]) -> Ask:
        """Return an Ask as large as the largest of a run."""

    def most_iterations(self, of_one: int | None) -> int | None:
        """Return the iteration limit of a run, given that of one optimization."""

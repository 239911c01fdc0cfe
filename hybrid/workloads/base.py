"""What a workload is: the mathematics of an algorithm, without ranks, clocks or optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Told
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

"""The protocols of optimizers."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from hybrid.core.arrays import FloatArray
from hybrid.core.steps import Solution as Solution
from hybrid.core.steps import Steps as Steps


@runtime_checkable
class Optimizer(Protocol):
    """An object with a name and a ``steps`` generator; a frozen dataclass in this package."""

    @property
    def name(self) -> str:
        """Name of the optimizer, as in :func:`hybrid.optimizers.make`."""
        ...

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return a generator that yields Asks, is sent Tolds and returns a Solution.

        Args:
            x0: shape (P,), float64; the starting point. Not modified.
            seed: non-negative; random numbers depend on it and the iteration only.
        """
        ...


@runtime_checkable
class Rescalable(Optimizer, Protocol):
    """An optimizer that supports a rescaled cost.

    The loop divides the cost by a unit near its own size, so that convergence tests mean the same
    for energies in hartree and in joule. An optimizer without :meth:`in_unit` receives the cost
    unscaled.
    """

    def in_unit(self, unit: float) -> Optimizer:
        """Return the optimizer for the cost divided by ``unit``.

        Options in the unit of the cost, or its inverse, are converted. Tolerances are not: they
        apply in the new unit.
        """
        ...

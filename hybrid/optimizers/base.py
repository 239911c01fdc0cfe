"""What every optimizer is, and what it returns."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from hybrid.core.arrays import FloatArray
from hybrid.core.steps import Solution as Solution
from hybrid.core.steps import Steps as Steps


@runtime_checkable
class Optimizer(Protocol):
    """Anything with a name that can be stepped; frozen dataclasses in this package."""

    @property
    def name(self) -> str:
        """The name that :func:`hybrid.optimizers.make` knows it by."""
        ...

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        """Return a generator that yields Asks, is sent Tolds and returns a Solution.

        Args:
            x0: shape (P,), float64; where to start. It is not modified.
            seed: non-negative; all randomness is a function of it and of the iteration.
        """
        ...


@runtime_checkable
class Rescalable(Optimizer, Protocol):
    """An optimizer that can be told a cost in another unit than the user's.

    The loop divides the cost by a unit near its own size, so that tests of convergence mean the
    same for energies in hartree and in joule. An optimizer without :meth:`in_unit` is told the
    cost as it is.
    """

    def in_unit(self, unit: float) -> Optimizer:
        """Return the optimizer for the cost divided by ``unit``.

        Options that are values of the cost, or rates per value, are converted; tolerances are
        not: they hold in the new unit.
        """
        ...

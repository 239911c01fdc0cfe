"""Workloads defined by a decorated function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from numpy.typing import ArrayLike

from hybrid.core.arrays import FloatArray
from hybrid.core.checks import checked_start
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.fingerprint import identity_of
from hybrid.workloads.custom import Workload
from hybrid.workloads.identity import contents_of
from hybrid.workloads.local import LocalSimulator
from hybrid.workloads.task import Partials, Task

Run = Callable[[Task, LocalSimulator], Any]


class FunctionWorkload(Workload):
    """The workload that :func:`workload` makes from a function."""

    def __init__(
        self,
        function: Run,
        num_parameters: int,
        axis: str,
        size: int | None,
        grain: int | None,
        num_qubits: int,
        x0: ArrayLike | None,
        combine: Callable[[Partials], Any] | None,
    ) -> None:
        self.function = function
        self.num_parameters = num_parameters
        self.num_qubits = num_qubits
        self.axis = axis
        self.sizes = {} if size is None else {axis: size}
        self.grain = grain
        self.combiner = combine
        self.start = None if x0 is None else checked_start(x0, num_parameters)
        self.__doc__ = function.__doc__

    @property
    def description(self) -> str:
        """One line: function, parameters and axis."""
        name = getattr(self.function, "__name__", "function")
        return f"{name}: {self.num_parameters} parameters, split by {self.axis}"

    def initial_point(self, seed: int) -> FloatArray:
        """Return ``x0`` if given, else normally distributed numbers."""
        return super().initial_point(seed) if self.start is None else self.start

    def run(self, piece: Task, simulator: LocalSimulator) -> Any:
        """Call the function."""
        return self.function(piece, simulator)

    def combine(self, partials: Partials) -> Any:
        """Call the user's ``combine`` if given, else the default for the axis."""
        return super().combine(partials) if self.combiner is None else self.combiner(partials)

    @property
    def combines_by_default(self) -> bool:
        """Whether partials have the shapes of :class:`Workload`."""
        return self.combiner is None

    def contents(self) -> Mapping[str, str]:
        """Return digests of the function and of how it is split."""
        how = [self.num_parameters, self.axis, identity_of(dict(self.sizes)), self.grain]
        name = getattr(self.function, "__name__", "function")
        return {
            **contents_of([self.function, self.combiner], "function", name),
            "way to cut": digest(*how),
        }

    @property
    def written_in(self) -> object:
        """The function."""
        return self.function


def workload(
    *,
    num_parameters: int,
    axis: str = "points",
    size: int | None = None,
    grain: int | None = None,
    num_qubits: int = 0,
    x0: ArrayLike | None = None,
    combine: Callable[[Partials], Any] | None = None,
) -> Callable[[Run], FunctionWorkload]:
    """Make a workload of the decorated function ``run(piece, simulator)``.

    See :class:`hybrid.Workload` for what the function returns.

    Args:
        num_parameters: P, the length of a parameter point.
        axis: axis along which an Ask is split.
        size: units along the axis; not needed for points and components.
        grain: units per piece; None for several dozen pieces.
        num_qubits: width of the widest circuit, to check memory; 0 skips the check.
        x0: starting point, shape (P,). If None, normally distributed numbers.
        combine: returns values, or values and gradients, from partials. If None, the default for
            the axis.

    Raises:
        InputError: an argument is not usable.

    Example:
        >>> import hybrid
        >>> @workload(num_parameters=1, axis="samples", size=3, x0=[0.0])
        ... def loss(piece, simulator):
        ...     away = piece.point[0] - piece.start
        ...     return away**2, [2.0 * away]
        >>> float(round(hybrid.minimize(loss).x[0], 6))
        1.0
    """

    def decorate(function: Run) -> FunctionWorkload:
        if not callable(function):
            raise InputError(
                "workload", got=type(function).__name__, expected="a function(piece, simulator)"
            )
        return FunctionWorkload(
            function, num_parameters, axis, size, grain, num_qubits, x0, combine
        )

    return decorate

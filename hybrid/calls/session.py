"""Shared settings for the calls of a script: batches, overlaps, maps, minimizations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal

from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.calls import map as mapping
from hybrid.calls.expectation import estimate
from hybrid.calls.overlaps import overlaps
from hybrid.calls.sample import sample
from hybrid.core.ask import Told
from hybrid.core.checks import (
    checked_groups,
    checked_seed,
    checked_shards,
    checked_shots,
    checked_threads,
)
from hybrid.core.seeds import derive
from hybrid.loop.minimize import minimize
from hybrid.loop.result import Result
from hybrid.simulators import Choice
from hybrid.simulators.base import Counts
from hybrid.simulators.registry import check_exact
from hybrid.workloads import Minimizable


@dataclass
class Session:
    """Settings and a master seed shared by many calls.

    The n-th call of a session is seeded by (seed, n): a script is as reproducible as a single
    call. Every method is collective and returns the same on every rank.

    Attributes:
        simulator, shots, seed, threads, shards, groups: as in :func:`hybrid.expectation`. Overlaps
            and maps ignore the last two.

    Raises:
        InputError: one of them is not usable.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> with Session(seed=7) as session:
        ...     values = session.expectation(QuantumCircuit(1), SparsePauliOp("Z"), [[]])
        ...     squares = session.map(lambda item: item**2, [1, 2])
        >>> values.tolist(), squares
        ([1.0], [1, 4])
    """

    simulator: Choice = "auto"
    shots: int | None = None
    seed: int | None = None
    threads: int | None = None
    shards: int | Literal["auto"] = "auto"
    groups: int | Literal["auto"] = "auto"
    _calls: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        checked_shots(self.shots)
        checked_seed(self.seed)
        checked_threads(self.threads)
        checked_shards(self.shards)
        checked_groups(self.groups)

    def __enter__(self) -> Session:
        """Return the session; nothing needs to be released at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Do nothing: a session holds settings, not resources."""

    def expectation(
        self,
        circuit: QuantumCircuit,
        observable: SparsePauliOp | Sequence[SparsePauliOp],
        points: ArrayLike = (),
        *,
        gradient: bool | Literal["exact", "finite-difference"] = False,
    ) -> Any:
        """Return values, or values and gradients; see :func:`hybrid.expectation`."""
        told = self.estimate(circuit, observable, points, gradient=gradient)
        return told.values if told.gradients is None else (told.values, told.gradients)

    def estimate(
        self,
        circuit: QuantumCircuit,
        observable: SparsePauliOp | Sequence[SparsePauliOp],
        points: ArrayLike = (),
        *,
        gradient: bool | Literal["exact", "finite-difference"] = False,
        variance: bool = False,
        force: bool = False,
    ) -> Told:
        """Return values and gradients with standard errors; see :func:`hybrid.estimate`."""
        return estimate(
            circuit,
            observable,
            points,
            gradient=gradient,
            variance=variance,
            force=force,
            simulator=self.simulator,
            shots=self.shots,
            seed=self._seed(),
            threads=self.threads,
            shards=self.shards,
            groups=self.groups,
        )

    def sample(
        self, circuit: QuantumCircuit, points: ArrayLike = (), shots: int | None = None
    ) -> Counts | list[Counts]:
        """Return counts of bit strings; see :func:`hybrid.sample`."""
        wanted: Any = self.shots if shots is None else shots
        return sample(
            circuit,
            points,
            wanted,
            simulator=self.simulator,
            seed=self._seed(),
            threads=self.threads,
            shards=self.shards,
            groups=self.groups,
        )

    def overlaps(
        self,
        circuit: QuantumCircuit,
        points: ArrayLike,
        others: ArrayLike | None = None,
        *,
        other_circuit: QuantumCircuit | None = None,
        gradient: bool = False,
    ) -> Any:
        """Return a matrix of overlaps; see :func:`hybrid.overlaps`.

        Raises:
            InputError: the session has shots, or a simulator whose states are not exact.
        """
        check_exact(self.simulator, self.shots, "overlaps")
        made: Any = overlaps  # its overloads take only a literal True or False
        return made(
            circuit,
            points,
            others,
            other_circuit=other_circuit,
            gradient=gradient,
            threads=self.threads,
        )

    def map(
        self,
        function: Callable[..., Any],
        items: Iterable[Any],
        *,
        costs: Sequence[float] | None = None,
    ) -> list[Any]:
        """Return the function's results for all items; see :func:`hybrid.map`."""
        return mapping.map(
            function,
            items,
            costs=costs,
            simulator=self.simulator,
            shots=self.shots,
            seed=self._seed(),
            threads=self.threads,
        )

    def minimize(self, workload: Minimizable, **arguments: Any) -> Result:
        """Minimise with the session's settings; see :func:`hybrid.minimize`."""
        settings: dict[str, Any] = {
            "simulator": self.simulator,
            "shots": self.shots,
            "seed": self._seed(),
            "threads": self.threads,
            "shards": self.shards,
            "groups": self.groups,
        }
        return minimize(workload, **(settings | arguments))

    def _seed(self) -> int | None:
        self._calls += 1
        return None if self.seed is None else derive(self.seed, self._calls)

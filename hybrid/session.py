"""A script of one's own with the ranks of the job behind it: batches, overlaps, maps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid import mapping
from hybrid.arrays import FloatArray
from hybrid.ask import Ask, Told
from hybrid.collective import Prepared, call_together
from hybrid.content import digest
from hybrid.estimate import estimate, sample
from hybrid.inputs import (
    checked_groups,
    checked_points,
    checked_seed,
    checked_shards,
    checked_shots,
    checked_threads,
)
from hybrid.loop import minimize
from hybrid.programs import compile_program, flatten
from hybrid.result import Result
from hybrid.seeds import derive
from hybrid.simulators import Choice
from hybrid.simulators.overlap import OverlapEvaluation
from hybrid.simulators.sampling import Counts
from hybrid.workloads import Minimizable


def overlaps(
    circuit: QuantumCircuit,
    points: ArrayLike,
    others: ArrayLike | None = None,
    *,
    threads: int | None = None,
) -> FloatArray:
    """Return ``|<psi(a)|psi(b)>|^2`` for all pairs of points: a quantum kernel matrix.

    Collective: every rank makes the same call, tiles of the matrix are spread over the ranks, and
    all get the same bits.

    Args:
        circuit: unitary, from \\|0...0>.
        points: shape (A, P).
        others: shape (B, P); None for ``points`` again, of which half is computed.
        threads: for each rank.

    Returns:
        shape (A, B), float64.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        MismatchError: the ranks were given different things.

    Example:
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("a"), 0)
        >>> overlaps(circuit, [[0.0], [np.pi]]).round(6).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """

    def prepare() -> Prepared:
        program = compile_program(flatten(circuit))
        rows = checked_points(points, program.angles.num_parameters)
        columns = None
        if others is not None:
            columns = checked_points(others, program.angles.num_parameters, "others")
        return Prepared(
            evaluation=OverlapEvaluation(program, columns),
            first_ask=Ask(rows),
            num_qubits=program.num_qubits,
            contents=lambda: {
                "circuit": program.content(),
                "set of points": digest(rows, "none" if columns is None else columns),
            },
            seed=0,
            threads=checked_threads(threads),
        )

    call = call_together("overlaps()", prepare)
    matrix, _ = call.team.run(lambda team: team.ask(call.prepared.first_ask))
    return np.asarray(matrix)


@dataclass
class Session:
    """Settings that many calls share, and one seed for all of them.

    The n-th call of a session is seeded by (seed, n): a script is as reproducible as a single
    call. Every method is collective and returns the same on every rank.

    Attributes:
        simulator, shots, seed, threads, shards, groups: as in :func:`hybrid.expectation`; what
            shares no state (overlaps, maps) has no use for the last two.

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
        """Return the session; leaving it needs nothing."""
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
        observable: SparsePauliOp,
        points: ArrayLike,
        *,
        gradient: bool | Literal["exact", "finite-difference"] = False,
    ) -> Any:
        """Return values, or values and gradients; see :func:`hybrid.expectation`."""
        told = self.estimate(circuit, observable, points, gradient=gradient)
        return told.values if told.gradients is None else (told.values, told.gradients)

    def estimate(
        self,
        circuit: QuantumCircuit,
        observable: SparsePauliOp,
        points: ArrayLike,
        *,
        gradient: bool | Literal["exact", "finite-difference"] = False,
    ) -> Told:
        """Return values and gradients with standard errors; see :func:`hybrid.estimate`."""
        return estimate(
            circuit,
            observable,
            points,
            gradient=gradient,
            simulator=self.simulator,
            shots=self.shots,
            seed=self._seed(),
            threads=self.threads,
            shards=self.shards,
            groups=self.groups,
        )

    def sample(
        self, circuit: QuantumCircuit, points: ArrayLike, shots: int | None = None
    ) -> Counts | list[Counts]:
        """Return counts of bit strings; see :func:`hybrid.sample`."""
        wanted: Any = self.shots if shots is None else shots
        return sample(
            circuit,
            points,
            wanted,
            seed=self._seed(),
            threads=self.threads,
            shards=self.shards,
            groups=self.groups,
        )

    def overlaps(
        self, circuit: QuantumCircuit, points: ArrayLike, others: ArrayLike | None = None
    ) -> FloatArray:
        """Return a matrix of overlaps; see :func:`hybrid.overlaps`."""
        return overlaps(circuit, points, others, threads=self.threads)

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

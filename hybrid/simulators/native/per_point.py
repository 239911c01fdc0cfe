"""Properties of the state at each point in the kernels: probabilities, amplitudes, metric."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hybrid.core.arrays import ComplexArray, FloatArray
from hybrid.core.ask import Ask
from hybrid.core.piece import Piece, slices
from hybrid.core.work import Sharding, Work
from hybrid.sharding.program import Reading, shardings
from hybrid.simulators.native.kernel import (
    StateEvaluation,
    metric_at,
    metric_shardings,
    state_bytes,
)


@dataclass(frozen=True)
class PerPoint(StateEvaluation[FloatArray]):
    """One array per point; pieces are single points.

    Attributes:
        program: the compiled circuit.
    """

    @abstractmethod
    def at(self, point: FloatArray, threads: int) -> FloatArray:
        """Return the array at a point of shape (P,)."""

    @property
    @abstractmethod
    def array_bytes(self) -> int:
        """Bytes of the array at a point."""

    def work(self, ask: Ask, piece: Piece) -> Work:
        """Return the work of computing the state and reading the array."""
        return self.of_a_state(ask, answered=self.array_bytes)

    def with_array(self, found: tuple[Sharding, ...]) -> tuple[Sharding, ...]:
        """Add the memory of the whole answer, which the leader holds."""
        return tuple(
            replace(each, memory_bytes=each.memory_bytes + self.array_bytes) for each in found
        )

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return one piece per point."""
        return slices(len(ask.points), 1, "points")

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the array of the piece's point."""
        return self.at(ask.points[piece.start], threads)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> FloatArray:
        """Return the arrays of all points, stacked."""
        return np.stack(list(partials))


@dataclass(frozen=True)
class Probabilities(PerPoint):
    """Probabilities of the outcomes of measuring some qubits.

    Attributes:
        program: the compiled circuit.
        qubits: the measured qubits, in the order of the bits of an outcome, lowest first.
    """

    qubits: tuple[int, ...]

    @property
    def description(self) -> str:
        """One line."""
        return f"native kernels, complex128, probabilities of {len(self.qubits)} qubits"

    def at(self, point: FloatArray, threads: int) -> FloatArray:
        """Return shape (2^k,) for k qubits."""
        angles = self.program.angles.angles(point[None])[0]
        mask = sum(1 << qubit for qubit in self.qubits)
        ascending = self.kernel_program.probabilities(angles, mask, threads=threads)
        # Axes of a reshaped array run from the highest bit to the lowest.
        axis_of = {qubit: k for k, qubit in enumerate(sorted(self.qubits, reverse=True))}
        order = [axis_of[qubit] for qubit in reversed(self.qubits)]
        return ascending.reshape((2,) * len(order)).transpose(order).ravel()

    @property
    def array_bytes(self) -> int:
        """Bytes of the probabilities."""
        return 8 << len(self.qubits)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the state and the probabilities."""
        state = state_bytes(self.program.num_qubits, gradient=False, single=False)
        return state + 2 * self.array_bytes

    def shardings_for(self, *, gradient: bool) -> tuple[Sharding, ...]:
        """Return how one state may be distributed over ranks."""
        return self.with_array(shardings(self.kernel_program, Reading.PROBABILITIES))


@dataclass(frozen=True)
class Amplitudes(PerPoint):
    """Amplitudes of some basis states, with the circuit's global phase.

    Attributes:
        program: the compiled circuit.
        states: basis states as integers; qubit 0 is the lowest bit.
    """

    states: tuple[int, ...]

    @property
    def description(self) -> str:
        """One line."""
        return f"native kernels, complex128, amplitudes of {len(self.states)} basis states"

    def at(self, point: FloatArray, threads: int) -> FloatArray:
        """Return shape (2, states): real and imaginary parts."""
        angles = self.program.angles.angles(point[None])[0]
        found = self.kernel_program.amplitudes(angles, list(self.states), threads=threads)
        found *= self.program.phase_factors(point[None], angles[None])[0]
        return np.stack([found.real, found.imag])

    @property
    def array_bytes(self) -> int:
        """Bytes of the amplitudes."""
        return 16 * len(self.states)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the state."""
        return state_bytes(self.program.num_qubits, gradient=False, single=False)

    def shardings_for(self, *, gradient: bool) -> tuple[Sharding, ...]:
        """Return how one state may be distributed over ranks."""
        return shardings(self.kernel_program, Reading.SHOTS)


@dataclass(frozen=True)
class States(PerPoint):
    """State vectors with the circuit's global phase; every rank gets all of them."""

    @property
    def description(self) -> str:
        """One line."""
        return "native kernels, complex128, state vectors"

    def at(self, point: FloatArray, threads: int) -> FloatArray:
        """Return shape (2 * 2^n,): real and imaginary parts in turn."""
        angles = self.program.angles.angles(point[None])
        state: ComplexArray = np.asarray(
            self.program.kernel.state(angles[0], threads=threads), dtype=np.complex128
        )
        state *= self.program.phase_factors(point[None], angles)[0]
        return state.view(np.float64)

    @property
    def array_bytes(self) -> int:
        """Bytes of the state."""
        return 16 << self.program.num_qubits

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of all states, which every rank receives, and of the one computed."""
        return (len(ask.points) + 1) * self.array_bytes

    @property
    def may_distribute(self) -> bool:
        """False: a state that every rank gets must fit on every rank."""
        return False

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return none."""
        return ()

    def shardings_for(self, *, gradient: bool) -> tuple[Sharding, ...]:
        """Return none."""
        return ()


@dataclass(frozen=True)
class Metric(PerPoint):
    """The Fubini-Study metric with respect to the circuit's parameters."""

    @property
    def description(self) -> str:
        """One line."""
        return "native kernels, complex128, metric from tangent states"

    def at(self, point: FloatArray, threads: int) -> FloatArray:
        """Return shape (P, P), symmetric."""
        return metric_at(self.kernel_program, self.program.angles, point, threads)

    @property
    def array_bytes(self) -> int:
        """Bytes of the metric."""
        return 8 * self.program.angles.num_parameters**2

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of two states and the metric over angles."""
        states = state_bytes(self.program.num_qubits, gradient=True, single=False)
        return states + 16 * self.program.angles.num_angles**2

    def work(self, ask: Ask, piece: Piece) -> Work:
        """Return the work of the state and of a forward and backward tangent pass per angle."""
        times = 1 + self.program.angles.num_angles
        operations = tuple((kind, count * times) for kind, count in self.operations)
        return replace(super().work(ask, piece), operations=operations, gradient=True)

    def shardings_for(self, *, gradient: bool) -> tuple[Sharding, ...]:
        """Return the possible distributions of the states over ranks."""
        return metric_shardings(self.kernel_program, self.program.angles.num_parameters)

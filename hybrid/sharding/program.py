"""The kernels' program interface, for a state distributed over a group of ranks."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TypeVar

import numpy as np

from hybrid import _kernels
from hybrid.core.arrays import ComplexArray, FloatArray
from hybrid.core.work import Sharding
from hybrid.sharding import answers
from hybrid.sharding.group import Group
from hybrid.sharding.passes import Passes, TwoStates
from hybrid.sharding.route import Route, most_distributed, plan_route

AnyPasses = TypeVar("AnyPasses", bound=Passes)


class Reading(Enum):
    """A way to read a state; it limits which qubits may be distributed then."""

    EXPECTATION = "expectation"
    SHOTS = "shots"
    PROBABILITIES = "probabilities"

    def allowed(self, num_qubits: int, num_distributed: int) -> int:
        """Return the mask of qubits that may be distributed, for 2^num_distributed shards."""
        if self is Reading.EXPECTATION:
            return _kernels.expectation_strips(num_qubits)
        if self is Reading.SHOTS:
            return _kernels.outcome_strips(num_qubits)
        return ((1 << num_distributed) - 1) << (num_qubits - num_distributed)


class DistributedProgram:
    """A drop-in replacement for ``_kernels.Program`` on the members of a group.

    Every member makes the same calls; returned values are valid on the leader, and have the same
    bits as on one rank.

    Args:
        program: in the kernels.
        group: the ranks.
    """

    def __init__(self, program: _kernels.Program, group: Group) -> None:
        self._program = program
        self._group = group
        self._routes: dict[tuple[Reading, bool], Route] = {}
        self.num_qubits = program.num_qubits
        self.num_slots = program.num_slots

    def evaluate(
        self,
        observable: _kernels.PauliSum | Sequence[_kernels.PauliSum],
        angles: FloatArray,
        gradient: bool,
        *,
        threads: int = 0,
        single: bool = False,
    ) -> tuple[FloatArray, FloatArray | None]:
        """Return values, shape (B,), and gradients by the angles, shape (B, K), or None.

        A sequence of M observables gives shapes (B, M) and (B, M, K), and runs the program M times.
        """
        if not isinstance(observable, _kernels.PauliSum):
            found = [
                self.evaluate(each, angles, gradient, threads=threads, single=single)
                for each in observable
            ]
            rows = [each for _, each in found if each is not None]
            columns = np.stack([each for each, _ in found], axis=1)
            return columns, np.stack(rows, axis=1) if gradient else None
        values = np.empty(len(angles))
        gradients = np.empty(angles.shape) if gradient else None
        for place, point in enumerate(angles):
            passes = self._passes(
                TwoStates, Reading.EXPECTATION, point, threads, gradient=gradient, single=single
            )
            values[place], by_angle = answers.value_and_gradient(
                passes, observable, observable.x_masks, gradient=gradient
            )
            if gradients is not None:
                gradients[place] = by_angle
        return values, gradients

    def metric(self, angles: FloatArray, *, threads: int = 0) -> FloatArray:
        """Return the Fubini-Study metric by the angles, shape (K, K)."""
        passes = self._passes(TwoStates, Reading.EXPECTATION, angles, threads, gradient=True)
        return answers.metric(passes, self.num_slots)

    def probabilities(self, angles: FloatArray, qubits: int, *, threads: int = 0) -> FloatArray:
        """Return the probabilities of the outcomes of k qubits, given as a mask, shape (2^k,)."""
        passes = self._passes(Passes, Reading.PROBABILITIES, angles, threads)
        return answers.probabilities(passes, qubits)

    def sample(self, angles: FloatArray, shots: int, seed: int, *, threads: int = 0) -> np.ndarray:
        """Return sampled basis states, shape (shots,), uint64."""
        return answers.shots(self._passes(Passes, Reading.SHOTS, angles, threads), shots, seed)

    def amplitudes(
        self, angles: FloatArray, states: Sequence[int], *, threads: int = 0
    ) -> ComplexArray:
        """Return the amplitudes of some basis states, shape (len(states),), complex128."""
        return answers.amplitudes(self._passes(Passes, Reading.SHOTS, angles, threads), states)

    def _passes(
        self,
        kind: type[AnyPasses],
        reading: Reading,
        angles: FloatArray,
        threads: int,
        *,
        gradient: bool = False,
        single: bool = False,
    ) -> AnyPasses:
        program = self._program if gradient else self._program.for_values
        if (reading, gradient) not in self._routes:
            k = self._group.size.bit_length() - 1
            self._routes[reading, gradient] = route_of(program, reading, k)
        return kind(
            self._group,
            program,
            self._routes[reading, gradient],
            np.ascontiguousarray(angles),
            single=single,
            threads=threads,
        )


def route_of(program: _kernels.Program, reading: Reading, num_distributed: int) -> Route:
    """Return the route of a program over 2^num_distributed shards, reading included."""
    n = program.num_qubits
    return plan_route(n, _stations(program, reading, num_distributed), num_distributed)


def shardings(
    program: _kernels.Program,
    reading: Reading,
    observable: _kernels.PauliSum | None = None,
    *,
    gradient: bool = False,
    single: bool = False,
    repeats: int = 1,
) -> tuple[Sharding, ...]:
    """Return the costs of distributing a program's state over 2, 4, 8, ... shards.

    Args:
        program: in the kernels.
        reading: how the state is read.
        observable: the observable of an expectation value.
        gradient: whether there is a backward pass with a second state.
        single: whether amplitudes are complex64.
        repeats: how often the state is prepared and read, for instance once per row of a metric.
    """
    program = program if gradient else program.for_values
    n = program.num_qubits
    amplitude = 8 if single else 16
    num_states = 1 if observable is None and not gradient else 2
    found = []
    for k in range(1, most_distributed(_stations(program, reading, n)) + 1):
        route = route_of(program, reading, k)
        shard = amplitude << (n - k)
        ways = 3 if gradient else 1  # one state forward, two back
        partners = _partners(observable, route)
        found.append(
            Sharding(
                shards=1 << k,
                memory_bytes=num_states * shard + shard // 8,
                sent_bytes=int(repeats * shard * (ways * route.sent + partners)),
                exchanges=repeats * (ways * route.num_moves + partners),
            )
        )
    return tuple(found)


def _partners(observable: _kernels.PauliSum | None, route: Route) -> int:
    """Return the number of other shards that H psi reads."""
    if observable is None:
        return 0
    distributed = route.layouts[-1].distributed_mask
    return len({mask & distributed for mask in observable.x_masks} - {0})


def _stations(program: _kernels.Program, reading: Reading, num_distributed: int) -> list[int]:
    allowed = [mask for mask, _ in _kernels.sweeps(program)]
    return [*allowed, reading.allowed(program.num_qubits, num_distributed)]

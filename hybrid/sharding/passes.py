"""Running a program on a distributed state: forward, and backward for gradients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import ClassVar, TypeAlias

import numpy as np

from hybrid import _kernels
from hybrid.core.arrays import FloatArray
from hybrid.sharding.exchange import CHUNK_BITS, run_move, subsets
from hybrid.sharding.group import Amplitudes, Group
from hybrid.sharding.layout import Layout, Move
from hybrid.sharding.route import Route

SMALLEST_CHUNK = 1 << 14
"""Smallest chunk, in amplitudes, for sweeps that overlap with messages."""


States: TypeAlias = Mapping[str, Amplitudes]
"""This member's shards of states that move together, by the name of their memory."""


class Passes:
    """One member's part in running a program at a point, forward.

    Args:
        group: the ranks that hold the state; all call the same methods.
        program: in the kernels.
        route: a layout for each sweep, and a last one for reading the state.
        angles: shape (K,).
        single: whether amplitudes are complex64.
        threads: threads of this member.

    Attributes:
        names: names of the memory of the states.
    """

    names: ClassVar[tuple[str, ...]] = ("psi",)

    def __init__(
        self,
        group: Group,
        program: _kernels.Program,
        route: Route,
        angles: FloatArray,
        *,
        single: bool,
        threads: int,
    ) -> None:
        self.group = group
        self.program = program
        self.route = route
        self.threads = threads
        self._bound = _kernels.Bound(program, angles, single)
        self._sweeps = _kernels.sweeps(program)
        dtype = np.dtype(np.complex64 if single else np.complex128)
        count = 1 << self.layout.num_local
        self._states = {name: group.memory(name, count, dtype) for name in self.names}

    @property
    def psi(self) -> Amplitudes:
        """This member's shard of the state."""
        return self._states["psi"]

    @property
    def layout(self) -> Layout:
        """The last layout, used for reading the state."""
        return self.route.layouts[-1]

    def forward(self) -> None:
        """Set psi to the program's state, in the last layout."""
        self._reset(self.psi, one=True)
        states = {"psi": self.psi}
        self._run(states, lambda k, at: self._bound.forward(k, at, self.psi, self.threads))

    def _reset(self, shard: Amplitudes, *, one: bool) -> None:
        shard.fill(0)
        if one and self.group.rank == 0:
            shard[0] = 1

    def _run(self, states: States, sweep: Callable[[int, _kernels.Placement], None]) -> None:
        for k in range(len(self._sweeps)):
            self._step(k, self.route.moves[k], states, partial(sweep, k))
        last = self.route.moves[-1]
        if last is not None:
            run_move(self.group, last, states, self.threads)

    def _step(
        self,
        k: int,
        move: Move | None,
        states: States,
        work: Callable[[_kernels.Placement], None],
    ) -> None:
        """Move to the layout of a sweep and run the sweep, chunk by chunk as they arrive."""
        layout, rank = self.route.layouts[k], self.group.rank
        if move is None:
            work(layout.placement(rank))
            return
        chunk = self._chunk_qubits(k, layout, move)
        qubits_of = {layout.bits(value): value for value in subsets(chunk)}

        def then(bits: int) -> None:
            work(layout.placement(rank, chunk, qubits_of[bits]))

        run_move(self.group, move, states, self.threads, layout.bits(chunk), then)

    def _chunk_qubits(self, k: int, layout: Layout, move: Move) -> int:
        """Return the qubits that cut a shard into chunks that can be swept one by one."""
        if self.group.neighbour("psi", self.group.rank ^ 1) is not None:
            return 0  # shared memory: no messages
        free, _ = self._sweeps[k]
        chunk, left = 0, 1 << layout.num_local
        for qubit in reversed(range(layout.num_qubits)):
            enough = (chunk.bit_count() + len(move.positions)) >= CHUNK_BITS
            if enough or left >> 1 < SMALLEST_CHUNK:
                break
            if free >> qubit & 1 and layout.position[qubit] not in (-1, *move.positions):
                chunk |= 1 << qubit
                left >>= 1
        return chunk


class TwoStates(Passes):
    """One member's part in running a program forward and backward, with a second state."""

    names = ("psi", "other")

    @property
    def other(self) -> Amplitudes:
        """This member's shard of H psi, of the adjoint method's lambda, or of a tangent."""
        return self._states["other"]

    def forward_with_tangent(self, slot: int) -> None:
        """Set psi to the program's state, and the second state to its derivative by an angle."""
        self._reset(self.psi, one=True)
        self._reset(self.other, one=False)
        self._run(
            self._states,
            lambda k, at: self._bound.tangent(k, slot, at, self.psi, self.other, self.threads),
        )

    def backward(self) -> FloatArray:
        """Undo the program on both states, starting in the last layout.

        Returns:
            the argument of ``_kernels.gradient_of``: sums, 0.0 for strips of other members.
        """
        ends = np.cumsum([0, *(count for _, count in self._sweeps)])
        sums = np.zeros(int(ends[-1]))
        for k in reversed(range(len(self._sweeps))):
            mine = sums[ends[k] : ends[k + 1]]

            def undo(at: _kernels.Placement, k: int = k, mine: FloatArray = mine) -> None:
                self._bound.backward(k, at, self.psi, self.other, mine, self.threads)

            # A move is its own inverse: it exchanges places.
            self._step(k, self.route.moves[k + 1], self._states, undo)
        return sums

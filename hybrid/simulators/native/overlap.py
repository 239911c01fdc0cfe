"""Overlaps of states at pairs of points, and their gradients, in tiles of the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hybrid.core.arrays import ComplexArray, FloatArray
from hybrid.core.ask import Ask
from hybrid.core.piece import Piece
from hybrid.programs import Program
from hybrid.simulators.base import Evaluation
from hybrid.simulators.native.states import states_of

_TILE_BYTES = 1 << 26
"""Maximum bytes of the states on one side of a tile, which holds at least one."""
_WIDEST_TILE = 64
_KEPT_BYTES = 1 << 28
"""A rank keeps the states that it has computed if all of them fit in this many bytes."""


@dataclass(frozen=True)
class OverlapEvaluation(Evaluation[list[FloatArray]]):
    """The matrix ``|<psi(a)|phi(b)>|^2``; pieces are square tiles, row by row.

    Attributes:
        program: the compiled circuit of the rows.
        others: shape (B, Q), the points of the columns. If None, those of the rows; without
            gradients, only tiles on and above the diagonal are computed.
        other_program: the compiled circuit of the columns, of the same width. If None, that of the
            rows.
        kept: states that this rank has computed, by the array of their points and the first point.
    """

    program: Program
    others: FloatArray | None
    other_program: Program | None = None
    kept: dict[tuple[int, int], tuple[FloatArray, ComplexArray]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def description(self) -> str:
        """One line."""
        return "native kernels, complex128, exact overlaps"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return one piece per tile; its cost is the number of passes over a state."""
        return tuple(
            Piece(k, "tiles", k, k + 1, self._cost(ask, len(rows), len(columns)))
            for k, (rows, columns) in enumerate(self._tiles(ask))
        )

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the entries of the tile, shape (rows, columns), or (rows, columns, 1 + P).

        The latter with gradients with respect to the point of the row.
        """
        rows, columns = self._tiles(ask)[piece.start]
        points = ask.points[rows.start : rows.stop]
        if ask.gradient:
            return self._with_gradients(points, self._right(ask, columns, threads), threads)
        left = self._states(ask, self.program, ask.points, rows, threads)
        right = left
        if self.others is not None or rows != columns:
            right = self._right(ask, columns, threads)
        entries: FloatArray = np.abs(left.conj() @ right.T) ** 2
        return entries

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> list[FloatArray]:
        """Return the matrix, shape (A, B), and the gradients if wanted, shape (A, B, P)."""
        shape = (len(ask.points), len(self._columns(ask)))
        tail = (1 + ask.points.shape[1],) if ask.gradient else ()
        table = np.empty((*shape, *tail))
        for (rows, columns), entries in zip(self._tiles(ask), partials, strict=True):
            table[rows.start : rows.stop, columns.start : columns.stop] = entries
            if self._is_half(ask):
                table[columns.start : columns.stop, rows.start : rows.stop] = entries.T
        if not ask.gradient:
            return [table]
        return [np.ascontiguousarray(table[..., 0]), np.ascontiguousarray(table[..., 1:])]

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of a tile's states and gradients."""
        state = 16 << self.program.num_qubits
        every = self._every(ask) * state
        held = every if every <= _KEPT_BYTES else 2 * self._side * state
        if not ask.gradient:
            return held
        numbers = self.program.angles.num_angles + self.program.angles.num_parameters + 1
        return held + 3 * state + 8 * self._side * self._side * numbers

    def _with_gradients(self, points: FloatArray, states: ComplexArray, threads: int) -> FloatArray:
        """Return overlaps of points with states, and their gradients with respect to the points."""
        angle_map = self.program.angles
        values, by_angle = self.program.kernel.overlaps(
            states, angle_map.angles(points), True, threads=threads
        )
        slopes = angle_map.pull_back(points, by_angle)
        return np.concatenate([values[..., None], slopes], axis=-1)

    def _right(self, ask: Ask, columns: range, threads: int) -> ComplexArray:
        program = self.other_program or self.program
        return self._states(ask, program, self._columns(ask), columns, threads)

    def _states(
        self, ask: Ask, program: Program, points: FloatArray, part: range, threads: int
    ) -> ComplexArray:
        """Return the states at a slice of points, computed once by this rank where they fit."""
        key = (id(points), part.start)
        if key in self.kept and self.kept[key][0] is points:
            return self.kept[key][1]
        states = states_of(program, points[part.start : part.stop], threads=threads)
        if self._every(ask) * (16 << self.program.num_qubits) <= _KEPT_BYTES:
            self.kept[key] = (points, states)
        return states

    def _every(self, ask: Ask) -> int:
        """Return the number of states of an Ask."""
        return len(ask.points) + (0 if self.others is None else len(self.others))

    def _cost(self, ask: Ask, rows: int, columns: int) -> float:
        return float(rows + columns + 2 * rows * columns if ask.gradient else rows + columns)

    def _tiles(self, ask: Ask) -> list[tuple[range, range]]:
        down, across = self._cuts(len(ask.points)), self._cuts(len(self._columns(ask)))
        half = self._is_half(ask)
        return [(a, b) for a in down for b in across if not half or b.start >= a.start]

    def _is_half(self, ask: Ask) -> bool:
        return self.others is None and not ask.gradient

    def _cuts(self, size: int) -> list[range]:
        return [range(at, min(at + self._side, size)) for at in range(0, size, self._side)]

    def _columns(self, ask: Ask) -> FloatArray:
        return ask.points if self.others is None else self.others

    @property
    def _side(self) -> int:
        return max(1, min(_WIDEST_TILE, _TILE_BYTES >> (4 + self.program.num_qubits)))

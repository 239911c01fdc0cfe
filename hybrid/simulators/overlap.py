"""Overlaps of a circuit's states at pairs of points, in tiles of the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Want
from hybrid.core.piece import Piece
from hybrid.programs import Program
from hybrid.simulators.base import Evaluation
from hybrid.simulators.states import states_of

_TILE_BYTES = 1 << 26
"""States of one side of a tile take at most this, or one state."""
_WIDEST_TILE = 64


@dataclass(frozen=True)
class OverlapEvaluation(Evaluation[FloatArray]):
    """The matrix ``|<psi(a)|psi(b)>|^2``; pieces are square tiles, row by row.

    Attributes:
        program: the compiled circuit.
        others: shape (B, P), the points of the columns; None for those of the rows, where only
            the tiles on and above the diagonal are computed.
    """

    program: Program
    others: FloatArray | None
    answers: ClassVar[frozenset[Want]] = frozenset({Want.VALUES})

    @property
    def description(self) -> str:
        """One line."""
        return "native kernels, complex128, exact overlaps"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return one piece for each tile, whose cost is its number of states and entries."""
        return tuple(
            Piece(k, "tiles", k, k + 1, float(len(rows) + len(columns)))
            for k, (rows, columns) in enumerate(self._tiles(ask))
        )

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the entries of the tile, shape (rows, columns)."""
        rows, columns = self._tiles(ask)[piece.start]
        left = states_of(self.program, ask.points[rows.start : rows.stop], threads=threads)
        if self.others is None and rows == columns:
            right = left
        else:
            points = self._columns(ask)[columns.start : columns.stop]
            right = states_of(self.program, points, threads=threads)
        entries: FloatArray = np.abs(left.conj() @ right.T) ** 2
        return entries

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> FloatArray:
        """Return the matrix, shape (A, B)."""
        matrix = np.empty((len(ask.points), len(self._columns(ask))))
        for (rows, columns), entries in zip(self._tiles(ask), partials, strict=True):
            matrix[rows.start : rows.stop, columns.start : columns.stop] = entries
            if self.others is None:
                matrix[columns.start : columns.stop, rows.start : rows.stop] = entries.T
        return matrix

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the states of a tile."""
        return 2 * self._side * (16 << self.program.num_qubits)

    def _tiles(self, ask: Ask) -> list[tuple[range, range]]:
        down, across = self._cuts(len(ask.points)), self._cuts(len(self._columns(ask)))
        half = self.others is None
        return [(a, b) for a in down for b in across if not half or b.start >= a.start]

    def _cuts(self, size: int) -> list[range]:
        return [range(at, min(at + self._side, size)) for at in range(0, size, self._side)]

    def _columns(self, ask: Ask) -> FloatArray:
        return ask.points if self.others is None else self.others

    @property
    def _side(self) -> int:
        return max(1, min(_WIDEST_TILE, _TILE_BYTES >> (4 + self.program.num_qubits)))

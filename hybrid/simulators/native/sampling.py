"""Sampling of all qubits from a circuit's exact state, in the native kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece
from hybrid.core.work import Sharding, Work
from hybrid.sharding.program import Reading, shardings
from hybrid.simulators.base import Counts
from hybrid.simulators.native.kernel import StateEvaluation, state_bytes

_SHOTS_PER_PIECE = 1 << 20
"""This many shots take about as long as the state of a wide circuit; more justify another rank."""
_SHOT_SECONDS = 1e-7
"""Time to draw one shot from a computed state."""

_MOST_PIECES = 1 << 16


@dataclass(frozen=True)
class SamplingEvaluation(StateEvaluation[list[Counts]]):
    """Samples of a program's final state; pieces are points, or slices of their shots.

    Attributes:
        program: the compiled circuit.
        shots: shots per point.
    """

    shots: int

    @property
    def description(self) -> str:
        """One line."""
        return f"native kernels, complex128, {self.shots} shots from the exact state"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return one piece per point and million shots; units are points."""
        return tuple(
            Piece(
                point * self._parts + part, "points", point, point + 1, float(self._shots_of(part))
            )
            for point in range(len(ask.points))
            for part in range(self._parts)
        )

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return shape (observed outcomes, 2): index of the basis state, and count."""
        angles = self.program.angles.angles(ask.points[piece.start : piece.stop])[0]
        shots = self._shots_of(piece.index % self._parts)
        indices = self.kernel_program.sample(angles, shots, seed, threads=threads)
        outcomes, counts = np.unique(indices, return_counts=True)
        return np.column_stack([outcomes, counts]).astype(np.float64)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> list[Counts]:
        """Return counts of bit strings for each point; qubit 0 is the last bit."""
        counts: list[Counts] = [{} for _ in ask.points]
        width = self.program.num_qubits
        for piece, partial in zip(self.pieces(ask), partials, strict=True):
            seen = counts[piece.start]
            for outcome, count in partial.astype(np.int64).tolist():
                label = f"{outcome:0{width}b}"
                seen[label] = seen.get(label, 0) + count
        return counts

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the state and of a piece's shots."""
        shots = min(self.shots, _SHOTS_PER_PIECE)
        return state_bytes(self.program.num_qubits, gradient=False, single=False) + 16 * shots

    def work(self, ask: Ask, piece: Piece) -> Work:
        """Return the work of computing the state and drawing the piece's shots."""
        shots = self._shots_of(piece.index % self._parts)
        outcomes = min(shots, 1 << self.program.num_qubits)
        return self.of_a_state(ask, answered=16 * outcomes, seconds=shots * _SHOT_SECONDS)

    def shardings_for(self, *, gradient: bool) -> tuple[Sharding, ...]:
        """Return the possible distributions of one state over ranks."""
        return shardings(self.kernel_program, Reading.SHOTS)

    @property
    def _parts(self) -> int:
        """Number of slices of the shots of a point."""
        return -(-self.shots // _SHOTS_PER_PIECE)

    def _shots_of(self, part: int) -> int:
        """Return the number of shots of a slice; the last may have fewer."""
        return min(_SHOTS_PER_PIECE, self.shots - part * _SHOTS_PER_PIECE)


def check_shots(shots: int, num_points: int) -> None:
    """Refuse more shots than the scheduler can plan; they would take hours.

    Raises:
        InputError: the shots of all points exceed 65536 pieces of a million each.
    """
    most = max(_MOST_PIECES // num_points, 1) * _SHOTS_PER_PIECE
    if shots > most:
        raise InputError(
            "shots",
            got=f"{shots:,} for each of {num_points} points",
            expected=f"at most {most:,}",
            advice="add up the counts of several calls with different seeds",
        )

"""Values in one evaluation and their vector-Jacobian product in a later one."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.piece import Piece, slices
from hybrid.core.work import Work
from hybrid.simulators.base import Estimator, Evaluation, Record

MOST_BYTES = 1 << 29
"""What all kept records of a process may hold; beyond it, states are computed again."""


@dataclass(eq=False)
class Records:
    """The records of the pieces that this rank ran, from the values until the pass back.

    A piece without a record is recorded again, with the same bits: which rank ran it, and what was
    kept, does not matter.
    """

    of_piece: dict[int, Record] = field(default_factory=dict)
    num_bytes: int = 0

    def keep(self, piece: Piece, record: Record, num_bytes: int) -> None:
        """Keep the record of a piece, if there is room."""
        if sum(each.num_bytes for each in _kept) + num_bytes <= MOST_BYTES:
            _kept.add(self)
            self.of_piece[piece.index] = record
            self.num_bytes += num_bytes

    def take(self, piece: Piece) -> Record | None:
        """Return the record of a piece, which can be used once."""
        return self.of_piece.pop(piece.index, None)


_kept: weakref.WeakSet[Records] = weakref.WeakSet()


@dataclass(frozen=True)
class _OfPoints:
    """What both passes share: an estimator, and points that every rank holds.

    An Ask of a pass has B points without columns: its points need not be sent.

    Attributes:
        inner: computes values and gradients.
        points: shape (B, P).
        records: of the pieces that this rank ran.
    """

    inner: Estimator
    points: FloatArray
    records: Records

    @property
    def ask(self) -> Ask:
        """The Ask of this pass."""
        return Ask(np.empty((len(self.points), 0)))

    @property
    def description(self) -> str:
        """One line."""
        return self.inner.description

    @property
    def reproducible(self) -> bool:
        """Whether the inner evaluation is reproducible."""
        return self.inner.reproducible

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of ``points_at_once`` points."""
        return slices(len(self.points), self.inner.points_at_once, "points")

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the states that one piece holds."""
        return self.inner.memory_bytes(Ask(self.points[:1], gradient=True))

    def complex64_halves_memory(self, ask: Ask) -> bool:
        """Return whether it would for the inner evaluation."""
        return self.inner.complex64_halves_memory(Ask(self.points[:1], gradient=True))

    def _work(self, piece: Piece, gradient: bool, answered: int) -> Work | None:
        asked = Ask(self.points[piece.start : piece.stop], gradient)
        parts = [self.inner.work(asked, each) for each in self.inner.pieces(asked)]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        circuits = sum(part.circuits for part in known)
        return replace(known[0], circuits=circuits, answered=8 * answered, shardings=())


@dataclass(frozen=True)
class Values(_OfPoints, Evaluation[FloatArray]):
    """Values at all points, shape (B, M); each rank keeps the records of its pieces.

    Attributes:
        observables: M.
        keep: whether to keep them.
    """

    observables: int
    keep: bool

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the values of the piece's points."""
        points = self.points[piece.start : piece.stop]
        record = self.inner.record(points, seed=seed, threads=threads)
        if self.keep:
            self.records.keep(piece, record, self.inner.record_bytes(len(piece)))
        return record.values

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> FloatArray:
        """Return the values of all points."""
        return np.concatenate([np.empty((0, self.observables)), *partials])

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the work of the piece's circuits."""
        return self._work(piece, False, len(piece) * self.observables)


@dataclass(frozen=True)
class PassBack(_OfPoints, Evaluation[tuple[FloatArray, FloatArray]]):
    """The weighted sum of all gradients, shape (P,), and derivatives by inputs, shape (B, F).

    Attributes:
        cotangents: shape (B, M), the weights.
        inputs: columns of the points for which derivatives are returned point by point.
    """

    cotangents: FloatArray
    inputs: tuple[int, ...]

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return weighted sum and derivatives by inputs, concatenated."""
        record = self.records.take(piece)
        if record is None:
            points = self.points[piece.start : piece.stop]
            record = self.inner.record(points, seed=seed, threads=threads, values=False)
        weights = np.ascontiguousarray(self.cotangents[piece.start : piece.stop])
        summed, by_input = record.pull_back(weights, self.inputs, threads)
        return np.concatenate([summed, by_input.ravel()])

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> tuple[FloatArray, FloatArray]:
        """Return the sum, added in the order of the pieces, and the derivatives by inputs."""
        width = self.points.shape[1]
        summed = np.zeros(width)
        for partial in partials:
            summed += partial[:width]
        flat = np.concatenate([np.empty(0), *(partial[width:] for partial in partials)])
        return summed, flat.reshape(len(self.points), len(self.inputs))

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the work of the piece's circuits and their gradients."""
        answered = self.points.shape[1] + len(piece) * len(self.inputs)
        return self._work(piece, True, answered)

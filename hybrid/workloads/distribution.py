"""Objectives of the distribution of a diagonal cost, from exact probabilities or from shots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.ask import Ask, Told
from hybrid.core.columns import Columns
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece, slices
from hybrid.core.work import Sharding, Work
from hybrid.programs import Observable, Program, count_operations
from hybrid.sharding.group import Group
from hybrid.simulators import Estimator, Evaluation
from hybrid.simulators.base import Counts
from hybrid.workloads.objectives import Objective

_PIECE_QUBITS = 13
"""Narrower circuits share a piece, up to the number of amplitudes of this width."""
_READ_SECONDS = 2e-8
"""Time to read one amplitude into the distribution."""
_PASSES = 5.0
"""Passes over a state for an objective and its gradient; for the objective alone, one."""


@dataclass(frozen=True)
class ExactDistribution(Estimator):
    """An objective of the exact probabilities of all basis states.

    The objective is a function F of the probabilities p, so its gradient is that of the
    expectation value of the diagonal operator D = dF/dp, held fixed. With ``phi = D psi``, scaled
    such that ``<psi|phi>^2 = <psi|D|psi>``, it is the gradient of the overlap ``|<phi|psi>|^2``
    for fixed phi, which the kernels compute by the adjoint method. A constant added to D does not
    change it, so D is not negative.

    Attributes:
        program: the compiled circuit.
        observable: the cost, diagonal.
        objective: the function of the distribution.
    """

    program: Program
    observable: Observable
    objective: Objective

    @property
    def description(self) -> str:
        """One line: the objective and how it is computed."""
        return f"native kernels, complex128, {self.objective} of exact probabilities"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the points; pieces of narrow circuits hold several points."""
        return slices(
            len(ask.points), 1 << max(0, _PIECE_QUBITS - self.program.num_qubits), "points"
        )

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return one row per point of the piece: the value, then the gradient."""
        points = ask.points[piece.start : piece.stop]
        angles = self.program.angles.angles(points)
        rows = [self._at(each, ask.gradient, threads) for each in angles]
        parts = {"values": np.array([value for value, _ in rows])}
        if ask.gradient:
            by_angle = np.array([slopes for _, slopes in rows])
            parts["gradients"] = self.program.angles.pull_back(points, by_angle)
        return Columns(ask, 1).rows(parts)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return values and gradients at all points."""
        return Columns(ask, 1).told(np.concatenate(partials))

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the states, probabilities and levels that one piece holds."""
        return ((5 if ask.gradient else 1) * 16 + 24) << self.program.num_qubits

    def work(self, ask: Ask, piece: Piece) -> Work:
        """Return the operations of a state and, with a gradient, of an overlap and its gradient."""
        times = _PASSES / 3.0 if ask.gradient else 1.0  # the rates of a gradient include 3 passes
        read = len(piece) * (_READ_SECONDS * (1 << self.program.num_qubits))
        return Work(
            "native",
            self.program.num_qubits,
            len(piece),
            tuple((kind, times * count) for kind, count in self._operations),
            ask.gradient,
            seconds=read,
            answered=8 * len(piece) * ask.components,
        )

    def _at(self, angles: FloatArray, gradient: bool, threads: int) -> tuple[float, FloatArray]:
        """Return the objective at the angles of a point, and its derivatives by them."""
        energies, level_of = self._levels
        state = self.program.kernel.state(angles, threads=threads)
        weights = state.real**2 + state.imag**2
        found = np.bincount(level_of, weights, len(energies)).astype(np.float64, copy=False)
        value, slopes = self.objective.of(energies, found)
        if not gradient:
            return value, np.empty(0)
        falls = np.max(slopes) - slopes
        length = float(np.sum(found * falls))
        if length == 0.0:
            return value, np.zeros(len(angles))
        state *= falls[level_of] / np.sqrt(length)
        _, by_angle = self.program.kernel.overlaps(state[None], angles[None], True, threads=threads)
        return value, -by_angle[0, 0]

    @cached_property
    def _levels(self) -> tuple[FloatArray, IntArray]:
        """The distinct energies, ascending, and the index of that of each basis state."""
        return np.unique(diagonal_of(self.observable), return_inverse=True)

    @cached_property
    def _operations(self) -> tuple[tuple[str, float], ...]:
        return count_operations(self.program)


@dataclass(frozen=True)
class SampledDistribution(Estimator):
    """An objective of sampled bit strings.

    It is no expectation value, so its gradient has no parameter-shift rule; central differences
    are its only gradient.

    Attributes:
        inner: samples the circuit.
        observable: the cost, diagonal.
        objective: the function of the distribution.
        step: step of central differences in radians, or None for no gradients.
    """

    inner: Evaluation[list[Counts]]
    observable: Observable
    objective: Objective
    step: float | None = None

    @property
    def description(self) -> str:
        """One line: the objective and how it is sampled."""
        return f"{self.inner.description}, {self.objective} of samples"

    def check(self, ask: Ask) -> None:
        """Refuse an Ask for a gradient that is not a finite difference."""
        super().check(ask)
        if ask.gradient and self.step is None:
            raise InputError(
                "gradient",
                got=f"an optimizer that uses gradients, with {self.objective} of samples",
                expected="an optimizer of values, such as 'SPSA' or 'COBYLA'",
                advice="or exact probabilities (no shots), or gradient='finite-difference'",
            )

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return values, standard errors and central differences."""
        found = [self._of(each) for each in self.inner.combine(self._asked(ask), partials)]
        values, errors = (np.array(column) for column in zip(*found, strict=True))
        count, width = ask.points.shape
        if not ask.gradient:
            return Told(values, None, errors)
        assert self.step is not None
        plus, minus = values[count:].reshape(2, count, width)
        return Told(values[:count], (plus - minus) / (2.0 * self.step), errors[:count])

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return the pieces of the samples."""
        return self.inner.pieces(self._asked(ask))

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return a part of the samples."""
        return self.inner.run(self._asked(ask), piece, seed=seed, threads=threads)

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the work of a part of the samples."""
        return self.inner.work(self._asked(ask), piece)

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a part of the samples."""
        return self.inner.partial_bytes(self._asked(ask), piece)

    @property
    def may_distribute(self) -> bool:
        """Whether the sampler can distribute a state."""
        return self.inner.may_distribute

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return the possible distributions of one state."""
        return self.inner.shardings(self._asked(ask))

    def on_group(self, group: Group) -> Self:
        """Return a copy whose states are distributed over a group."""
        return replace(self, inner=self.inner.on_group(group))

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes that a piece allocates."""
        return self.inner.memory_bytes(self._asked(ask))

    @property
    def reproducible(self) -> bool:
        """Whether the sampler is reproducible."""
        return self.inner.reproducible

    def _asked(self, ask: Ask) -> Ask:
        """Return the points to sample: with a gradient, also those of the differences."""
        if not ask.gradient:
            return ask
        assert self.step is not None
        width = ask.points.shape[1]
        shifts = self.step * np.eye(width)
        moved = [(ask.points[:, None] + side * shifts).reshape(-1, width) for side in (1.0, -1.0)]
        return replace(ask, points=np.concatenate([ask.points, *moved]), gradient=False)

    def _of(self, counts: Counts) -> tuple[float, float]:
        """Return the objective of some counts, and its standard error."""
        shots = sum(counts.values())
        energies, level_of = np.unique(
            [energy_of(self.observable, bits) for bits in counts], return_inverse=True
        )
        seen = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
        shares: FloatArray = np.bincount(level_of, seen, len(energies)) / shots
        value, _ = self.objective.of(energies, shares)
        return value, self.objective.error(energies, shares, shots)


def diagonal_of(observable: Observable) -> FloatArray:
    """Return the diagonal of a sum of Z strings, shape (2^n,), by a Walsh-Hadamard transform."""
    values = np.zeros(1 << observable.num_qubits)
    np.add.at(values, observable.z_masks.astype(np.int64), observable.coefficients)
    for qubit in range(observable.num_qubits):
        pairs = values.reshape(-1, 2, 1 << qubit)
        pairs[:, 0], pairs[:, 1] = pairs[:, 0] + pairs[:, 1], pairs[:, 0] - pairs[:, 1]
    return values


def energy_of(observable: Observable, bits: str) -> float:
    """Return the energy of a bit string of any width; qubit 0 is the last character."""
    ones = np.bitwise_count(observable.z_masks & np.uint64(int(bits, 2)))
    return float(np.sum(np.where(ones % 2, -observable.coefficients, observable.coefficients)))

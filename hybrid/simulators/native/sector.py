"""Expectation values and gradients of states that stay in a symmetry sector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hybrid import _kernels
from hybrid.core.arrays import ComplexArray, FloatArray
from hybrid.core.ask import Ask
from hybrid.core.columns import Columns
from hybrid.core.piece import Piece
from hybrid.core.work import Sharding, Work
from hybrid.programs import Observable, Program
from hybrid.sectors import NOTHING_CONSERVED, Sector, find_sector
from hybrid.simulators.native.evaluation import NativeEvaluation

_NARROWEST = 8
_SMALLEST_GAIN = 4
"""A sector is used in circuits of this width or wider that have this many times more amplitudes."""


def sector_of(program: Program) -> Sector | str:
    """Return the sector that pays to keep a program's states in, or why there is none.

    The reason is "" if there is nothing to gain.
    """
    if program.num_qubits < _NARROWEST:
        return ""
    found = find_sector(program)
    if isinstance(found, str):
        return "" if found == NOTHING_CONSERVED else found
    if found.size * _SMALLEST_GAIN > 1 << program.num_qubits:
        return ""
    try:
        found.kernel  # noqa: B018  # loaded, which checks that no operation leaves the sector
    except ValueError as refusal:
        return str(refusal)
    return found


@dataclass(frozen=True)
class SectorEvaluation(NativeEvaluation):
    """A program and observables in a sector; states have the sector's amplitudes only.

    The parts of an observable that lead out of the sector have no effect on expectation values and
    their derivatives. Variances, which have such parts, are computed from dense states if there
    are any.

    Attributes:
        sector: of the program.
    """

    sector: Sector

    @property
    def description(self) -> str:
        """One line: kernel build, sector and method."""
        build = _kernels.about()["processor"]
        numbers = "real numbers" if self.kernel_program.real else "complex128"
        return (
            f"native kernels ({build}), {self.sector.description}, {numbers}, exact values, "
            "adjoint gradients"
        )

    @cached_property
    def kernel_program(self) -> Any:
        """The program in its sector."""
        return self.sector.kernel

    @property
    def width(self) -> int:
        """The number of qubits whose states have as many amplitudes as the sector."""
        return math.ceil(math.log2(self.sector.size))

    @cached_property
    def kernel_observables(self) -> tuple[Any, ...]:
        """The observables in the sector."""
        dense = self.dense.kernel_observables
        return tuple(_kernels.SectorSum(self.kernel_program, each) for each in dense)

    @cached_property
    def dense(self) -> NativeEvaluation:
        """The same evaluation with dense states."""
        return NativeEvaluation(self.program, self.observables, self.single)

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return one row per point of the piece, with columns as in ``core/columns.py``."""
        if not self._holds(ask):
            return self.dense.run(ask, piece, seed=seed, threads=threads)
        return super().run(ask, piece, seed=seed, threads=threads)

    def states(self, points: FloatArray, threads: int) -> ComplexArray:
        """Return the states at points, shape (B, amplitudes)."""
        angles = self.program.angles.angles(points)
        states = np.empty((len(points), self.sector.size), dtype=np.complex128)
        for row, driven in enumerate(angles):
            states[row] = self.kernel_program.state(driven, threads=threads)
        return states

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the states that one piece holds."""
        if not self._holds(ask):
            return self.dense.memory_bytes(ask)
        several, points = len(self.observables) > 1, len(ask.points)
        held = int(self.kernel_program.memory_bytes(ask.gradient, several, points))
        one = int(self.kernel_program.memory_bytes(False, False, 1))
        if ask.metric:
            held = max(held, 2 * one + 16 * self.program.angles.num_angles**2)
        if ask.variance:
            held = max(held, 2 * one)
        if ask.others is not None:
            others = 16 * self.sector.size * len(ask.others)
            held = max(held, others + (3 if ask.gradient else 1) * one)
        return held

    def complex64_halves_memory(self, ask: Ask) -> bool:
        """Return False: complex64 would need dense states."""
        return False

    def work(self, ask: Ask, piece: Piece) -> Work:
        """Return the pairs of basis states that the program and the observables couple."""
        if not self._holds(ask):
            return self.dense.work(ask, piece)
        back = ask.gradient or ask.metric
        return Work(
            "native",
            self.program.num_qubits,
            len(piece),
            self._operations(ask, 3.0 if back else 1.0),
            back,
            answered=8 * len(piece) * Columns(ask, len(self.observables)).width,
            amplitudes=self.sector.size,
        )

    @cached_property
    def operations(self) -> tuple[tuple[str, float], ...]:
        """The number of pairs turned by the program, and coupled by the observables."""
        coupled = sum(each.num_pairs for each in self.kernel_observables)
        return (("pair", float(self.kernel_program.num_pairs + coupled / 2)),)

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return none: a state in a sector lies on one rank."""
        return () if self._holds(ask) else self.dense.shardings(ask)

    def _holds(self, ask: Ask) -> bool:
        """Return whether the sector has all that an Ask wants."""
        return not ask.force and (not ask.variance or self._images_are_whole)

    @cached_property
    def _images_are_whole(self) -> bool:
        return all(each.is_whole() for each in self.kernel_observables)


def prepared(
    program: Program, observables: Sequence[Observable], *, sector: bool
) -> NativeEvaluation:
    """Return the evaluation in the program's sector if there is one and it pays, else dense.

    Args:
        program: the compiled circuit.
        observables: the compiled observables.
        sector: whether to look for a sector.
    """
    found = sector_of(program) if sector else ""
    if isinstance(found, str):
        return NativeEvaluation(program, tuple(observables), single=False, why_dense=found)
    return SectorEvaluation(program, tuple(observables), single=False, sector=found)

"""The project's own kernels: exact values and adjoint gradients of state vectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from hybrid import _kernels
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece, slices
from hybrid.core.work import Sharding, Work
from hybrid.machine import Curve, Machine
from hybrid.programs import FlatCircuit, Observable, count_operations
from hybrid.sharding.program import Reading, shardings
from hybrid.simulators import native_cost
from hybrid.simulators.base import (
    CotangentsOf,
    Counts,
    Estimation,
    Estimator,
    Evaluation,
    Simulator,
)
from hybrid.simulators.kernel import KernelEvaluation, state_bytes

PRECISIONS = ("complex128", "complex64")
_PIECE_QUBITS = 13
"""Points of narrower circuits share a piece until it holds as many amplitudes as this width."""
_TAPE_QUBITS = 14
"""The same of states that wait for their cotangents; two of each fill half of a usual L2 cache."""


@dataclass(frozen=True)
class Native(Simulator):
    """State vectors in the project's kernels; gradients by the adjoint method.

    The adjoint method (Jones and Gacon, arXiv:2009.02823) gives all derivatives for about three
    forward passes and two states of memory.

    Attributes:
        precision: ``complex128``, or ``complex64`` for half the memory; sums are in double.

    Example:
        >>> Native(precision="complex64").name
        'native'
    """

    precision: str = "complex128"
    name: ClassVar[str] = "native"
    settings: ClassVar[Mapping[str, str]] = {"precision": "precision"}
    exact_only: ClassVar[bool] = True
    rates: ClassVar[frozenset[str]] = native_cost.NAMES

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise InputError(
                "precision", got=repr(self.precision), expected=" or ".join(PRECISIONS)
            )

    @property
    def single(self) -> bool:
        """Whether amplitudes are complex64."""
        return self.precision == "complex64"

    def refusal(self, estimation: Estimation) -> str | None:
        """Return why this simulator does not suit the estimation, or None if it does."""
        if estimation.shots is not None:
            return "it computes exact values and takes no shots; simulator 'aer' does"
        return None

    def content(self) -> str:
        """Return what identifies the settings."""
        return self.precision

    def sampler(self, circuit: FlatCircuit, shots: int) -> Evaluation[list[Counts]]:
        """Return the measurement of all qubits in the exact state, by inverse transform."""
        from hybrid.simulators.sampling import SamplingEvaluation

        return SamplingEvaluation(circuit.program, shots)

    @property
    def inexact(self) -> str | None:
        """None: its states are exact."""
        return None

    def prepare(self, estimation: Estimation) -> NativeEvaluation:
        """Return the estimation compiled to flat arrays and loaded into the kernels."""
        refusal = self.refusal(estimation)
        if refusal is not None:
            raise InputError("simulator", got="native", expected="one that suits", advice=refusal)
        return NativeEvaluation(estimation.circuit.program, estimation.observable, self.single)

    @classmethod
    def seconds(cls, work: Work, machine: Machine) -> float | None:
        """Return the seconds of the counted operations on one thread."""
        return native_cost.seconds(work, machine)

    @classmethod
    def gain(cls, work: Work, machine: Machine, threads: int) -> float:
        """Return how much faster several threads are: on points, or inside one state."""
        return native_cost.gain(work, machine, threads)

    @classmethod
    def measured(cls) -> Mapping[str, Curve]:
        """Return the rates of the kernels on this host; takes about 6 s."""
        from hybrid.simulators.native_rates import native_rates, native_timings

        return native_rates(native_timings())


@dataclass(frozen=True)
class NativeEvaluation(KernelEvaluation[Told], Estimator):
    """A program and an observable in the kernels; pieces are slices of the points.

    Attributes:
        program: the compiled circuit.
        observable: what is measured.
        single: whether amplitudes are complex64.
    """

    observable: Observable
    single: bool

    @property
    def description(self) -> str:
        """One line: build, precision and method."""
        build = _kernels.about()["processor"]
        precision = "complex64" if self.single else "complex128"
        return f"native kernels ({build}), {precision}, exact values, adjoint gradients"

    @cached_property
    def kernel_observable(self) -> _kernels.PauliSum:
        """The observable in the kernels."""
        observable = self.observable
        return _kernels.PauliSum(
            observable.num_qubits,
            observable.x_masks,
            observable.z_masks,
            observable.coefficients,
        )

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the points; narrow circuits take several points at once."""
        grain = 1 << max(0, _PIECE_QUBITS - self.program.num_qubits)
        return slices(len(ask.points), grain, "points")

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return shape (points, 1 or 1 + P): values, and gradients if asked for."""
        points = ask.points[piece.start : piece.stop]
        angles = self.program.angles.angles(points)
        values, by_angle = self.kernel_program.evaluate(
            self.kernel_observable, angles, ask.gradient, threads=threads, single=self.single
        )
        if by_angle is None:
            return np.asarray(values)[:, None]
        rows = np.empty((len(points), 1 + points.shape[1]))
        rows[:, 0] = values
        rows[:, 1:] = self.program.angles.pull_back(points, by_angle)
        return rows

    @property
    def points_at_once(self) -> int:
        """How many points :meth:`pull_back` takes at a time."""
        return 1 << max(0, _TAPE_QUBITS - self.program.num_qubits)

    def pull_back(
        self, points: FloatArray, cotangents: CotangentsOf, *, seed: int = 0, threads: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return values, and the sum of their gradients weighted by cotangents of the values.

        Some points are taken at a time. Their states are kept between the two, so there is no
        second way forward, and sums are taken in the kernels, so there is no (B, P) array.

        Args:
            points: shape (B, P).
            cotangents: from the values of some of the points, shape (k,), and which they are, to
                weights, shape (k,), finite; called for all points, in order.
            seed: not used; values are exact.
            threads: to use.

        Returns:
            shapes (B,) and (P,).
        """
        angle_map = self.program.angles
        values = np.empty(len(points))
        gradient = np.zeros(points.shape[1])
        for start in range(0, len(points), self.points_at_once):
            which = slice(start, min(start + self.points_at_once, len(points)))
            some = points[which]
            found, tape = self.kernel_program.record(
                [self.kernel_observable],
                angle_map.angles(some),
                threads=threads,
                single=self.single,
            )
            values[which] = found[:, 0]
            weights = np.ascontiguousarray(cotangents(values[which], which), dtype=np.float64)
            by_angle, nonlinear = tape.pull_back(weights[:, None], angle_map.nonlinear_slots)
            gradient += angle_map.pull_back_sum(some, by_angle, nonlinear)
        return values, gradient

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return values and gradients of all points."""
        rows = np.concatenate(partials)
        gradients = np.ascontiguousarray(rows[:, 1:]) if ask.gradient else None
        return Told(np.ascontiguousarray(rows[:, 0]), gradients)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the states that one piece holds."""
        return state_bytes(self.program.num_qubits, gradient=ask.gradient, single=self.single)

    def work(self, ask: Ask, piece: Piece) -> Work:
        """Return the operations of the program and of the observable, for each point."""
        return Work(
            "native",
            self.program.num_qubits,
            len(piece),
            self.operations,
            ask.gradient,
            single=self.single,
            shardings=self.shardings(ask),
        )

    @cached_property
    def operations(self) -> tuple[tuple[str, float], ...]:
        """What one evaluation takes, by kind of operation."""
        return count_operations(self.program, self.observable)

    def spread(self, *, gradient: bool) -> tuple[Sharding, ...]:
        """Return how one state may be spread over ranks, to read the observable there."""
        return shardings(
            self.kernel_program,
            Reading.EXPECTATION,
            self.kernel_observable,
            gradient=gradient,
            single=self.single,
        )

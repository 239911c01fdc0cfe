"""Expectation values, gradients, metrics and variances of one program in the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from hybrid import _kernels
from hybrid.core.arrays import ComplexArray, FloatArray
from hybrid.core.ask import Ask, Told, Want
from hybrid.core.columns import Columns
from hybrid.core.piece import Piece, slices
from hybrid.core.work import Sharding, Work
from hybrid.programs import Observable, ParameterMap, count_operations
from hybrid.sharding.program import Reading, shardings
from hybrid.simulators.base import (
    CotangentsOf,
    Estimator,
    PulledBack,
)
from hybrid.simulators.native.kernel import (
    NARROWEST_DISTRIBUTED,
    KernelEvaluation,
    metric_at,
    metric_shardings,
    state_bytes,
)
from hybrid.simulators.native.states import states_of

_PIECE_QUBITS = 13
"""Narrower circuits share a piece, up to the number of amplitudes of this width."""
_TAPE_QUBITS = 14
"""The same for states kept until their cotangents are known; two of each fill half a typical L2."""


@dataclass(frozen=True)
class Taped:
    """Values at some points, and their states on a tape; a :class:`~hybrid.simulators.base.Record`.

    Attributes:
        angle_map: from parameters to angles.
        points: shape (B, P).
        values: shape (B, M).
        tape: of the kernels.
    """

    angle_map: ParameterMap
    points: FloatArray
    values: FloatArray
    tape: _kernels.Tape

    def pull_back(
        self, cotangents: FloatArray, inputs: Sequence[int], threads: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return the weighted sum of the gradients, and derivatives by inputs; call once."""
        angle_map, columns = self.angle_map, list(inputs)
        apart = tuple(sorted({*angle_map.nonlinear_slots, *angle_map.slots_of(columns)}))
        nonlinear = [apart.index(slot) for slot in angle_map.nonlinear_slots]
        by_angle, terms = self.tape.pull_back(cotangents, apart)
        summed = angle_map.pull_back_sum(self.points, by_angle, terms[:, nonlinear])
        if not columns:
            return summed, np.empty((len(self.points), 0))
        each = np.zeros((len(self.points), angle_map.num_angles))
        each[:, list(apart)] = terms
        return summed, angle_map.pull_back(self.points, each)[:, columns]


@dataclass(frozen=True)
class NativeEvaluation(KernelEvaluation[Told], Estimator):
    """A program and observables in the kernels; pieces are slices of the points.

    Attributes:
        program: the compiled circuit.
        observables: the compiled observables.
        single: whether amplitudes are complex64.
        why_dense: why a circuit that conserves something is not kept in its sector, or "".
    """

    answers: ClassVar[frozenset[Want]] = frozenset(Want)
    observables: tuple[Observable, ...]
    single: bool
    why_dense: str = field(default="", compare=False, kw_only=True)

    @property
    def description(self) -> str:
        """One line: kernel build, precision and method."""
        build = _kernels.about()["processor"]
        precision = "complex64" if self.single else "complex128"
        dense = f"dense states, since {self.why_dense}, " if self.why_dense else ""
        return f"native kernels ({build}), {dense}{precision}, exact values, adjoint gradients"

    @property
    def width(self) -> int:
        """The number of qubits whose states have as many amplitudes as these."""
        return self.program.num_qubits

    @cached_property
    def kernel_observables(self) -> tuple[_kernels.PauliSum, ...]:
        """The observables, loaded into the kernels."""
        return tuple(
            _kernels.PauliSum(each.num_qubits, each.x_masks, each.z_masks, each.coefficients)
            for each in self.observables
        )

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the points; pieces of narrow circuits hold several points."""
        grain = 1 if ask.metric else 1 << max(0, _PIECE_QUBITS - self.width)
        return slices(len(ask.points), grain, "points")

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return one row per point of the piece, with columns as in ``core/columns.py``."""
        points = ask.points[piece.start : piece.stop]
        angle_map = self.program.angles
        angles = angle_map.angles(points)
        values, by_angle = self.kernel_program.evaluate(
            self._observable, angles, ask.gradient, threads=threads, single=self.single
        )
        parts = {"values": values}
        if by_angle is not None:
            parts["gradients"] = angle_map.pull_back(points, by_angle)
        if ask.metric:
            parts["metric"] = np.stack(
                [metric_at(self.kernel_program, angle_map, each, threads) for each in points]
            )
        if ask.variance:
            parts["variances"] = self.kernel_program.variances(
                self.kernel_observables, angles, threads=threads
            )
        if ask.others is not None:
            states = self.states(ask.others, threads)
            overlaps, slopes = self.kernel_program.overlaps(
                states, angles, ask.gradient, threads=threads
            )
            parts["overlaps"] = overlaps
            if slopes is not None:
                parts["overlap_gradients"] = angle_map.pull_back(points, slopes)
        if ask.force:
            forces = self.kernel_program.forces(self.kernel_observables, angles, threads=threads)
            parts["forces"] = angle_map.pull_back(points, forces)
        return Columns(ask, len(self.observables)).rows(parts)

    def states(self, points: FloatArray, threads: int) -> ComplexArray:
        """Return the states at points for the kernels' overlaps, shape (B, amplitudes)."""
        return states_of(self.program, points, threads=threads)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return all wanted answers at all points."""
        return Columns(ask, len(self.observables)).told(np.concatenate(partials))

    @property
    def points_at_once(self) -> int:
        """Number of points that :meth:`pull_back` processes at a time."""
        return 1 << max(0, _TAPE_QUBITS - self.width)

    def pull_back(
        self,
        points: FloatArray,
        cotangents: CotangentsOf,
        *,
        inputs: Sequence[int] = (),
        seed: int = 0,
        threads: int,
    ) -> PulledBack:
        """Return values, and the sum of their gradients weighted by cotangents of the values.

        Points are processed in batches. Their states are kept between values and gradients, so
        there is no second forward pass, and the kernels accumulate the sum, so there is no (B, P)
        array.

        Args:
            points: shape (B, P).
            cotangents: maps the values of k points, shape (k,) or (k, M), and the slice of these
                points, to finite weights of the same shape; called for all points, in order.
            inputs: columns of the points for which derivatives are returned point by point.
            seed: not used; values are exact.
            threads: number of threads.
        """
        several = len(self.observables) > 1
        values = np.empty((len(points), len(self.observables)))
        by_input = np.empty((len(points), len(inputs)))
        gradient = np.zeros(points.shape[1])
        for start in range(0, len(points), self.points_at_once):
            which = slice(start, min(start + self.points_at_once, len(points)))
            taped = self.record(points[which], threads=threads)
            values[which] = taped.values
            found = cotangents(values[which] if several else values[which, 0], which)
            weights = np.ascontiguousarray(found, dtype=np.float64)
            summed, by_input[which] = taped.pull_back(
                weights.reshape(taped.values.shape), inputs, threads
            )
            gradient += summed
        return PulledBack(values if several else values[:, 0], gradient, by_input)

    def record(
        self, points: FloatArray, *, seed: int = 0, threads: int, values: bool = True
    ) -> Taped:
        """Return values at points, and their states on a tape of the kernels.

        Args:
            points: shape (B, P).
            seed: not used; values are exact.
            threads: number of threads, of the pass back too.
            values: not used; values come with the states.
        """
        found, tape = self.kernel_program.record(
            self.kernel_observables,
            self.program.angles.angles(points),
            threads=threads,
            single=self.single,
        )
        return Taped(self.program.angles, points, found, tape)

    def record_bytes(self, points: int) -> int:
        """Return the bytes of the two states of each point."""
        return points * state_bytes(self.program.num_qubits, gradient=True, single=self.single)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the states that one piece holds."""
        width, several = self.program.num_qubits, len(self.observables) > 1
        held = state_bytes(width, gradient=ask.gradient, single=self.single, several=several)
        one = state_bytes(width, gradient=False, single=False)
        if ask.metric:
            held = max(held, 2 * one + 16 * self.program.angles.num_angles**2)
        if ask.variance:
            held = max(held, 2 * one)
        if ask.others is not None:
            held = max(held, (len(ask.others) + (3 if ask.gradient else 1)) * one)
        if ask.force:
            held = max(held, 3 * one)
        return held

    def complex64_halves_memory(self, ask: Ask) -> bool:
        """Return whether all states that are held would be complex64."""
        doubles = ask.metric or ask.variance or ask.force or ask.others is not None
        return not self.single and not doubles

    def work(self, ask: Ask, piece: Piece) -> Work:
        """Return the operations of the program and the observables, per point."""
        back = ask.gradient or ask.metric or ask.force
        return Work(
            "native",
            self.program.num_qubits,
            len(piece),
            self._operations(ask, 3.0 if back else 1.0),
            back,
            single=self.single,
            complex64_halves=self.complex64_halves_memory(ask),
            answered=8 * len(piece) * Columns(ask, len(self.observables)).width,
            shardings=self.shardings(ask),
        )

    def _operations(self, ask: Ask, passes: float) -> tuple[tuple[str, float], ...]:
        """Return the operations per point, in units whose rates include ``passes`` over a state.

        A gradient takes three passes: one forward, and two states backward.
        """
        observables = len(self.observables)
        taken = 1.0 + 2.0 * observables if ask.gradient else 1.0
        if ask.metric:
            taken += 3.0 * (1 + self.program.angles.num_angles)
        if ask.variance:
            taken += 1.0
        if ask.others is not None:
            taken += 1.0 + len(ask.others) * (3.0 if ask.gradient else 1.0)
        if ask.force:
            taken += 1.0 + 2.0 * observables
        times, reads = taken / passes, 1.0 + ask.variance + ask.force
        return tuple(
            (kind, (reads if kind == "mask" else times) * count) for kind, count in self.operations
        )

    @cached_property
    def operations(self) -> tuple[tuple[str, float], ...]:
        """Operations of one evaluation, by kind."""
        return count_operations(self.program, self.observables)

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return the possible distributions of one state; only of values, gradients and metrics."""
        if ask.others is not None or ask.variance or ask.force:
            return ()
        if not ask.metric:
            return super().shardings(ask)
        if self.program.num_qubits < NARROWEST_DISTRIBUTED:
            return ()
        both = zip(super().shardings(ask), self._metric_shardings, strict=True)
        return tuple(
            replace(
                metric,
                memory_bytes=max(metric.memory_bytes, plain.memory_bytes),
                sent_bytes=metric.sent_bytes + plain.sent_bytes,
                exchanges=metric.exchanges + plain.exchanges,
            )
            for plain, metric in both
        )

    def shardings_for(self, *, gradient: bool) -> tuple[Sharding, ...]:
        """Return the possible distributions of one state and its observables over ranks."""
        each = [
            shardings(
                self.kernel_program,
                Reading.EXPECTATION,
                observable,
                gradient=gradient,
                single=self.single,
            )
            for observable in self.kernel_observables
        ]
        return tuple(
            replace(
                of_all[0],
                sent_bytes=sum(sharding.sent_bytes for sharding in of_all),
                exchanges=sum(sharding.exchanges for sharding in of_all),
            )
            for of_all in zip(*each, strict=True)
        )

    @cached_property
    def _metric_shardings(self) -> tuple[Sharding, ...]:
        return metric_shardings(self.kernel_program, self.program.angles.num_parameters)

    @property
    def _observable(self) -> _kernels.PauliSum | tuple[_kernels.PauliSum, ...]:
        """A single observable without a tuple: the kernels then omit the axis of observables."""
        all_of_them = self.kernel_observables
        return all_of_them[0] if len(all_of_them) == 1 else all_of_them

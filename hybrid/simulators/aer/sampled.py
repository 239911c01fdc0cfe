"""Expectation values from shots of measured circuits in Aer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.piece import Piece, slices
from hybrid.core.work import Work
from hybrid.programs import Observable
from hybrid.simulators.aer import cost as aer_cost
from hybrid.simulators.aer.job import AerJob
from hybrid.simulators.base import Estimator
from hybrid.simulators.circuits.expansion import Expansion
from hybrid.simulators.circuits.grain import cut
from hybrid.simulators.circuits.measurement import TABLE_BYTES, Group, measurement_groups


@dataclass(frozen=True)
class AerSampled(Estimator):
    """Sampled expectation values: one measured circuit per group of strings and evaluation.

    Units are (group, evaluation, slice of shots), in row-major order; pieces are slices of them.
    Shots are sliced only if there are few circuits.

    Attributes:
        job: the Aer settings.
        expansion: expands an Ask into circuit evaluations.
        observables: the observables to measure; shared strings are measured once.
        shots: shots per group and evaluation.
    """

    job: AerJob
    expansion: Expansion
    observables: tuple[Observable, ...]
    shots: int

    @property
    def description(self) -> str:
        """One line: method, shots and gradients."""
        groups = f"{len(self._groups)} group{'s' if len(self._groups) != 1 else ''}"
        sampled = f"{self.shots} shots of each of {groups} of terms"
        return f"{self.job.description}, {sampled}, {self.expansion.description}"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the measured circuits, or of their shots if there are few."""
        circuits = self.expansion.count(ask) * len(self._groups)
        parts = len(self._slices(ask))
        if parts > 1:
            return slices(circuits * parts, 1, "shots")
        # An observable without strings to measure has no circuits; it gets one empty piece.
        least = self.job.circuits_of_a_start(self.shots)
        return cut(max(circuits, 1), wide=self.job.is_slow, least=least)

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return shape (units, 2 M): mean over shots and sum of squared deviations from it.

        The two columns repeat for each of the M observables.
        """
        if not self._groups:
            return np.empty((0, 2 * len(self.observables)))
        parts = self._slices(ask)
        units = np.arange(piece.start, piece.stop)
        circuits = units // len(parts)
        of_group, evaluations = np.divmod(circuits, self.expansion.count(ask))
        rows = self.expansion.arguments(ask, evaluations)
        measured = np.unique(of_group)
        found = self.job.run(
            [(self._measured(self._groups[g]), rows[of_group == g]) for g in measured],
            self.expansion.lowered.arguments,
            shots=parts[int(units[0]) % len(parts)],
            seed=seed,
            threads=threads,
        )
        return np.array(
            [
                self._groups[g].means_and_spreads(data["counts"]).ravel()
                for g, data in zip(of_group, found, strict=True)
            ]
        )

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return values, gradients, and standard errors from the sample variance.

        Slices of shots are pooled (Chan, Golub and LeVeque, Am. Stat. 37, 242 (1983)). With a
        single shot the standard error is infinite.
        """
        units = np.concatenate(partials)
        each = [
            self._pooled(ask, units[:, 2 * place], units[:, 2 * place + 1], place)
            for place in range(len(self.observables))
        ]
        if len(each) == 1:
            return self.expansion.told(ask, *each[0])
        values, errors = (np.stack(columns, axis=1) for columns in zip(*each, strict=True))
        return self.expansion.told(ask, values, errors)

    def _pooled(
        self, ask: Ask, means: FloatArray, spreads: FloatArray, place: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return values and standard errors of one observable in all evaluations."""
        weights = np.array(self._slices(ask), dtype=np.float64)
        shape = (len(self._groups), self.expansion.count(ask), len(weights))
        means, spreads = means.reshape(shape), spreads.reshape(shape)
        pooled = (means * weights).sum(axis=2) / self.shots
        between = (weights * (means - pooled[:, :, None]) ** 2).sum(axis=2)
        squares = (spreads.sum(axis=2) + between).sum(axis=0)
        if self.shots > 1:
            errors = np.sqrt(squares / (self.shots * (self.shots - 1)))
        else:
            is_measured = any(np.any(group.coefficients[place]) for group in self._groups)
            errors = np.full(shape[1], np.inf if is_measured else 0.0)
        return self._constants[place] + pooled.sum(axis=0), errors

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the gates and shots of the piece's circuits."""
        gates = len(self.expansion.lowered.circuit.data)
        slices = len(self._slices(ask)) if piece.axis == "shots" else 1
        return aer_cost.counted(self.job, len(piece), gates, shots=-(-self.shots // slices))

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a partial answer, for predictions."""
        return super().partial_bytes(ask, piece) * len(self.observables)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of all concurrent states, of shots and of groups."""
        pieces = self.pieces(ask)
        largest = max(len(piece) for piece in pieces)
        groups = sum(group.nbytes for group in self._groups) + TABLE_BYTES
        shots = self.job.shot_bytes(self._slices(ask)[0])
        return self.job.state_bytes * largest + shots + groups

    @property
    def _constants(self) -> FloatArray:
        return self._grouped[0]

    @property
    def _groups(self) -> tuple[Group, ...]:
        return self._grouped[1]

    @cached_property
    def _grouped(self) -> tuple[FloatArray, tuple[Group, ...]]:
        return measurement_groups(self.observables)

    def _slices(self, ask: Ask) -> list[int]:
        """Return the number of shots in each slice of a circuit's shots."""
        if not self._groups:
            return [self.shots]
        return self.job.slices(self.expansion.count(ask) * len(self._groups), self.shots)

    def _measured(self, group: Group) -> QuantumCircuit:
        """Append the group's measurements to the circuit; qubit q is read into bit q."""
        circuit = self.expansion.lowered.circuit.copy()
        circuit.add_register(ClassicalRegister(circuit.num_qubits))
        for turned, rotation in zip((group.x_basis, group.y_basis), self._rotations, strict=True):
            for qubit in _bits(turned):
                for each in rotation.data:
                    circuit.append(each.operation, [qubit], copy=False)
        for qubit in _bits(group.support):
            circuit.measure(qubit, qubit)
        return circuit

    @cached_property
    def _rotations(self) -> tuple[QuantumCircuit, QuantumCircuit]:
        """Compiled rotations from the eigenbases of X and Y to that of Z."""
        from_x, from_y = QuantumCircuit(1), QuantumCircuit(1)
        from_x.h(0)
        from_y.sdg(0)
        from_y.h(0)
        return self.job.compiled(from_x), self.job.compiled(from_y)


def _bits(mask: int) -> Iterator[int]:
    return (qubit for qubit in range(mask.bit_length()) if mask >> qubit & 1)

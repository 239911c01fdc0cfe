"""Expectation values from shots of measured circuits, whatever runs the circuits."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from qiskit import QuantumCircuit

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.piece import Piece
from hybrid.programs import Observable
from hybrid.simulators.base import Estimator
from hybrid.simulators.circuits.expansion import Expansion
from hybrid.simulators.circuits.measurement import Group, measurement_groups

Bound = tuple[QuantumCircuit, FloatArray]
"""A circuit with parameters and the values to run it at, shape (n, parameters)."""


class Sampled(Estimator):
    """One measured circuit per group of strings and evaluation.

    Units are (group, evaluation, slice of shots), in row-major order; pieces are slices of them.

    Attributes:
        expansion: expands an Ask into circuit evaluations.
        observables: the observables to measure; shared strings are measured once.
        shots: shots per group and evaluation.
    """

    expansion: Expansion
    observables: tuple[Observable, ...]
    shots: int

    @abstractmethod
    def measured(self, group: Group) -> QuantumCircuit:
        """Return the circuit with the measurements of a group; qubit q is read into bit q."""

    @abstractmethod
    def counted(
        self, bound: Sequence[Bound], *, shots: int, seed: int, threads: int
    ) -> Sequence[Mapping[str, int]]:
        """Return the counts of each circuit at each row of its values, in order.

        Keys are hexadecimal numbers.
        """

    def slices(self, ask: Ask) -> list[int]:
        """Return the number of shots in each slice of a circuit's shots."""
        return [self.shots]

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return shape (units, 2 M): mean over shots and sum of squared deviations from it.

        The two columns repeat for each of the M observables.
        """
        if not self.groups:
            return np.empty((0, 2 * len(self.observables)))
        parts = self.slices(ask)
        units = np.arange(piece.start, piece.stop)
        circuits = units // len(parts)
        of_group, evaluations = np.divmod(circuits, self.expansion.count(ask))
        rows = self.expansion.arguments(ask, evaluations)
        found = self.counted(
            [(self.measured(self.groups[g]), rows[of_group == g]) for g in np.unique(of_group)],
            shots=parts[int(units[0]) % len(parts)],
            seed=seed,
            threads=threads,
        )
        return np.array(
            [
                self.groups[g].means_and_spreads(counts).ravel()
                for g, counts in zip(of_group, found, strict=True)
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

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a partial answer, for predictions."""
        return super().partial_bytes(ask, piece) * len(self.observables)

    @property
    def sampling(self) -> str:
        """Shots and groups in a few words."""
        groups = f"{len(self.groups)} group{'s' if len(self.groups) != 1 else ''}"
        return f"{self.shots} shots of each of {groups} of terms"

    @property
    def groups(self) -> tuple[Group, ...]:
        """The strings that are measured together."""
        return self._grouped[1]

    def _pooled(
        self, ask: Ask, means: FloatArray, spreads: FloatArray, place: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return values and standard errors of one observable in all evaluations."""
        weights = np.array(self.slices(ask), dtype=np.float64)
        shape = (len(self.groups), self.expansion.count(ask), len(weights))
        means, spreads = means.reshape(shape), spreads.reshape(shape)
        pooled = (means * weights).sum(axis=2) / self.shots
        between = (weights * (means - pooled[:, :, None]) ** 2).sum(axis=2)
        squares = (spreads.sum(axis=2) + between).sum(axis=0)
        if self.shots > 1:
            errors = np.sqrt(squares / (self.shots * (self.shots - 1)))
        else:
            is_measured = any(np.any(group.coefficients[place]) for group in self.groups)
            errors = np.full(shape[1], np.inf if is_measured else 0.0)
        return self._grouped[0][place] + pooled.sum(axis=0), errors

    @cached_property
    def _grouped(self) -> tuple[FloatArray, tuple[Group, ...]]:
        """The coefficients of the identity, shape (M,), and the groups."""
        return measurement_groups(self.observables)


def bits(mask: int) -> Iterator[int]:
    """Yield the places of the bits that are set."""
    return (place for place in range(mask.bit_length()) if mask >> place & 1)

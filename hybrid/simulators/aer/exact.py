"""Exact expectation values from Aer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from qiskit import QuantumCircuit

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.piece import Piece
from hybrid.core.work import Work
from hybrid.programs import Observable
from hybrid.simulators.aer import cost as aer_cost
from hybrid.simulators.aer.job import AerJob
from hybrid.simulators.base import Estimator
from hybrid.simulators.circuits.expansion import Expansion
from hybrid.simulators.circuits.grain import cut


@dataclass(frozen=True)
class AerExact(Estimator):
    """A circuit that saves the exact values of observables; pieces are slices of evaluations.

    Attributes:
        job: the Aer settings.
        expansion: expands an Ask into circuit evaluations.
        observables: the observables to evaluate.
    """

    job: AerJob
    expansion: Expansion
    observables: tuple[Observable, ...]

    @property
    def description(self) -> str:
        """One line: method and gradients."""
        return f"{self.job.description}, exact values, {self.expansion.description}"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the circuit evaluations."""
        return cut(self.expansion.count(ask), wide=self.job.is_wide)

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return values, shape (evaluations,), or (evaluations, M) for several observables."""
        rows = self.expansion.arguments(ask, np.arange(piece.start, piece.stop))
        found = self.job.run(
            [(self._circuit, rows)],
            self.expansion.lowered.arguments,
            shots=1,
            seed=seed,
            threads=threads,
        )
        labels = self._labels
        if len(labels) == 1:
            return np.array([float(np.real(data[labels[0]])) for data in found])
        return np.array([[float(np.real(data[each])) for each in labels] for data in found])

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return values and gradients."""
        return self.expansion.told(ask, np.concatenate(partials))

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the gates and strings of the piece's circuits."""
        gates = len(self.expansion.lowered.circuit.data)
        terms = sum(each.num_terms for each in self.observables)
        return aer_cost.counted(self.job, len(piece), gates, terms=terms)

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the bytes of a partial answer, for predictions."""
        return super().partial_bytes(ask, piece) * len(self.observables)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of all concurrent states."""
        largest = max(len(piece) for piece in self.pieces(ask))
        return self.job.state_bytes * largest

    @cached_property
    def _circuit(self) -> QuantumCircuit:
        from qiskit_aer.library import SaveExpectationValue

        circuit = self.expansion.lowered.circuit.copy()
        for label, observable in zip(self._labels, self.observables, strict=True):
            saved = SaveExpectationValue(observable.operator, label=label)
            circuit.append(saved, range(circuit.num_qubits))
        return circuit

    @property
    def _labels(self) -> list[str]:
        return [f"value {place}" for place in range(len(self.observables))]

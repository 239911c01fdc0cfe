"""Exact expectation values by Aer."""

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
from hybrid.simulators import aer_cost
from hybrid.simulators.aer_job import AerJob
from hybrid.simulators.base import Estimator
from hybrid.simulators.expansion import Expansion
from hybrid.simulators.grain import cut

_VALUE = "value"


@dataclass(frozen=True)
class AerExact(Estimator):
    """One circuit that ends by saving the observable's value; pieces are slices of evaluations.

    Attributes:
        job: how circuits run.
        expansion: which evaluations an Ask takes.
        observable: what is measured.
    """

    job: AerJob
    expansion: Expansion
    observable: Observable

    @property
    def description(self) -> str:
        """One line: method and gradients."""
        return f"{self.job.description}, exact values, {self.expansion.description}"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the circuit evaluations."""
        return cut(self.expansion.count(ask), wide=self.job.is_wide)

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return the values of the piece's evaluations, shape (evaluations,)."""
        rows = self.expansion.arguments(ask, np.arange(piece.start, piece.stop))
        found = self.job.run(
            [(self._circuit, rows)],
            self.expansion.lowered.arguments,
            shots=1,
            seed=seed,
            threads=threads,
        )
        return np.array([float(np.real(data[_VALUE])) for data in found])

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return values and gradients."""
        return self.expansion.told(ask, np.concatenate(partials))

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the gates and strings of the piece's circuits."""
        gates = len(self.expansion.lowered.circuit.data)
        return aer_cost.counted(self.job, len(piece), gates, terms=self.observable.num_terms)

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the states that may be held at once."""
        largest = max(piece.stop - piece.start for piece in self.pieces(ask))
        return self.job.state_bytes * largest

    @cached_property
    def _circuit(self) -> QuantumCircuit:
        from qiskit_aer.library import SaveExpectationValue

        circuit = self.expansion.lowered.circuit.copy()
        saved = SaveExpectationValue(self.observable.operator, label=_VALUE)
        circuit.append(saved, range(circuit.num_qubits))
        return circuit

"""Counts of bit strings from measured circuits in Aer, noise included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Want
from hybrid.core.piece import Piece, slices
from hybrid.core.work import Work
from hybrid.programs import FlatCircuit
from hybrid.simulators.aer import cost as aer_cost
from hybrid.simulators.aer.job import AerJob
from hybrid.simulators.base import Counts, Evaluation
from hybrid.simulators.circuits.grain import cut
from hybrid.simulators.circuits.lowering import Lowered


@dataclass(frozen=True)
class AerCounts(Evaluation[list[Counts]]):
    """Samples of all qubits; pieces are slices of points, or of shots if there are few points.

    Units are (point, slice of shots), in row-major order.

    Attributes:
        job: the Aer settings.
        flat: the circuit, with the map from parameters to angles.
        lowered: the circuit as it runs.
        shots: shots per point.
    """

    answers: ClassVar[frozenset[Want]] = frozenset({Want.VALUES})
    job: AerJob
    flat: FlatCircuit
    lowered: Lowered
    shots: int

    @property
    def description(self) -> str:
        """One line."""
        return f"{self.job.description}, {self.shots} shots of all qubits"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the points, or of the shots if there are few points."""
        parts = len(self._slices(ask))
        if parts > 1:
            return slices(len(ask.points) * parts, 1, "shots")
        return cut(
            len(ask.points), wide=self.job.is_slow, least=self.job.circuits_of_a_start(self.shots)
        )

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> Any:
        """Return shape (outcomes, 3), uint64: unit, bit string as an integer, and count."""
        parts = self._slices(ask)
        units = range(piece.start, piece.stop)
        points = ask.points[[unit // len(parts) for unit in units]]
        found = self.job.run(
            [(self._measured, self.lowered.angles.angles(self.flat.angles.angles(points)))],
            self.lowered.arguments,
            shots=parts[piece.start % len(parts)],
            seed=seed,
            threads=threads,
        )
        rows = [
            (unit, int(outcome, 16), count)
            for unit, data in zip(units, found, strict=True)
            for outcome, count in data["counts"].items()
        ]
        return np.array(sorted(rows), dtype=np.uint64).reshape(-1, 3)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> list[Counts]:
        """Return counts of bit strings for each point; qubit 0 is the last bit."""
        parts = len(self._slices(ask))
        counts: list[Counts] = [{} for _ in ask.points]
        for partial in partials:
            for unit, outcome, count in partial.tolist():
                seen = counts[unit // parts]
                label = f"{outcome:0{self.flat.num_qubits}b}"
                seen[label] = seen.get(label, 0) + count
        return [dict(sorted(seen.items())) for seen in counts]

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the gates and shots of the piece's circuits."""
        gates = len(self.lowered.circuit.data)
        return aer_cost.counted(self.job, len(piece), gates, shots=self._slices(ask)[0])

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the maximum bytes of the counts."""
        outcomes = min(self._slices(ask)[0], 1 << min(self.flat.num_qubits, 40))
        return 24 * len(piece) * outcomes

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of all concurrent states, and of the shots of one circuit."""
        largest = max(len(piece) for piece in self.pieces(ask))
        return self.job.state_bytes * largest + self.job.shot_bytes(self._slices(ask)[0])

    def _slices(self, ask: Ask) -> list[int]:
        return self.job.slices(len(ask.points), self.shots)

    @cached_property
    def _measured(self) -> QuantumCircuit:
        circuit = self.lowered.circuit.copy()
        circuit.add_register(ClassicalRegister(circuit.num_qubits))
        circuit.measure(range(circuit.num_qubits), range(circuit.num_qubits))
        return circuit

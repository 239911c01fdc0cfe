"""Expectation values and counts from a device's shots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from qiskit import QuantumCircuit

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Want
from hybrid.core.piece import Piece, slices
from hybrid.programs import FlatCircuit, Observable
from hybrid.simulators.base import Counts, Evaluation
from hybrid.simulators.circuits.expansion import Expansion
from hybrid.simulators.circuits.grain import cut
from hybrid.simulators.circuits.measurement import TABLE_BYTES, Group
from hybrid.simulators.circuits.sampled import Bound, Sampled
from hybrid.simulators.device.compiled import DeviceCircuit
from hybrid.simulators.device.sources import Source

_WIDE = 16
"""One circuit of this many qubits is enough work for a piece."""


def pieces_of(circuits: int, num_qubits: int, batch: int | None) -> tuple[Piece, ...]:
    """Return pieces of circuits, each of which is one job of the device."""
    count = max(circuits, 1)  # an observable without strings has no circuits, and one empty piece
    if batch is None:
        return cut(count, wide=num_qubits >= _WIDE)
    return slices(count, batch, "circuits")


@dataclass(frozen=True)
class DeviceSampled(Sampled):
    """Sampled expectation values; the cost of a piece is unknown until it runs.

    Attributes:
        source: runs the circuits.
        circuit: the compiled circuit.
        expansion: expands an Ask into circuit evaluations.
        observables: the observables to measure; shared strings are measured once.
        shots: shots per group and evaluation.
        batch: circuits per piece, or None.
    """

    source: Source
    circuit: DeviceCircuit
    expansion: Expansion
    observables: tuple[Observable, ...]
    shots: int
    batch: int | None

    @property
    def description(self) -> str:
        """One line: device, shots and gradients."""
        return f"{self.source.title}, {self.sampling}, {self.expansion.description}"

    @property
    def reproducible(self) -> bool:
        """Whether the same Ask and seed always give the same bits."""
        return self.source.reproducible

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the measured circuits."""
        circuits = self.expansion.count(ask) * len(self.groups)
        return pieces_of(circuits, self.expansion.flat.num_qubits, self.batch)

    def counted(
        self, bound: Sequence[Bound], *, shots: int, seed: int, threads: int
    ) -> Sequence[Mapping[str, int]]:
        """Return the counts of each circuit at each row of its values, in order."""
        arguments = self.expansion.lowered.arguments
        return self.source.counts(bound, arguments, shots=shots, seed=seed, threads=threads)

    def measured(self, group: Group) -> QuantumCircuit:
        """Return the circuit with the measurements of a group; made once for each group."""
        found = self._measured.get(id(group))
        if found is None:
            found = self._measured[id(group)] = self.circuit.measured(group)
        return found

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of the groups, and of a state if the source is known to hold one."""
        state = self.source.state_bytes(self.expansion.flat.num_qubits)
        return state + sum(group.nbytes for group in self.groups) + TABLE_BYTES

    @cached_property
    def _measured(self) -> dict[int, QuantumCircuit]:
        """Measured circuits by the identity of their group, which lives as long as this."""
        return {}


@dataclass(frozen=True)
class DeviceCounts(Evaluation[list[Counts]]):
    """Counts of all qubits at each point; pieces are slices of points.

    Attributes:
        source: runs the circuits.
        circuit: the compiled circuit.
        flat: the circuit, with the map from parameters to angles.
        shots: shots per point.
        batch: circuits per piece, or None.
    """

    answers: ClassVar[frozenset[Want]] = frozenset({Want.VALUES})
    source: Source
    circuit: DeviceCircuit
    flat: FlatCircuit
    shots: int
    batch: int | None

    @property
    def description(self) -> str:
        """One line."""
        return f"{self.source.title}, {self.shots} shots of all qubits"

    @property
    def reproducible(self) -> bool:
        """Whether the same Ask and seed always give the same bits."""
        return self.source.reproducible

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the points."""
        return pieces_of(len(ask.points), self.flat.num_qubits, self.batch)

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> Any:
        """Return shape (outcomes, 3), uint64: point, bit string as an integer, and count."""
        points = ask.points[piece.start : piece.stop]
        lowered = self.circuit.lowered
        rows = lowered.angles.angles(self.flat.angles.angles(points))
        found = self.source.counts(
            [(self._measured, rows)],
            lowered.arguments,
            shots=self.shots,
            seed=seed,
            threads=threads,
        )
        listed = [
            (point, int(outcome, 16), count)
            for point, counts in enumerate(found, piece.start)
            for outcome, count in counts.items()
        ]
        return np.array(sorted(listed), dtype=np.uint64).reshape(-1, 3)

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> list[Counts]:
        """Return counts of bit strings for each point; qubit 0 is the last bit."""
        counts: list[Counts] = [{} for _ in ask.points]
        for partial in partials:
            for point, outcome, count in partial.tolist():
                counts[point][f"{outcome:0{self.flat.num_qubits}b}"] = count
        return [dict(sorted(each.items())) for each in counts]

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of a state if the source is known to hold one."""
        return self.source.state_bytes(self.flat.num_qubits)

    def partial_bytes(self, ask: Ask, piece: Piece) -> int:
        """Return the maximum bytes of the counts."""
        return 24 * len(piece) * min(self.shots, 1 << min(self.flat.num_qubits, 40))

    @cached_property
    def _measured(self) -> QuantumCircuit:
        return self.circuit.measured_all()

"""Expectation values from shots of measured circuits in Aer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from qiskit import ClassicalRegister, QuantumCircuit

from hybrid.core.ask import Ask
from hybrid.core.piece import Piece, slices
from hybrid.core.work import Work
from hybrid.programs import Observable
from hybrid.simulators.aer import cost as aer_cost
from hybrid.simulators.aer.job import AerJob
from hybrid.simulators.circuits.expansion import Expansion
from hybrid.simulators.circuits.grain import cut
from hybrid.simulators.circuits.measurement import TABLE_BYTES, Group
from hybrid.simulators.circuits.sampled import Bound, Sampled, bits


@dataclass(frozen=True)
class AerSampled(Sampled):
    """Sampled expectation values; shots are sliced only if there are few circuits.

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
        return f"{self.job.description}, {self.sampling}, {self.expansion.description}"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the measured circuits, or of their shots if there are few."""
        circuits = self.expansion.count(ask) * len(self.groups)
        parts = len(self.slices(ask))
        if parts > 1:
            return slices(circuits * parts, 1, "shots")
        # An observable without strings to measure has no circuits; it gets one empty piece.
        least = self.job.circuits_of_a_start(self.shots)
        return cut(max(circuits, 1), wide=self.job.is_slow, least=least)

    def work(self, ask: Ask, piece: Piece) -> Work | None:
        """Return the gates and shots of the piece's circuits."""
        gates = len(self.expansion.lowered.circuit.data)
        slices = len(self.slices(ask)) if piece.axis == "shots" else 1
        return aer_cost.counted(self.job, len(piece), gates, shots=-(-self.shots // slices))

    def memory_bytes(self, ask: Ask) -> int:
        """Return the bytes of all concurrent states, of shots and of groups."""
        pieces = self.pieces(ask)
        largest = max(len(piece) for piece in pieces)
        groups = sum(group.nbytes for group in self.groups) + TABLE_BYTES
        shots = self.job.shot_bytes(self.slices(ask)[0])
        return self.job.state_bytes * largest + shots + groups

    def slices(self, ask: Ask) -> list[int]:
        """Return the number of shots in each slice of a circuit's shots."""
        if not self.groups:
            return [self.shots]
        return self.job.slices(self.expansion.count(ask) * len(self.groups), self.shots)

    def counted(
        self, bound: Sequence[Bound], *, shots: int, seed: int, threads: int
    ) -> Sequence[Mapping[str, int]]:
        """Return the counts of each circuit at each row of its values, in order."""
        arguments = self.expansion.lowered.arguments
        found = self.job.run(bound, arguments, shots=shots, seed=seed, threads=threads)
        return [data["counts"] for data in found]

    def measured(self, group: Group) -> QuantumCircuit:
        """Return the circuit with the measurements of a group; qubit q is read into bit q."""
        circuit = self.expansion.lowered.circuit.copy()
        circuit.add_register(ClassicalRegister(circuit.num_qubits))
        for turned, rotation in zip((group.x_basis, group.y_basis), self._rotations, strict=True):
            for qubit in bits(turned):
                for each in rotation.data:
                    circuit.append(each.operation, [qubit], copy=False)
        for qubit in bits(group.support):
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

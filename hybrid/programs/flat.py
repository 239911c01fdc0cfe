"""Flat circuits: lists of steps, each fixed or parametrised by one angle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from qiskit import QuantumCircuit
from qiskit.circuit import ParameterExpression

from hybrid.programs.parameters import ParameterMap
from hybrid.programs.phase import GlobalPhase
from hybrid.programs.program import Program, packed
from hybrid.programs.step import Step


@dataclass(frozen=True)
class FlatCircuit:
    """A circuit with one angle per parametrised gate, and one gate per angle.

    Attributes:
        num_qubits: width.
        steps: the gates, in the circuit's order.
        angles: the map from the circuit's parameters to the K angles.
        source: a copy of the original circuit, with the identities, delays and labels that steps
            omit and noise models use; None if the flat circuit was made from steps.
        phase: the global phase, which the steps omit; None for zero.
    """

    num_qubits: int
    steps: tuple[Step, ...]
    angles: ParameterMap
    source: QuantumCircuit | None = field(default=None, repr=False, compare=False)
    phase: GlobalPhase | None = field(default=None, repr=False)

    @cached_property
    def program(self) -> Program:
        """The circuit as flat arrays, compiled on first use."""
        return packed(self.num_qubits, self.steps, self.angles, self.phase)

    def to_circuit(self, angles: Sequence[ParameterExpression | float]) -> QuantumCircuit:
        """Return a Qiskit circuit of the steps, with K given angles or parameters.

        The global phase is omitted.
        """
        circuit = QuantumCircuit(self.num_qubits)
        for step in self.steps:
            gate = step.instruction(None if step.slot is None else angles[step.slot])
            circuit.append(gate, step.all_qubits, copy=False)
        return circuit

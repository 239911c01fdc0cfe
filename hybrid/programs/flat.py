"""A circuit as a list of steps, each fixed or driven by one angle."""

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
    """A circuit in which each parametrised gate has one angle, and each angle one gate.

    Attributes:
        num_qubits: width.
        steps: the gates, in the circuit's order.
        angles: the map from the circuit's parameters to the K angles.
        source: a copy of the circuit as it was written, with the identities, delays and labels
            that steps leave out and noise models name; None for one made of steps alone.
        phase: the global phase that the steps leave out; None for zero.
    """

    num_qubits: int
    steps: tuple[Step, ...]
    angles: ParameterMap
    source: QuantumCircuit | None = field(default=None, repr=False, compare=False)
    phase: GlobalPhase | None = field(default=None, repr=False)

    @cached_property
    def program(self) -> Program:
        """The circuit as flat arrays, made when it is first asked for."""
        return packed(self.num_qubits, self.steps, self.angles, self.phase)

    def to_circuit(self, angles: Sequence[ParameterExpression | float]) -> QuantumCircuit:
        """Return a Qiskit circuit of the steps, driven by K given angles (or parameters).

        It leaves out the global phase.
        """
        circuit = QuantumCircuit(self.num_qubits)
        for step in self.steps:
            gate = step.instruction(None if step.slot is None else angles[step.slot])
            circuit.append(gate, step.all_qubits, copy=False)
        return circuit


def compile_program(circuit: FlatCircuit) -> Program:
    """Return the program of a flat circuit; made once."""
    return circuit.program

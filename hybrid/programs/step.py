"""Steps: the gates of a flat circuit, with their matrices or generators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from qiskit.circuit import ControlledGate, Gate, Instruction, Operation, ParameterExpression
from qiskit.circuit.library import PauliEvolutionGate, UnitaryGate

from hybrid.core.arrays import ComplexArray
from hybrid.programs.gates import class_of, is_standard
from hybrid.programs.generator import Generator, spread


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A unitary matrix on one or two qubits, controlled by the values of other qubits.

    Attributes:
        matrix: shape (2^k, 2^k); bit j of an index is ``targets[j]``.
        targets: k qubits.
        control_mask: the matrix acts where these qubits ...
        control_value: ... hold these values.
    """

    matrix: ComplexArray
    targets: tuple[int, ...]
    control_mask: int = 0
    control_value: int = 0

    def under(self, mask: int, value: int) -> Block:
        """Return the block under further controls."""
        if not mask:
            return self
        return Block(
            self.matrix, self.targets, self.control_mask | mask, self.control_value | value
        )

    def adjoint(self) -> Block:
        """Return the inverse."""
        adjoint = np.ascontiguousarray(self.matrix.conj().T)
        return Block(adjoint, self.targets, self.control_mask, self.control_value)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One gate on qubits of the circuit.

    Attributes:
        gate: a Qiskit gate with numeric parameters; if ``slot`` is set, its only parameter is the
            angle, whose current value is meaningless (see :meth:`instruction`).
        qubits: the qubits that it acts on, in the gate's own order.
        slot: index of its angle, or None for a fixed gate.
        generator: G of ``exp(-i angle G)`` on the circuit's qubits, if ``slot`` is set or the gate
            is a ``PauliEvolutionGate``. It is None if ``block`` is set.
        block: matrix of a fixed gate.
        controls: qubits that control the gate, in addition to its own controls.
        control_state: control state; bit k is the value of ``controls[k]``.
    """

    gate: Instruction
    qubits: tuple[int, ...]
    slot: int | None = None
    generator: Generator | None = None
    block: Block | None = None
    controls: tuple[int, ...] = ()
    control_state: int = 0

    def on_slot(self, slot: int) -> Step:
        """Return the step with an angle slot."""
        return Step(
            self.gate,
            self.qubits,
            slot,
            self.generator,
            self.block,
            self.controls,
            self.control_state,
        )

    @property
    def all_qubits(self) -> tuple[int, ...]:
        """The qubits of :meth:`instruction`, controls first."""
        return self.controls + self.qubits

    def instruction(self, angle: ParameterExpression | float | None = None) -> Instruction:
        """Return the gate on ``all_qubits``, with the given angle if it has a slot."""
        gate = self.gate if self.slot is None else _driven_by(self.gate, angle)
        if not self.controls:
            return gate
        return gate.control(len(self.controls), ctrl_state=self.control_state, annotated=False)


def mask_of(controls: tuple[int, ...], state: int) -> tuple[int, int]:
    """Return the mask of qubits, and their values from the bits of ``state``."""
    return spread((1 << len(controls)) - 1, controls), spread(state, controls)


def written_as(gate: Operation, matrix: ComplexArray) -> Instruction:
    """Return a Qiskit gate equal to a fixed operation with a known matrix."""
    return gate if _is_qiskits(gate) else UnitaryGate(matrix)


def inverse_of(gate: Operation, matrix: ComplexArray) -> Instruction:
    """Return a Qiskit gate equal to the inverse of a gate with a known matrix."""
    adjoint = matrix.conj().T
    if is_standard(gate):
        inverse = gate.inverse()
        if is_standard(inverse) and np.allclose(inverse.to_matrix(), adjoint, rtol=0.0, atol=1e-9):
            return inverse
    return UnitaryGate(adjoint)


def _is_qiskits(gate: Operation) -> bool:
    kind = class_of(gate)
    return issubclass(kind, Gate) and kind.__module__.startswith("qiskit.circuit.library.")


def _driven_by(gate: Instruction, angle: ParameterExpression | float | None) -> Instruction:
    """Return a one-parameter gate with another angle."""
    if isinstance(gate, PauliEvolutionGate):
        return PauliEvolutionGate(gate.operator, time=angle)
    # A new gate: new parameters do not reach the cached definition of the old one.
    if isinstance(gate, ControlledGate):
        base = type(gate.base_gate)(angle)
        return base.control(gate.num_ctrl_qubits, ctrl_state=gate.ctrl_state, annotated=False)
    return type(gate)(angle)

"""Read the operations of a circuit as small matrices, exponentials of one angle, and phases.

A gate is identified by its class, matrix or definition, never by its name. Controls, inverses and
powers are pushed down to the innermost gates, where they are exact; Qiskit's controlled, inverted
or repeated definitions are not used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ControlledGate, Instruction, Operation, ParameterExpression
from qiskit.circuit import library as gates

from hybrid.core.arrays import ComplexArray
from hybrid.programs.comparison import Comparison
from hybrid.programs.frame import Angle, Found, Frame
from hybrid.programs.gates import (
    class_of,
    generator_of,
    is_plainly_controlled,
    is_standard,
    standard_of,
)
from hybrid.programs.generator import Generator
from hybrid.programs.matrix import check_numbers, matrix_of, number_of
from hybrid.programs.refusals import hidden, is_driven, is_free, not_understood, not_unitary
from hybrid.programs.simpler import definition_of
from hybrid.programs.specials import SPECIAL
from hybrid.programs.step import Block, Step, inverse_of, written_as

_DEEPEST = 100
"""Maximum nesting of definitions; a gate defined by itself would recurse forever."""


class Reader:
    """Reads one circuit, from its first operation to its last.

    It tracks the qubits that gates have acted on, because a reset does nothing on the others.
    """

    def __init__(self, circuit: QuantumCircuit) -> None:
        self.circuit = circuit
        self.known = set(circuit.parameters)
        self.touched: set[int] = set()
        self.comparison = Comparison(self)

    def found(self) -> Iterator[Found]:
        """Yield steps and global phases in the circuit's order.

        Raises:
            InputError: an operation is not unitary, or not fully understood; the message names it.
        """
        yield from self.body(self.circuit, Frame(tuple(range(self.circuit.num_qubits))))

    def matrix(self, operation: Operation, depth: int = 0) -> ComplexArray:
        """Return the matrix of a fixed operation, as it is understood."""
        return self.comparison.matrix(operation, depth)

    def body(self, circuit: QuantumCircuit, frame: Frame) -> Iterator[Found]:
        """Yield the contents of a circuit on the frame's qubits."""
        yield from self.turned(circuit.global_phase, circuit, frame)
        place = {bit: k for k, bit in enumerate(circuit.qubits)}
        for instruction in reversed(circuit.data) if frame.inverse else circuit.data:
            if instruction.clbits:
                raise not_unitary(instruction.operation, self.circuit)
            inside = frame.on([place[bit] for bit in instruction.qubits])
            yield from self.operation(instruction.operation, inside)

    def operation(self, operation: Operation, frame: Frame) -> Iterator[Found]:
        """Yield the contents of one operation."""
        standard = standard_of(operation)
        if standard is not None:
            operation = self.comparison.of_class(operation, standard)
        special = SPECIAL.get(class_of(operation))
        if special is not None:
            yield from special(self, operation, frame)
        elif is_driven(operation):
            yield from self._driven(operation, frame)
        else:
            yield from self.fixed(operation, frame)

    def defined(self, operation: Operation, frame: Frame) -> Iterator[Found]:
        """Yield the contents of an operation's definition."""
        if frame.depth >= _DEEPEST:
            raise not_understood(operation, "a definition that contains itself, or never ends")
        yield from self.body(definition_of(operation), frame.deeper())

    # Gates ---------------------------------------------------------------------------------

    def fixed(self, operation: Operation, frame: Frame) -> Iterator[Found]:
        """Yield a gate without free parameters: its matrix, or the contents of its definition."""
        check_numbers(operation)
        matrix = matrix_of(operation)
        if matrix is not None and operation.num_qubits == 0:
            yield from self.turned(float(np.angle(matrix[0, 0])), operation, frame)
        elif matrix is not None and operation.num_qubits <= 2:
            yield self.block(operation, matrix, frame)
        elif is_plainly_controlled(operation):
            yield from self._controlled(operation, frame)
        elif matrix is None or is_standard(operation):
            yield from self.defined(operation, frame)
        else:
            yield from self.wide(operation, matrix, frame)

    def wide(self, operation: Operation, matrix: ComplexArray, frame: Frame) -> Iterator[Found]:
        """Yield a gate that has both a matrix on three or more qubits and a definition."""
        phase, definition = self.comparison.of_matrix(operation, matrix)
        yield from self.turned(phase, operation, frame)
        yield from self.body(definition, frame.deeper())

    def _driven(self, operation: Operation, frame: Frame) -> Iterator[Found]:
        """Yield a gate with free parameters: an exponential, or the contents of its definition."""
        generator = generator_of(operation)
        if is_plainly_controlled(operation):
            yield from self._controlled(operation, frame)
        elif generator is not None:
            yield self.exponential(operation, generator, operation.params[0], frame)
        else:
            self.comparison.at_numbers(operation)
            yield from self.defined(operation, frame)

    def _controlled(self, operation: ControlledGate, frame: Frame) -> Iterator[Found]:
        """Yield a base gate under controls, as a single step if possible."""
        if class_of(operation) is ControlledGate:
            self.comparison.of_base(operation)
        inside = frame.under(operation.num_ctrl_qubits, operation.ctrl_state)
        found = list(self.operation(operation.base_gate, inside))
        if frame.is_plain and len(found) == 1 and class_of(operation) is not ControlledGate:
            step = found[0].step
            if step is not None and (step.generator is None or generator_of(operation)):
                written = replace(step, gate=operation, qubits=frame.qubits, controls=())
                found = [replace(found[0], step=written)]
        yield from found

    def block(self, gate: Operation, matrix: ComplexArray, frame: Frame) -> Found:
        """Return a matrix on one or two qubits as a step."""
        block = Block(matrix, frame.qubits).under(*frame.masks)
        if frame.inverse:
            block, gate = block.adjoint(), inverse_of(gate, matrix)
        else:
            gate = written_as(gate, matrix)
        return Found(self._step(gate, frame, block=block))

    def exponential(self, gate: Instruction, local: Generator, angle: Angle, frame: Frame) -> Found:
        """Return ``exp(-i angle G)`` as a step, with the phase from an identity string in G."""
        placed = local.on(frame.qubits).under(*frame.masks)
        generator = placed.without_identity()
        dropped = len(generator.z_masks) < len(placed.z_masks)
        phase = sum(generator.coefficients) - sum(placed.coefficients) if dropped else 0.0
        angle = self._checked(angle, gate)
        angle = -angle if frame.inverse else angle
        if not generator.z_masks:
            return Found(None, angle, phase)
        if isinstance(gate, gates.PauliEvolutionGate):
            time = 0.0 if is_free(angle) else angle
            gate = gates.PauliEvolutionGate(gate.operator, time=time)
        return Found(self._step(gate, frame, generator=generator), angle, phase)

    def turned(
        self, angle: Angle, owner: Operation | QuantumCircuit, frame: Frame
    ) -> Iterator[Found]:
        """Yield a global phase; under controls it is a phase of the control state."""
        angle = self._checked(angle, owner)
        if not is_free(angle) and angle == 0.0:
            return
        if not frame.controls:
            yield Found(None, -angle if frame.inverse else angle, 1.0)
            return
        *others, last = frame.controls
        state = frame.state & ~(1 << len(others))
        inside = Frame((last,), tuple(others), state, frame.inverse, frame.depth)
        if state == frame.state:  # exp(ia |0><0|) = exp(ia) exp(-ia |1><1|)
            yield from self.turned(angle, owner, inside)
            angle = -angle
        yield from self.operation(gates.PhaseGate(angle), inside)

    def _step(self, gate: Operation, frame: Frame, **content: Any) -> Step:
        self.touched.update(frame.qubits, frame.controls)
        return Step(
            gate, frame.qubits, controls=frame.controls, control_state=frame.state, **content
        )

    def _checked(self, angle: Angle, owner: Operation | QuantumCircuit) -> Angle:
        """Return an angle: a number, or an expression of the circuit's own parameters."""
        if not isinstance(angle, ParameterExpression) or not angle.parameters:
            return number_of(angle, owner)
        foreign = angle.parameters - self.known
        if foreign:
            raise hidden(owner, foreign)
        return angle

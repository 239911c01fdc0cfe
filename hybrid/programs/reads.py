"""What the rules for single kinds of gates ask of the reader of a circuit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from qiskit import QuantumCircuit
from qiskit.circuit import Instruction, Operation

from hybrid.core.arrays import ComplexArray
from hybrid.programs.frame import Angle, Found, Frame
from hybrid.programs.generator import Generator


class Reads(Protocol):
    """The reader as rules see it; :class:`~hybrid.programs.reading.Reader` is the one there is.

    Attributes:
        circuit: the whole circuit.
        touched: the qubits that gates have acted on so far.
    """

    circuit: QuantumCircuit
    touched: set[int]

    def body(self, circuit: QuantumCircuit, frame: Frame) -> Iterator[Found]:
        """Yield what a circuit on the frame's qubits holds."""

    def operation(self, operation: Operation, frame: Frame) -> Iterator[Found]:
        """Yield what one operation is."""

    def defined(self, operation: Operation, frame: Frame) -> Iterator[Found]:
        """Yield what defines an operation."""

    def fixed(self, operation: Operation, frame: Frame) -> Iterator[Found]:
        """Yield a gate without free parameters."""

    def exponential(self, gate: Instruction, local: Generator, angle: Angle, frame: Frame) -> Found:
        """Return ``exp(-i angle G)`` as a step."""

    def turned(
        self, angle: Angle, owner: Operation | QuantumCircuit, frame: Frame
    ) -> Iterator[Found]:
        """Yield a global phase."""

    def matrix(self, operation: Operation, depth: int = 0) -> ComplexArray:
        """Return the matrix of a fixed operation as it is read."""

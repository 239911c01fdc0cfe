"""Interface of the circuit reader, for the rules of single kinds of gates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from qiskit import QuantumCircuit
from qiskit.circuit import Instruction, Operation

from hybrid.core.arrays import ComplexArray
from hybrid.programs.frame import Angle, Found, Frame
from hybrid.programs.generator import Generator


class Reads(Protocol):
    """Interface of :class:`~hybrid.programs.reading.Reader`, its only implementation.

    Attributes:
        circuit: the whole circuit.
        touched: the qubits that gates have acted on so far.
    """

    circuit: QuantumCircuit
    touched: set[int]

    def body(self, circuit: QuantumCircuit, frame: Frame) -> Iterator[Found]:
        """Yield the contents of a circuit on the frame's qubits."""

    def operation(self, operation: Operation, frame: Frame) -> Iterator[Found]:
        """Yield the contents of one operation."""

    def defined(self, operation: Operation, frame: Frame) -> Iterator[Found]:
        """Yield the contents of an operation's definition."""

    def fixed(self, operation: Operation, frame: Frame) -> Iterator[Found]:
        """Yield a gate without free parameters."""

    def exponential(self, gate: Instruction, local: Generator, angle: Angle, frame: Frame) -> Found:
        """Return ``exp(-i angle G)`` as a step."""

    def turned(
        self, angle: Angle, owner: Operation | QuantumCircuit, frame: Frame
    ) -> Iterator[Found]:
        """Yield a global phase."""

    def matrix(self, operation: Operation, depth: int = 0) -> ComplexArray:
        """Return the matrix of a fixed operation, as it is understood."""

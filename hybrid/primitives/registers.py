"""Which qubit each classical bit reads, and outcomes packed as Qiskit's registers hold them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ClassicalRegister, Measure
from qiskit.primitives import BitArray

from hybrid.core.arrays import IntArray

_NEVER_READ = -1
"""Stands for the qubit of a classical bit that no measurement writes; it reads 0."""


@dataclass(frozen=True)
class Readout:
    """A circuit whose measurements all come last, taken apart.

    Attributes:
        circuit: without the measurements; as many qubits as before.
        qubit_of: for each classical register, by name, the qubit that each of its bits reads.
    """

    circuit: QuantumCircuit
    qubit_of: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, circuit: QuantumCircuit) -> Readout | None:
        """Return the circuit taken apart, or None where measurements steer or precede gates."""
        read: dict[int, int] = {}  # from classical bit to qubit
        measured: set[int] = set()
        bare = circuit.copy_empty_like()
        for instruction in circuit.data:
            qubits = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
            operation = instruction.operation
            if isinstance(operation, Measure):
                bit = circuit.find_bit(instruction.clbits[0]).index
                read[bit] = qubits[0]
                measured.add(qubits[0])
                continue
            if instruction.clbits or operation.name == "store":
                return None
            if operation.name == "barrier" and type(operation).__module__.startswith("qiskit"):
                continue
            if operation.name == "reset" or not measured.isdisjoint(qubits):
                return None
            bare.append(instruction)
        registers = {
            register.name: tuple(
                read.get(circuit.find_bit(bit).index, _NEVER_READ) for bit in register
            )
            for register in circuit.cregs
        }
        return cls(_without_bits(bare), registers)

    @cached_property
    def measured(self) -> tuple[int, ...]:
        """The qubits that are read, ascending."""
        read = {qubit for qubits in self.qubit_of.values() for qubit in qubits}
        return tuple(sorted(read - {_NEVER_READ}))

    def packed(self, outcomes: IntArray) -> dict[str, NDArray[np.uint8]]:
        """Return for each register the bits of outcomes, as ``BitArray`` holds them.

        Args:
            outcomes: shape (shots,), basis states; qubit q is bit q.

        Returns:
            by name, shape (shots, bytes), the first bit of a register in the last place.
        """
        return {name: _packed(outcomes, qubits) for name, qubits in self.qubit_of.items()}


def bit_arrays(
    parts: Iterable[dict[str, NDArray[np.uint8]]],
    registers: Iterable[ClassicalRegister],
    shape: tuple[int, ...],
    shots: int,
) -> dict[str, BitArray]:
    """Return the registers of all points from those of each, in order."""
    listed = list(parts)
    found = {}
    for register in registers:
        width = -(-register.size // 8)
        array = np.zeros((len(listed), shots, width), dtype=np.uint8)
        for place, part in enumerate(listed):
            array[place] = part[register.name]
        found[register.name] = BitArray(array.reshape(*shape, shots, width), register.size)
    return found


def _without_bits(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a circuit of the same qubits and gates that has no classical bits."""
    bare = QuantumCircuit(*circuit.qregs, global_phase=circuit.global_phase)
    bare.add_bits(qubit for qubit in circuit.qubits if qubit not in bare.qubits)
    for instruction in circuit.data:
        bare.append(instruction.operation, instruction.qubits)
    return bare


def _packed(outcomes: IntArray, qubits: tuple[int, ...]) -> NDArray[np.uint8]:
    bits = np.zeros((len(outcomes), -(-len(qubits) // 8) * 8), dtype=np.uint8)
    for place, qubit in enumerate(qubits):
        if qubit != _NEVER_READ:
            bits[:, bits.shape[1] - 1 - place] = (outcomes >> qubit) & 1
    return np.packbits(bits, axis=-1)

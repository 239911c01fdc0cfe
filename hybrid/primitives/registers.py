"""Map classical bits to qubits, and pack outcomes into Qiskit's register format."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Barrier, ClassicalRegister, Measure, Reset, Store
from qiskit.circuit.library import Initialize
from qiskit.primitives import BitArray

from hybrid.core.arrays import IntArray

_NEVER_READ = -1
"""The qubit of a classical bit that no measurement writes; it reads 0."""


@dataclass(frozen=True)
class Readout:
    """A circuit with final measurements only, split into gates and measurements.

    Attributes:
        circuit: the circuit without its measurements; same width.
        qubit_of: the qubits that the bits of each classical register read, by register name.
    """

    circuit: QuantumCircuit
    qubit_of: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, circuit: QuantumCircuit) -> Readout | None:
        """Split a circuit; return None if only Aer can run it.

        That is, if a gate depends on or follows a measurement, or a used qubit is reset.
        """
        read: dict[int, int] = {}  # classical bit: qubit
        touched: set[int] = set()
        measured: set[int] = set()
        bare = QuantumCircuit(circuit.num_qubits, global_phase=circuit.global_phase)
        for instruction in circuit.data:
            qubits = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
            operation = instruction.operation
            if isinstance(operation, Measure):
                read[circuit.find_bit(instruction.clbits[0]).index] = qubits[0]
                measured.add(qubits[0])
                continue
            if isinstance(operation, Barrier):
                continue
            prepares = isinstance(operation, Reset | Initialize)
            if instruction.clbits or isinstance(operation, Store):
                return None
            if not measured.isdisjoint(qubits) or (prepares and not touched.isdisjoint(qubits)):
                return None
            touched.update(qubits)
            bare.append(operation, qubits)
        registers = {
            register.name: tuple(
                read.get(circuit.find_bit(bit).index, _NEVER_READ) for bit in register
            )
            for register in circuit.cregs
        }
        return cls(bare, registers)

    @cached_property
    def measured(self) -> tuple[int, ...]:
        """The measured qubits, in ascending order."""
        read = {qubit for qubits in self.qubit_of.values() for qubit in qubits}
        return tuple(sorted(read - {_NEVER_READ}))

    def packed(self, outcomes: IntArray) -> dict[str, NDArray[np.uint8]]:
        """Pack the bits of each register in the format of ``BitArray``.

        Args:
            outcomes: shape (shots,), basis states; qubit q is bit q.

        Returns:
            arrays of shape (shots, bytes), by register name; the first bit of a register is the
            last.
        """
        return {name: _packed(outcomes, qubits) for name, qubits in self.qubit_of.items()}


def bit_arrays(
    parts: Iterable[dict[str, NDArray[np.uint8]]],
    registers: Iterable[ClassicalRegister],
    shape: tuple[int, ...],
    shots: int,
) -> dict[str, BitArray]:
    """Stack the registers of all points, in order."""
    listed = list(parts)
    found = {}
    for register in registers:
        width = -(-register.size // 8)
        array = np.zeros((len(listed), shots, width), dtype=np.uint8)
        for place, part in enumerate(listed):
            array[place] = part[register.name]
        found[register.name] = BitArray(array.reshape(*shape, shots, width), register.size)
    return found


def _packed(outcomes: IntArray, qubits: tuple[int, ...]) -> NDArray[np.uint8]:
    bits = np.zeros((len(outcomes), -(-len(qubits) // 8) * 8), dtype=np.uint8)
    for place, qubit in enumerate(qubits):
        if qubit != _NEVER_READ:
            bits[:, bits.shape[1] - 1 - place] = (outcomes >> qubit) & 1
    return np.packbits(bits, axis=-1)

"""Replacing operations of a compiled circuit by others on the same qubits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from qiskit import QuantumCircuit
from qiskit.circuit import Operation
from qiskit.circuit.library import UnitaryGate

Part: TypeAlias = tuple[Operation, tuple[int, ...]]
"""An operation, and on which qubits of the one that it replaces."""


def rewritten(
    circuit: QuantumCircuit, parts_of: Callable[[Operation], Sequence[Part]]
) -> QuantumCircuit:
    """Return the circuit with each operation replaced by parts on its own qubits.

    Example:
        >>> from qiskit.circuit.library import XGate
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.h(0)
        >>> twice = rewritten(circuit, lambda gate: [(XGate(), (0,)), (XGate(), (0,))])
        >>> [instruction.name for instruction in twice.data]
        ['x', 'x']
    """
    found = circuit.copy_empty_like()
    for instruction in circuit.data:
        for part, places in parts_of(instruction.operation):
            qubits = [instruction.qubits[place] for place in places]
            found.append(part, qubits, instruction.clbits, copy=False)
    return found


def without_matrices(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return the circuit with gates in the place of matrices on several qubits.

    Qiskit's transpiler picks one of several decompositions of a matrix at random; the definition
    of the gate is always the same.

    Example:
        >>> import numpy as np
        >>> circuit = QuantumCircuit(2)
        >>> _ = circuit.unitary(np.diag([1, 1, 1, -1]), [0, 1])
        >>> "unitary" in without_matrices(circuit).count_ops()
        False
    """
    return rewritten(circuit, _synthesised)


def _synthesised(operation: Operation) -> Sequence[Part]:
    if not isinstance(operation, UnitaryGate) or operation.num_qubits == 1:
        return [(operation, tuple(range(operation.num_qubits)))]
    defined = operation.definition
    return [
        (each.operation, tuple(defined.find_bit(qubit).index for qubit in each.qubits))
        for each in defined.data
    ]

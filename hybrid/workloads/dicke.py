"""Dicke states: the equal superposition of all basis states with a given number of ones."""

from __future__ import annotations

import math

from qiskit import QuantumCircuit
from qiskit.circuit.library import RYGate


def dicke_state(num_qubits: int, ones: int) -> QuantumCircuit:
    """Return a circuit that prepares a Dicke state from \\|0...0> with O(n k) gates.

    Source: A. Bärtschi, S. Eidenbenz, arXiv:1904.07358, lemma 2 and figures 2 and 3.

    Args:
        num_qubits: n.
        ones: k, from 0 to n.

    Example:
        >>> from hybrid import probabilities
        >>> probabilities(dicke_state(3, 1)).round(3).tolist()
        [0.0, 0.333, 0.333, 0.0, 0.333, 0.0, 0.0, 0.0]
    """
    circuit = QuantumCircuit(num_qubits)
    if ones:
        circuit.x(range(num_qubits - ones, num_qubits))
    for width in range(num_qubits, 1, -1):
        _split_and_shift(circuit, width, min(ones, width - 1))
    return circuit


def _split_and_shift(circuit: QuantumCircuit, width: int, ones: int) -> None:
    """Move up to ``ones`` ones from the end of the first ``width`` qubits, in superposition."""
    last = width - 1
    for count in range(1, ones + 1):
        target = last - count
        angle = 2.0 * math.acos(math.sqrt(count / width))
        controls = [last] if count == 1 else [last, target + 1]
        circuit.cx(target, last)
        circuit.append(RYGate(angle).control(len(controls), annotated=False), [*controls, target])
        circuit.cx(target, last)

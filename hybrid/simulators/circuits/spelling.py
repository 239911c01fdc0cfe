"""Rewrite circuits so that each gate is what its name says, for compilers that use names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlledGate,
    Instruction,
    Operation,
)
from qiskit.circuit.library import UnitaryGate
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping

from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.programs.refusals import is_driven

Kept = Callable[[Operation], Operation | None]
"""Maps an operation that must stay whole to its placeholder, and others to None."""

_LIBRARY = (
    "qiskit.circuit.library.",
    "qiskit.circuit.barrier",
    "qiskit.circuit.delay",
    "qiskit.circuit.reset",
    "qiskit.circuit.measure",
    "qiskit.quantum_info.",
)
_BY_NAME = {
    name: getattr(gate, "base_class", type(gate))
    for name, gate in get_standard_gate_name_mapping().items()
}
_WIDEST_MATRIX = 6
_SEEN_BY_NOISE = ("id", "delay", "reset", "initialize")
"""What changes no state where it may stand, but may have noise."""


def spelled_out(circuit: QuantumCircuit, kept: Kept | None = None) -> QuantumCircuit:
    """Replace the user-defined gates of a circuit by their definitions.

    Compilers and Aer identify gates by name, so a user-defined gate called "rx" would run as RX.
    Gates of Qiskit's library stay; others are replaced by their definitions, at any depth, or by
    their matrices if they have none.

    Args:
        circuit: any circuit.
        kept: returns the placeholder of an operation that must stay whole, else None.

    Raises:
        InputError: an angle is NaN or infinite, or a gate has neither matrix nor definition.

    Example:
        >>> from qiskit.circuit.library import XGate
        >>> body = QuantumCircuit(1, name="id")
        >>> _ = body.append(XGate(), [0])
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.append(body.to_gate(), [0])
        >>> [instruction.name for instruction in spelled_out(circuit).data]
        ['x']
    """
    spelled = circuit.copy_empty_like()
    for operation, qubits, clbits in _operations(circuit, range(circuit.num_qubits), kept):
        spelled.append(operation, qubits, clbits, copy=False)
    return spelled


_Placed = tuple[Operation, Sequence[int], Sequence[int]]


def _operations(
    circuit: QuantumCircuit, qubits: Sequence[int], kept: Kept | None
) -> Iterator[_Placed]:
    place = {bit: qubits[k] for k, bit in enumerate(circuit.qubits)}
    clbits = {bit: k for k, bit in enumerate(circuit.clbits)}
    for instruction in circuit.data:
        operation = instruction.operation
        placed = [place[bit] for bit in instruction.qubits]
        if instruction.clbits:
            yield operation, placed, [clbits[bit] for bit in instruction.clbits]
            continue
        _refuse_undefined_angles(operation)
        whole = None if kept is None else kept(operation)
        if whole is not None:
            yield whole, placed, []
        elif is_library(operation):
            yield operation, placed, []
        else:
            definition = definition_of(operation)
            if isinstance(definition, UnitaryGate):
                yield definition, placed, []
            else:
                yield from _operations(definition, placed, kept)


def is_library(operation: Operation) -> bool:
    """Return whether the operation is one of Qiskit's library, under its library name."""
    if isinstance(operation, AnnotatedOperation):
        # Fixed ones have a matrix; Qiskit decomposes the others.
        return is_driven(operation) and is_library(operation.base_op)
    kind = getattr(operation, "base_class", type(operation))
    if not kind.__module__.startswith(_LIBRARY):
        return False
    return _BY_NAME.get(operation.name, kind) is kind


def spelling(circuit: QuantumCircuit) -> str:
    """Return a digest of the operations of a circuit that only noise models distinguish.

    Identities, delays, leading resets and labels change no state, but noise models refer to them.
    Empty if there are none.

    Example:
        >>> circuit = QuantumCircuit(1)
        >>> spelling(circuit)
        ''
        >>> _ = circuit.id(0)
        >>> len(spelling(circuit))
        64
    """
    written: list[tuple[object, ...]] = []
    says_more = False
    try:
        found = list(_operations(circuit, range(circuit.num_qubits), None))
    except InputError:  # no noise model refers to it
        return ""
    for operation, qubits, _ in found:
        name = str(operation.name)
        label = getattr(operation, "label", None) if name in (*_BY_NAME, "unitary") else None
        says_more = says_more or label is not None or name in _SEEN_BY_NOISE
        lasts = (str(operation.duration), str(operation.unit)) if name == "delay" else ()
        written.append((name, label, list(qubits), *lasts))
    return digest(written) if says_more else ""


def definition_of(operation: Operation) -> QuantumCircuit | UnitaryGate:
    """Return the circuit that defines an operation, or its matrix as a gate.

    Raises:
        InputError: it has neither.
    """
    if isinstance(operation, AnnotatedOperation):
        matrix = matrix_of(operation)
        if matrix is not None:
            return UnitaryGate(matrix)
    elif isinstance(operation, ControlledGate):
        # A new gate: new parameters do not reach the cached definition of the old one.
        operation = operation.base_gate.control(
            operation.num_ctrl_qubits, ctrl_state=operation.ctrl_state, annotated=False
        )
        if is_library(operation):
            alone = QuantumCircuit(operation.num_qubits)
            alone.append(operation, range(operation.num_qubits))
            return alone
    definition = getattr(operation, "definition", None)
    if isinstance(definition, QuantumCircuit):
        return definition
    matrix = matrix_of(operation)
    if matrix is None:
        raise InputError(
            f"gate '{operation.name}'",
            got="neither a definition by other gates nor a matrix",
            expected="a gate that can be decomposed",
            advice="give the gate a definition, or use a UnitaryGate",
        )
    return UnitaryGate(matrix)


def matrix_of(operation: Operation) -> np.ndarray | None:
    """Return the matrix of a fixed operation on few qubits, or None if it has none."""
    if operation.num_qubits > _WIDEST_MATRIX or is_driven(operation):
        return None
    try:
        if hasattr(operation, "to_matrix"):
            return np.asarray(operation.to_matrix(), dtype=np.complex128)
        return np.asarray(operation.__array__(), dtype=np.complex128)
    except Exception:
        return None


def _refuse_undefined_angles(operation: Operation) -> None:
    for parameter in getattr(operation, "params", ()) if isinstance(operation, Instruction) else ():
        if isinstance(parameter, int | float) and not np.isfinite(parameter):
            raise InputError(
                f"argument of gate '{operation.name}'",
                got=repr(float(parameter)),
                expected="a finite number",
            )

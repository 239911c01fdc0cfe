"""Decompose operations into circuits of simpler ones with Qiskit."""

from __future__ import annotations

from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Operation
from qiskit.quantum_info import Clifford

from hybrid.programs.gates import class_of
from hybrid.programs.refusals import is_failure, not_understood, raised

_BASIS = ["u", "cx", "rz", "ry", "rx", "p"]
_LIBRARIES = ("qiskit.circuit.library.", "qiskit.quantum_info.")


def definition_of(operation: Operation) -> QuantumCircuit:
    """Return a circuit equal to the operation, on the same qubits in the same order.

    Raises:
        InputError: there is none, or it cannot be constructed.
    """
    if isinstance(operation, Clifford):
        return operation.to_circuit()
    try:
        definition = getattr(operation, "definition", None)
    except BaseException as cause:
        if not is_failure(cause):
            raise
        raise raised(operation, "definition", cause) from cause
    if definition is None:
        return _compiled(operation)
    if not isinstance(definition, QuantumCircuit):
        raise not_understood(operation, f"a definition of type {type(definition).__name__}")
    if definition.num_qubits != operation.num_qubits:
        raise not_understood(
            operation,
            f"a definition on {definition.num_qubits} qubits for {operation.num_qubits}",
        )
    return definition


def _compiled(operation: Operation) -> QuantumCircuit:
    """Decompose an operation without a definition with Qiskit's transpiler."""
    none = not_understood(operation, "neither a matrix of its own nor a definition by other gates")
    # The transpiler identifies gates by name, so only gates of Qiskit's library are passed.
    if not class_of(operation).__module__.startswith(_LIBRARIES):
        raise none
    alone = QuantumCircuit(operation.num_qubits)
    try:
        alone.append(operation, range(operation.num_qubits))
        simpler = transpile(alone, basis_gates=_BASIS, optimization_level=0)
    except BaseException as cause:
        if not is_failure(cause):
            raise
        raise none from cause
    if any(instruction.name not in _BASIS for instruction in simpler.data):
        raise none
    return simpler

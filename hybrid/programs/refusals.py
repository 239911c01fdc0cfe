"""Errors for unsupported operations; each names the operation and a remedy."""

from __future__ import annotations

from collections.abc import Iterable

from qiskit import QuantumCircuit
from qiskit.circuit import ControlFlowOp, Operation, Parameter, ParameterExpression
from qiskit.circuit.library import Initialize, Measure, Reset

from hybrid.core.errors import InputError, NoExactGradientError


def not_unitary(operation: Operation, circuit: QuantumCircuit) -> InputError:
    """Return the error for a measurement, reset or branch in a circuit."""
    return InputError(
        "circuit",
        got=f"a '{operation.name}' operation",
        expected="a unitary circuit without measurements or classical bits",
        advice=_way_out(operation, circuit),
    )


def _way_out(operation: Operation, circuit: QuantumCircuit) -> str:
    if isinstance(operation, Measure):
        try:
            left = circuit.remove_final_measurements(inplace=False)
        except Exception:  # conditions on the removed bits
            left = circuit
        if _measures(left):
            return (
                "no call takes measurements in the middle of a circuit; where their outcomes are "
                "not used, leave them out, else measure a fresh qubit that a CX has copied to"
            )
        return (
            "expectation() measures the observable and sample() all qubits by themselves; "
            "circuit.remove_final_measurements(inplace=False) takes these measurements away"
        )
    if isinstance(operation, Initialize | Reset):
        return (
            "it resets its qubits, which has no unitary after other gates have acted on them; put "
            "it before them, or use a fresh qubit"
        )
    if isinstance(operation, ControlFlowOp):
        return "take the classical control out of the circuit; loops over integers are unrolled"
    return "take the classical bits out of the circuit"


def _measures(circuit: QuantumCircuit) -> bool:
    return any(isinstance(instruction.operation, Measure) for instruction in circuit.data)


def not_understood(
    operation: Operation, got: str, expected: str = "", advice: str = ""
) -> InputError:
    """Return the error for a gate that is not fully understood."""
    kind = NoExactGradientError if is_driven(operation) else InputError
    return kind(
        f"gate '{operation.name}'",
        got=got,
        expected=expected or "a gate with a matrix or a definition by other gates",
        advice=advice or "give the gate a definition, or use a UnitaryGate",
    )


def is_failure(error: BaseException) -> bool:
    """Return whether the code of a gate failed: an Exception, or a panic in Qiskit's Rust code.

    A panic is not an Exception; neither is an interrupt, which is not a failure.
    """
    return isinstance(error, Exception) or type(error).__module__ == "pyo3_runtime"


def raised(operation: Operation, what: str, cause: BaseException) -> InputError:
    """Return the error for a gate whose matrix or definition raised an exception."""
    return not_understood(operation, f"{type(cause).__name__} from its {what}: {cause}")


def hidden(owner: Operation | QuantumCircuit, parameters: Iterable[Parameter]) -> InputError:
    """Return the error for parameters of a definition that are not parameters of the circuit."""
    names = ", ".join(sorted(f"'{parameter.name}'" for parameter in parameters))
    return InputError(
        f"gate '{owner.name}'",
        got=f"an angle with {names}, which circuit.parameters lacks: a definition hides it",
        expected="definitions whose parameters are arguments of their gates",
        advice="pass the parameter to the gate as an argument (params), or put in its number",
    )


def is_driven(operation: Operation) -> bool:
    """Return whether an argument of an operation has free parameters."""
    return any(is_free(parameter) for parameter in getattr(operation, "params", ()))


def is_free(parameter: object) -> bool:
    """Return whether an argument of a gate has free parameters."""
    return isinstance(parameter, ParameterExpression) and bool(parameter.parameters)

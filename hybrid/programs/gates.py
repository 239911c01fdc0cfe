"""Generators of Qiskit gates that are exponentials of one angle, by class."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from qiskit.circuit import ControlledGate, Gate, Operation, library
from qiskit.circuit.library.standard_gates import get_standard_gate_name_mapping

from hybrid.programs.generator import Generator

_STRINGS: Mapping[type[Gate], tuple[int, tuple[int, ...], tuple[float, ...]]] = {
    # class: X mask, Z masks, coefficients; local qubit k is bit k
    library.RXGate: (0b1, (0b0,), (0.5,)),
    library.RYGate: (0b1, (0b1,), (0.5,)),
    library.RZGate: (0b0, (0b1,), (0.5,)),
    library.PhaseGate: (0b0, (0b1, 0b0), (0.5, -0.5)),
    library.U1Gate: (0b0, (0b1, 0b0), (0.5, -0.5)),
    library.RXXGate: (0b11, (0b00,), (0.5,)),
    library.RYYGate: (0b11, (0b11,), (0.5,)),
    library.RZZGate: (0b00, (0b11,), (0.5,)),
    library.RZXGate: (0b10, (0b01,), (0.5,)),
}

_CONTROLLED: frozenset[type] = frozenset(
    kind
    for _, kind in inspect.getmembers(library, inspect.isclass)
    if issubclass(kind, ControlledGate)
) | {ControlledGate}
"""Qiskit classes that are fully described by their base gate and controls."""

_STANDARD: Mapping[type, int] = {
    gate.base_class: len(gate.params) for gate in get_standard_gate_name_mapping().values()
}
"""Qiskit's standard gates, and their numbers of arguments."""


def class_of(operation: Operation) -> type:
    """Return the class of an operation; for an immutable gate, the mutable class.

    Example:
        >>> class_of(library.XGate()) is library.XGate
        True
    """
    return getattr(operation, "base_class", type(operation))


def is_standard(operation: Operation) -> bool:
    """Return whether an operation's class is a Qiskit standard class, regardless of its name."""
    return class_of(operation) in _STANDARD


def standard_of(operation: Operation) -> type | None:
    """Return the standard class that an operation's own class is derived from, if any.

    When Qiskit copies a circuit, it turns instances of such classes into the standard gate.
    """
    kind = class_of(operation)
    if kind in _STANDARD or getattr(operation, "_standard_gate", None) is None:
        return None
    return next((base for base in kind.__mro__ if base in _STANDARD), None)


def may_be_derived() -> bool:
    """Return whether this process knows a class of another package derived from a standard one.

    If not, no gate is of such a class, and none need be looked at.
    """
    inside: list[type] = list(_STANDARD)
    kind: type
    while inside:
        for kind in inside.pop().__subclasses__():
            # Qiskit's classes of immutable gates are made without a module.
            if kind.__module__ and not kind.__module__.startswith("qiskit."):
                return True
            inside.append(kind)
    return False


def is_plainly_controlled(operation: Operation) -> bool:
    """Return whether an operation is its base gate under its controls, and nothing else.

    This excludes CU gates, which have an additional phase; gates on several targets; gates with
    auxiliary qubits; and user-defined classes.
    """
    return (
        class_of(operation) in _CONTROLLED
        and not isinstance(operation, library.CUGate)
        and operation.num_qubits == operation.num_ctrl_qubits + operation.base_gate.num_qubits
        and (not isinstance(operation, library.MCMTGate) or operation.num_target_qubits == 1)
        and len(operation.params)
        == _STANDARD.get(class_of(operation.base_gate), len(operation.params))
    )


def generator_of(gate: Operation) -> Generator | None:
    """Return G of a gate ``exp(-i angle G)`` whose only parameter is its angle, else None.

    Local qubit k of the gate is bit k of the masks. Controlled forms, any number of controls
    and any control state, are recognised through their base gate; so are X-controlled sums of
    Pauli rotations such as ``crx``.

    Example:
        >>> from qiskit.circuit.library import RXXGate
        >>> generator_of(RXXGate(0.1)).x_mask
        3
    """
    if isinstance(gate, ControlledGate):
        base = generator_of(gate.base_gate) if is_plainly_controlled(gate) else None
        return None if base is None else base.controlled(gate.num_ctrl_qubits, gate.ctrl_state)
    strings = _STRINGS.get(class_of(gate))
    return None if strings is None else Generator(*strings)

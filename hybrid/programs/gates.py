"""Which Qiskit gates are exponentials of one angle, and of what."""

from __future__ import annotations

from collections.abc import Mapping

from qiskit.circuit import ControlledGate, Instruction

from hybrid.programs.generator import Generator

_STRINGS: Mapping[str, tuple[int, tuple[int, ...], tuple[float, ...]]] = {
    # name: X mask, Z masks, coefficients; local qubit k is bit k
    "rx": (0b1, (0b0,), (0.5,)),
    "ry": (0b1, (0b1,), (0.5,)),
    "rz": (0b0, (0b1,), (0.5,)),
    "p": (0b0, (0b1, 0b0), (0.5, -0.5)),
    "u1": (0b0, (0b1, 0b0), (0.5, -0.5)),
    "rxx": (0b11, (0b00,), (0.5,)),
    "ryy": (0b11, (0b11,), (0.5,)),
    "rzz": (0b00, (0b11,), (0.5,)),
    "rzx": (0b10, (0b01,), (0.5,)),
}


def generator_of(gate: Instruction) -> Generator | None:
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
        base = generator_of(gate.base_gate)
        if base is None or len(gate.params) != 1:
            return None
        return base.controlled(gate.num_ctrl_qubits, gate.ctrl_state)
    if gate.name not in _STRINGS or len(gate.params) != 1:
        return None
    return Generator(*_STRINGS[gate.name])

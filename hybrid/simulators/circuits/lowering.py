"""Lower circuits to the gates of a simulator or device, with one parameter per angle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qiskit import QuantumCircuit
from qiskit.circuit import (
    ControlledGate,
    Instruction,
    Parameter,
    ParameterExpression,
    ParameterVector,
)
from qiskit.circuit.library import RGate, U2Gate, U3Gate, UGate

from hybrid.programs import FlatCircuit, ParameterMap, Step
from hybrid.programs.gates import class_of, generator_of
from hybrid.programs.refusals import is_free

Compiler = Callable[[QuantumCircuit], QuantumCircuit]
"""Qiskit's transpiler or a pass manager, with all its settings."""


@dataclass(frozen=True)
class Lowered:
    """A compiled circuit in which every parametrised gate argument is a parameter of its own.

    Attributes:
        circuit: the circuit to run; its parameters are not in expressions, so binding needs no
            algebra.
        arguments: its parameters, in the order of the gates.
        angles: the map from the K angles of the flat circuit to the arguments.
        frequencies: for each argument, the frequencies of an expectation value, or None if unknown.
        gates: for each argument, the name of its gate.
    """

    circuit: QuantumCircuit
    arguments: tuple[Parameter, ...]
    angles: ParameterMap
    frequencies: tuple[tuple[float, ...] | None, ...]
    gates: tuple[str, ...]


def lower(flat: FlatCircuit, compiler: Compiler) -> Lowered:
    """Compile a circuit with symbols for its angles, one parameter per gate argument.

    Args:
        flat: the circuit.
        compiler: compiles a circuit to gates that can run; called once.
    """
    symbols = ParameterVector("angle", flat.angles.num_angles)
    return _set_apart(compiler(flat.to_circuit(list(symbols))), tuple(symbols))


def lower_source(source: QuantumCircuit, compiler: Compiler) -> tuple[FlatCircuit, Lowered]:
    """Compile a circuit as it was written, for noise, which depends on how it is written.

    The arguments themselves are the angles of the returned flat circuit. It has no generators, so
    each argument is differentiated separately.

    Args:
        source: the circuit, with the user's parameters.
        compiler: compiles a circuit to gates that can run; called once.
    """
    found = _set_apart(compiler(source), tuple(source.parameters))
    steps = tuple(
        Step(Instruction(gate, 0, 0, []), (), slot) for slot, gate in enumerate(found.gates)
    )
    identity = ParameterMap.from_expressions(found.arguments, list(found.arguments))
    lowered = Lowered(found.circuit, found.arguments, identity, found.frequencies, found.gates)
    return FlatCircuit(source.num_qubits, steps, found.angles), lowered


def _set_apart(compiled: QuantumCircuit, symbols: Sequence[Parameter]) -> Lowered:
    """Replace each expression in a compiled circuit by a parameter of its own."""
    driven = [_driven(instruction.operation) for instruction in compiled.data]
    arguments = ParameterVector("argument", sum(len(places) for places in driven))
    fresh = iter(arguments)
    circuit = compiled.copy_empty_like()
    circuit.global_phase = 0.0  # it can hold symbols, and does not change expectation values
    expressions: list[ParameterExpression] = []
    frequencies: list[tuple[float, ...] | None] = []
    gates: list[str] = []
    for instruction, places in zip(compiled.data, driven, strict=True):
        operation = instruction.operation
        if places:
            parameters = list(operation.params)
            for place in places:
                expressions.append(parameters[place])
                frequencies.append(_frequencies(operation, place))
                gates.append(operation.name)
                parameters[place] = next(fresh)
            operation = operation.to_mutable()
            operation.params = parameters
        circuit.append(operation, instruction.qubits, instruction.clbits, copy=False)
    return Lowered(
        circuit,
        tuple(arguments),
        ParameterMap.from_expressions(tuple(symbols), expressions),
        tuple(frequencies),
        tuple(gates),
    )


def _driven(operation: Instruction) -> list[int]:
    """Return the indices of the arguments with free parameters."""
    return [
        place
        for place, parameter in enumerate(getattr(operation, "params", ()))
        if is_free(parameter)
    ]


def _frequencies(gate: Instruction, place: int) -> tuple[float, ...] | None:
    """Return the frequencies of an expectation value as a function of a gate argument."""
    base = gate.base_gate if isinstance(gate, ControlledGate) else gate
    kind = class_of(base)
    if kind in (UGate, U2Gate, U3Gate):  # P(phi) RY(theta) P(lambda), up to a phase
        turned = place == 0 and kind is not U2Gate
        return (0.5, 1.0) if turned and base is not gate else (1.0,)
    if class_of(gate) is RGate:  # RZ(phi) RX(theta) RZ(-phi)
        return (1.0,) if place == 0 else (1.0, 2.0)
    generator = generator_of(gate)
    found = None if generator is None else generator.frequencies()
    return None if found is None else tuple(float(frequency) for frequency in found)

"""A circuit as a plain list of steps, each fixed or the exponential of one angle of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from qiskit import QuantumCircuit, transpile
from qiskit.circuit import (
    ControlFlowOp,
    ControlledGate,
    Instruction,
    Operation,
    Parameter,
    ParameterExpression,
)
from qiskit.circuit.library import PauliEvolutionGate, RYGate, RZGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.errors import InputError, NoExactGradientError
from hybrid.programs.evolution import exponentials
from hybrid.programs.gates import generator_of
from hybrid.programs.generator import Generator
from hybrid.programs.masks import masks_of
from hybrid.programs.parameters import ParameterMap

_NOTHING = frozenset({"barrier", "delay", "id", "global_phase"})
_NOT_UNITARY = {
    "measure": "circuit.remove_final_measurements(inplace=False) takes them away",
    "reset": "start the circuit from |0...0> instead",
    "initialize": "use StatePreparation, which is unitary",
}
_BASIS = ["u", "cx", "rz", "ry", "rx", "p"]


@dataclass(frozen=True, slots=True)
class Step:
    """One gate on qubits of the circuit.

    Attributes:
        gate: a Qiskit gate with numbers for parameters; where ``slot`` is set, its only
            parameter is the angle, whose present value means nothing (see :meth:`with_angle`).
        qubits: the qubits that it acts on, in the gate's own order.
        slot: which angle drives it, or None for a fixed gate.
        generator: G of ``exp(-i angle G)`` on the circuit's qubits, where ``slot`` is set and
            for every ``PauliEvolutionGate``.
    """

    gate: Instruction
    qubits: tuple[int, ...]
    slot: int | None = None
    generator: Generator | None = None

    def with_angle(self, angle: ParameterExpression | float) -> Instruction:
        """Return the gate driven by another angle."""
        if isinstance(self.gate, PauliEvolutionGate):
            return PauliEvolutionGate(self.gate.operator, time=angle)
        # Made anew, because new parameters do not reach the definition that a gate has cached.
        if isinstance(self.gate, ControlledGate):
            base = type(self.gate.base_gate)(angle)
            controls, state = self.gate.num_ctrl_qubits, self.gate.ctrl_state
            return base.control(controls, ctrl_state=state, annotated=False)
        return type(self.gate)(angle)


@dataclass(frozen=True, slots=True)
class FlatCircuit:
    """A circuit in which each parametrised gate has one angle, and each angle one gate.

    Attributes:
        num_qubits: width.
        steps: the gates, in the circuit's order.
        angles: the map from the circuit's parameters to the K angles.
        source: a copy of the circuit as it was written, with the identities, delays and labels
            that steps leave out and noise models name; None for one made of steps alone.
    """

    num_qubits: int
    steps: tuple[Step, ...]
    angles: ParameterMap
    source: QuantumCircuit | None = field(default=None, repr=False, compare=False)

    def to_circuit(self, angles: Sequence[ParameterExpression | float]) -> QuantumCircuit:
        """Return a Qiskit circuit of the steps, driven by K given angles (or parameters)."""
        circuit = QuantumCircuit(self.num_qubits)
        for step in self.steps:
            gate = step.gate if step.slot is None else step.with_angle(angles[step.slot])
            circuit.append(gate, step.qubits, copy=False)
        return circuit


def flatten(circuit: QuantumCircuit) -> FlatCircuit:
    """Return the circuit as steps whose parametrised gates are exponentials of one angle.

    Gates of several parameters, gates defined by others and product formulas are taken apart
    only as far as needed; fixed gates stay as they are.

    Args:
        circuit: unitary, at most 63 qubits, parameters in any expression.

    Raises:
        InputError: the circuit measures, resets, branches, or holds what has no definition.
    """
    if not isinstance(circuit, QuantumCircuit):
        raise InputError("circuit", got=type(circuit).__name__, expected="a qiskit QuantumCircuit")
    if not 1 <= circuit.num_qubits <= 63:
        raise InputError(
            "circuit", got=f"{circuit.num_qubits} qubits", expected="between 1 and 63 qubits"
        )
    steps: list[Step] = []
    expressions: list[ParameterExpression] = []
    for step, expression in _steps(circuit, tuple(range(circuit.num_qubits))):
        if expression is not None:
            step = Step(step.gate, step.qubits, len(expressions), step.generator)
            expressions.append(expression)
        steps.append(step)
    parameters: tuple[Parameter, ...] = tuple(circuit.parameters)
    angles = ParameterMap.from_expressions(parameters, expressions)
    return FlatCircuit(circuit.num_qubits, tuple(steps), angles, circuit.copy())


_Found = tuple[Step, ParameterExpression | None]


def _steps(circuit: QuantumCircuit, qubits: Sequence[int]) -> Iterator[_Found]:
    """Yield the steps of a circuit whose qubit k is ``qubits[k]`` of the whole."""
    place = {bit: qubits[k] for k, bit in enumerate(circuit.qubits)}
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.name in _NOTHING:
            continue
        _refuse_what_is_not_unitary(operation, bool(instruction.clbits))
        yield from _steps_of(operation, tuple(place[bit] for bit in instruction.qubits))


def _steps_of(operation: Operation, qubits: tuple[int, ...]) -> Iterator[_Found]:
    """Yield the steps of one operation."""
    if isinstance(operation, PauliEvolutionGate):
        for factor, angle in exponentials(operation):
            yield _evolution(factor, angle, qubits)
        return
    free = [p for p in getattr(operation, "params", ()) if _is_free(p)]
    if not free and _has_matrix(operation):
        yield Step(operation, qubits), None
        return
    generator = generator_of(operation) if isinstance(operation, Instruction) else None
    if generator is not None:
        placed = generator.on(qubits).without_identity()
        yield Step(operation, qubits, generator=placed), operation.params[0]
    elif operation.name in ("u", "u3") and not hasattr(operation, "base_gate"):
        yield from _euler(operation, qubits)
    else:
        yield from _steps(_definition(operation), qubits)


def _evolution(
    factor: SparsePauliOp, angle: ParameterExpression | float, qubits: tuple[int, ...]
) -> _Found:
    x_masks, z_masks, coefficients = masks_of(factor)
    generator = Generator(
        int(x_masks[0]), tuple(int(z) for z in z_masks), tuple(float(c) for c in coefficients)
    )
    placed = generator.on(qubits).without_identity()
    if _is_free(angle):
        return Step(PauliEvolutionGate(factor, time=0.0), qubits, generator=placed), angle
    fixed = PauliEvolutionGate(factor, time=float(angle))
    return Step(fixed, qubits, generator=placed), None


def _euler(gate: Instruction, qubits: tuple[int, ...]) -> Iterator[_Found]:
    """Yield U(theta, phi, lambda) = RZ(phi) RY(theta) RZ(lambda), up to a global phase."""
    theta, phi, lam = gate.params
    for kind, angle in ((RZGate, lam), (RYGate, theta), (RZGate, phi)):
        yield from _steps_of(kind(angle), qubits)


def _definition(operation: Operation) -> QuantumCircuit:
    """Return a circuit of simpler gates that is the operation."""
    definition = getattr(operation, "definition", None)
    if definition is not None:
        return definition
    alone = QuantumCircuit(operation.num_qubits)
    try:
        alone.append(operation, range(operation.num_qubits))
        simpler = transpile(alone, basis_gates=_BASIS, optimization_level=0)
    except Exception as cause:
        raise _no_definition(operation) from cause
    if any(instruction.name == operation.name for instruction in simpler.data):
        raise _no_definition(operation)
    return simpler


def _no_definition(operation: Operation) -> InputError:
    parametrised = any(_is_free(p) for p in getattr(operation, "params", ()))
    kind = NoExactGradientError if parametrised else InputError
    return kind(
        f"gate '{operation.name}'",
        got="neither a matrix of one or two qubits nor a definition by other gates",
        expected="a gate that Qiskit can take apart",
        advice="give the gate a definition, or use a UnitaryGate",
    )


def _has_matrix(operation: Operation) -> bool:
    return (
        operation.num_qubits <= 2
        and isinstance(operation, Instruction)
        and hasattr(operation, "to_matrix")
        and hasattr(operation, "__array__")
    ) or _is_controlled_small(operation)


def _is_controlled_small(operation: Operation) -> bool:
    """Return whether the operation is a fixed one- or two-qubit gate under controls."""
    base = getattr(operation, "base_gate", None)
    return (
        base is not None
        and operation.name != "cu"  # its fourth parameter is not in the base gate
        and not hasattr(base, "base_gate")
        and base.num_qubits <= 2
        and operation.num_qubits == operation.num_ctrl_qubits + base.num_qubits
        and hasattr(base, "__array__")
    )


def _is_free(parameter: object) -> bool:
    return isinstance(parameter, ParameterExpression) and bool(parameter.parameters)


def _refuse_what_is_not_unitary(operation: Operation, has_clbits: bool) -> None:
    name = operation.name
    if name in _NOT_UNITARY or has_clbits or isinstance(operation, ControlFlowOp):
        raise InputError(
            "circuit",
            got=f"a '{name}' operation",
            expected="a unitary circuit without measurements or classical bits",
            advice=_NOT_UNITARY.get(name, "take the classical control out of the ansatz"),
        )

"""Rules for operations that are read neither from a matrix nor from a definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    Barrier,
    BoxOp,
    BreakLoopOp,
    ContinueLoopOp,
    ControlModifier,
    Delay,
    ForLoopOp,
    IfElseOp,
    InverseModifier,
    Operation,
    PowerModifier,
    SwitchCaseOp,
    WhileLoopOp,
)
from qiskit.circuit import library as gates
from qiskit.quantum_info import SparsePauliOp
from qiskit.synthesis import QDrift

from hybrid.core.arrays import ComplexArray
from hybrid.programs.dense import WIDEST
from hybrid.programs.evolution import (
    Exponential,
    by_x_mask,
    commute,
    diagonalised,
    exponentials,
    is_exact,
    is_product_formula,
    operator_of,
)
from hybrid.programs.frame import Angle, Found, Frame
from hybrid.programs.generator import Generator
from hybrid.programs.masks import masks_of
from hybrid.programs.matrix import number_of
from hybrid.programs.powers import power_of
from hybrid.programs.reads import Reads
from hybrid.programs.refusals import is_driven, not_understood, not_unitary, raised

_MOST_ROUNDS = 100_000


def _nothing(reader: Reads, operation: Operation, frame: Frame) -> Iterator[Found]:
    """Yield nothing: the operation changes no state."""
    yield from ()


def _refused(reader: Reads, operation: Operation, frame: Frame) -> Iterator[Found]:
    raise not_unitary(operation, reader.circuit)
    yield


def _reset(reader: Reads, operation: Operation, frame: Frame) -> Iterator[Found]:
    """Yield nothing if all qubits are still in state 0, else refuse."""
    if not frame.is_plain or reader.touched.intersection(frame.qubits):
        raise not_unitary(operation, reader.circuit)
    yield from ()


def _initialize(reader: Reads, operation: gates.Initialize, frame: Frame) -> Iterator[Found]:
    """Yield the preparation of a state if all qubits are still in state 0, else refuse."""
    yield from _reset(reader, operation, frame)
    yield from reader.defined(operation, frame)


def _global_phase(reader: Reads, gate: gates.GlobalPhaseGate, frame: Frame) -> Iterator[Found]:
    yield from reader.turned(gate.params[0], gate, frame)


def _euler(reader: Reads, gate: gates.UGate, frame: Frame) -> Iterator[Found]:
    """Yield ``U(theta, phi, lambda) = P(phi) RY(theta) P(lambda)``.

    Without controls, phase gates become RZ rotations and a global phase.
    """
    if not is_driven(gate):
        yield from reader.fixed(gate, frame)
        return
    theta, phi, lam = gate.params if len(gate.params) == 3 else (np.pi / 2, *gate.params)
    turn = gates.PhaseGate if frame.controls else gates.RZGate
    order = [turn(lam), gates.RYGate(theta), turn(phi)]
    for part in reversed(order) if frame.inverse else order:
        for found in reader.operation(part, frame):
            yield _as_phase_gate(found, part, frame) if type(part) is gates.RZGate else found


def _as_phase_gate(found: Found, rotation: gates.RZGate, frame: Frame) -> Found:
    """Return an RZ rotation with the global phase that makes it a phase gate."""
    if is_driven(rotation):
        return Found(found.step, found.angle, found.phase + 0.5)
    angle = number_of(rotation.params[0], rotation)
    return Found(found.step, -angle if frame.inverse else angle, 0.5)


def _controlled_u(reader: Reads, gate: gates.CUGate, frame: Frame) -> Iterator[Found]:
    """Yield a controlled U and the phase of its control."""
    if not is_driven(gate):
        yield from reader.fixed(gate, frame)
        return
    *angles, phase = gate.params
    yield from reader.turned(phase, gate, frame.on([0]).under(1, gate.ctrl_state))
    yield from reader.operation(gates.UGate(*angles), frame.under(1, gate.ctrl_state))


def _many_targets(reader: Reads, gate: gates.MCMTGate, frame: Frame) -> Iterator[Found]:
    """Yield the base gate on each of the targets."""
    controls = range(gate.num_ctrl_qubits)
    for target in range(gate.num_ctrl_qubits, gate.num_qubits):
        inside = frame.on([*controls, target]).under(gate.num_ctrl_qubits, gate.ctrl_state)
        yield from reader.operation(gate.base_gate, inside)


def _turning(reader: Reads, gate: gates.RVGate, frame: Frame) -> Iterator[Found]:
    if is_driven(gate):
        raise not_understood(
            gate, "parameters", "numbers in a rotation vector", "write it as RZ, RY and RX gates"
        )
    yield from reader.fixed(gate, frame)


def _evolution(reader: Reads, gate: gates.PauliEvolutionGate, frame: Frame) -> Iterator[Found]:
    """Yield the factors of a Pauli evolution."""
    if is_product_formula(gate):
        operator_of(gate)
        try:
            factors = list(exponentials(gate))
        except Exception as cause:
            raise raised(gate, "product formula", cause) from cause
        yield from _product(reader, factors, frame)
    elif is_exact(gate):
        operator = operator_of(gate)
        if commute(operator):
            factors = [(group, gate.time) for group in by_x_mask(operator)]
            yield from _product(reader, factors, frame)
        else:
            _refuse_wide(gate)
            yield from _spectral(reader, operator.to_matrix(), gate.time, frame)
    elif isinstance(gate.synthesis, QDrift) and is_driven(gate):
        raise not_understood(
            gate,
            "a QDrift evolution with a parameter as time",
            "QDrift makes more factors for longer times, so give the time as a number",
        )
    else:
        yield from reader.defined(gate, frame)


def _pauli_rotation(
    reader: Reads, gate: gates.PauliProductRotationGate, frame: Frame
) -> Iterator[Found]:
    operator = SparsePauliOp([gate.pauli()], [0.5])
    yield from _product(reader, [(operator, gate.params[0])], frame)


def _exchange(
    reader: Reads, gate: gates.XXPlusYYGate | gates.XXMinusYYGate, frame: Frame
) -> Iterator[Found]:
    """Yield ``RZ(-beta) exp(-i theta/4 (XX + YY)) RZ(beta)``, or its like with ``XX - YY``.

    Qiskit's definition has gates that conserve no number of particles.
    """
    if not is_driven(gate):
        yield from reader.fixed(gate, frame)
        return
    theta, beta = gate.params
    plus = isinstance(gate, gates.XXPlusYYGate)
    sign, qubit = (1, 0) if plus else (-1, 1)
    circuit = QuantumCircuit(2)
    circuit.rz(sign * beta, qubit)
    generator = SparsePauliOp(["XX", "YY"], [0.25, sign * 0.25])
    circuit.append(gates.PauliEvolutionGate(generator, theta), [0, 1])
    circuit.rz(-sign * beta, qubit)
    yield from reader.body(circuit, frame.deeper())


def _hamiltonian(reader: Reads, gate: gates.HamiltonianGate, frame: Frame) -> Iterator[Found]:
    if not is_driven(gate):
        yield from reader.fixed(gate, frame)
        return
    _refuse_wide(gate)
    yield from _spectral(reader, np.asarray(gate.params[0]), gate.params[1], frame)


def _refuse_wide(gate: Operation) -> None:
    if gate.num_qubits > WIDEST:
        raise not_understood(
            gate,
            f"an exact exponential on {gate.num_qubits} qubits",
            f"at most {WIDEST} qubits",
            "use a PauliEvolutionGate with a product formula, such as SuzukiTrotter",
        )


def _spectral(
    reader: Reads, hamiltonian: ComplexArray, time: Angle, frame: Frame
) -> Iterator[Found]:
    """Yield ``exp(-i time H) = V exp(-i time D) V^dagger`` with D diagonal."""
    energies, vectors = np.linalg.eigh(hamiltonian)
    yield from reader.body(diagonalised(vectors, energies, time), frame.deeper())


def _product(reader: Reads, factors: list[Exponential], frame: Frame) -> Iterator[Found]:
    for factor, angle in reversed(factors) if frame.inverse else factors:
        x_masks, z_masks, coefficients = masks_of(factor)
        generator = Generator(
            int(x_masks[0]), tuple(int(z) for z in z_masks), tuple(float(c) for c in coefficients)
        )
        gate = gates.PauliEvolutionGate(factor, time=0.0)
        yield reader.exponential(gate, generator, angle, frame)


def _annotated(reader: Reads, operation: AnnotatedOperation, frame: Frame) -> Iterator[Found]:
    """Yield a modified operation; the last modifier is the outermost."""
    if not operation.modifiers:
        yield from reader.operation(operation.base_op, frame)
        return
    *others, last = operation.modifiers
    inner = AnnotatedOperation(operation.base_op, others) if others else operation.base_op
    if isinstance(last, InverseModifier):
        yield from reader.operation(inner, frame.inverted())
    elif isinstance(last, ControlModifier):
        yield from reader.operation(inner, frame.under(last.num_ctrl_qubits, last.ctrl_state))
    elif isinstance(last, PowerModifier):
        yield from power_of(reader, inner, last.power, frame)
    else:
        raise not_understood(
            operation,
            f"a modifier of type {type(last).__name__}",
            "InverseModifier, ControlModifier or PowerModifier",
        )


def _loop(reader: Reads, loop: ForLoopOp, frame: Frame) -> Iterator[Found]:
    """Yield the iterations of a loop over integers, in order."""
    indices, variable, body = loop.params
    if not isinstance(indices, range | tuple | list) or not all(
        isinstance(index, int | np.integer) for index in indices
    ):
        raise not_unitary(loop, reader.circuit)
    if len(indices) > _MOST_ROUNDS:
        raise not_understood(
            loop, f"{len(indices)} rounds", f"at most {_MOST_ROUNDS}", "unroll the loop in Python"
        )
    for index in reversed(indices) if frame.inverse else indices:
        turned = variable is not None and variable in body.parameters
        round_ = body.assign_parameters({variable: int(index)}) if turned else body
        yield from reader.body(round_, frame.deeper())


def _box(reader: Reads, box: BoxOp, frame: Frame) -> Iterator[Found]:
    yield from reader.body(box.blocks[0], frame.deeper())


SPECIAL: dict[type, Callable[[Reads, Any, Frame], Iterator[Found]]] = {
    gates.IGate: _nothing,
    Barrier: _nothing,
    Delay: _nothing,
    gates.Reset: _reset,
    gates.Initialize: _initialize,
    gates.GlobalPhaseGate: _global_phase,
    gates.UGate: _euler,
    gates.U2Gate: _euler,
    gates.U3Gate: _euler,
    gates.CUGate: _controlled_u,
    gates.MCMTGate: _many_targets,
    gates.RVGate: _turning,
    gates.PauliEvolutionGate: _evolution,
    gates.PauliProductRotationGate: _pauli_rotation,
    gates.XXPlusYYGate: _exchange,
    gates.XXMinusYYGate: _exchange,
    gates.HamiltonianGate: _hamiltonian,
    AnnotatedOperation: _annotated,
    ForLoopOp: _loop,
    BoxOp: _box,
    **dict.fromkeys(
        (gates.Measure, IfElseOp, WhileLoopOp, SwitchCaseOp, BreakLoopOp, ContinueLoopOp), _refused
    ),
}
"""Rules by class of operation."""

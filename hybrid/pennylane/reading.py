"""Read PennyLane's operations as small matrices, exponentials of one angle, and phases.

Operations are identified by class or matrix, never by name. Those that are not native are
decomposed by PennyLane before (:mod:`hybrid.pennylane.preprocessing`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pennylane as qml
from qiskit.circuit import Gate
from qiskit.circuit.library import PauliEvolutionGate, UnitaryGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import ComplexArray
from hybrid.core.errors import InputError
from hybrid.pennylane.gates import NOTHING, ROTATIONS, SAME, STANDARD, shape_of
from hybrid.programs.frame import Frame
from hybrid.programs.generator import Generator
from hybrid.programs.matrix import same
from hybrid.programs.step import Block, Step, inverse_of

_CONTROLLED = "pennylane.ops.op_math."
"""Where PennyLane's controlled gates are, all of which have a base and the values of controls."""


@dataclass(frozen=True, slots=True)
class Element:
    """One factor of an operation.

    Attributes:
        step: acts on the state; None for a global phase alone.
        argument: index of the operation's argument that is the angle; None for a fixed factor.
        phase: global phase, in units of the angle if there is one.
    """

    step: Step | None
    argument: int | None = None
    phase: float = 0.0


def is_native(op: Any) -> bool:
    """Return whether an operation is run as it is, without decomposition."""
    kind = type(op)
    if kind in ROTATIONS or kind in SAME or kind in NOTHING or kind is qml.BasisState:
        return True
    if _is_controlled(op) or isinstance(op, qml.ops.Adjoint):
        return _has_base(op.base)
    return _is_matrix(op)


def has_angles(op: Any) -> bool:
    """Return whether the arguments of a native operation are angles, rather than content."""
    kind = type(op)
    if kind in ROTATIONS:
        return True
    return (_is_controlled(op) or isinstance(op, qml.ops.Adjoint)) and has_angles(op.base)


def key_of(op: Any) -> Hashable:
    """Return the content of a native operation, without its angles and wires."""
    kind = type(op)
    if kind in ROTATIONS:
        return kind, shape_of(op)
    if kind in SAME or kind in NOTHING:
        return (kind,)
    if _is_controlled(op):
        return kind, key_of(op.base), tuple(map(bool, op.control_values))
    if isinstance(op, qml.ops.Adjoint):
        return kind, key_of(op.base)
    if kind is qml.BasisState:
        return kind, np.asarray(op.data[0]).tobytes()
    return kind, matrix_of(op).tobytes()


def elements(op: Any, where: Mapping[Any, int]) -> Iterator[Element]:
    """Yield the factors of a native operation, first one first.

    Args:
        op: the operation.
        where: the qubit of each wire.

    Raises:
        InputError: its matrix is not unitary.
    """
    yield from _read(op, Frame(tuple(where[wire] for wire in op.wires)), where)


def decomposed(op: Any) -> list[Any]:
    """Return native operations equal to an operation, by PennyLane's decompositions."""
    if is_native(op):
        return [op]
    return [part for each in op.decomposition() for part in decomposed(each)]


def without_angles(op: Any) -> Any:
    """Return a native operation on one or two wires as a matrix if it has angles."""
    return qml.QubitUnitary(op.matrix(), wires=op.wires) if has_angles(op) else op


def matrix_of(op: Any) -> ComplexArray:
    """Return the matrix of an operation, in PennyLane's order.

    Raises:
        InputError: it is not a unitary matrix of finite numbers.
    """
    matrix = np.ascontiguousarray(qml.math.unwrap([op.matrix()])[0], dtype=np.complex128)
    size = 1 << len(op.wires)
    if matrix.shape != (size, size):
        raise InputError(f"operation {op.name}", got=f"shape {matrix.shape}", expected="a matrix")
    if not np.all(np.isfinite(matrix)) or not same(
        matrix.conj().T @ matrix, np.eye(size, dtype=np.complex128)
    ):
        raise InputError(
            f"operation {op.name}", got="a matrix that is not unitary", expected="a unitary matrix"
        )
    return matrix


def _read(op: Any, frame: Frame, where: Mapping[Any, int]) -> Iterator[Element]:
    kind = type(op)
    if kind in NOTHING:
        return
    if kind in ROTATIONS:
        factors = ROTATIONS[kind](op)
        for argument, generator in reversed(factors) if frame.inverse else factors:
            yield _exponential(kind, argument, generator, frame)
    elif _is_controlled(op):
        controls = tuple(where[wire] for wire in op.control_wires)
        state = sum(1 << k for k, value in enumerate(op.control_values) if value)
        inside = replace(
            frame,
            qubits=tuple(where[wire] for wire in op.base.wires),
            controls=frame.controls + controls,
            state=frame.state | state << len(frame.controls),
        )
        yield from _read(op.base, inside, where)
    elif isinstance(op, qml.ops.Adjoint):
        yield from _read(op.base, frame.inverted(), where)
    elif kind is qml.BasisState:
        for bit, qubit in zip(np.asarray(op.data[0]).ravel(), frame.qubits, strict=True):
            if bit:
                yield _fixed(SAME[qml.X](), replace(frame, qubits=(qubit,)))
    elif kind in SAME:
        yield _fixed(SAME[kind](), frame)
    else:  # the first of PennyLane's wires is the highest bit
        inside = replace(frame, qubits=frame.qubits[::-1])
        yield _fixed(UnitaryGate(matrix_of(op), check_input=False), inside)


def _fixed(gate: Gate, frame: Frame) -> Element:
    """Return a gate on one or two qubits as a step."""
    matrix = np.asarray(gate.to_matrix(), dtype=np.complex128)
    block = Block(matrix, frame.qubits).under(*frame.masks)
    if frame.inverse:
        gate, block = inverse_of(gate, matrix), block.adjoint()
    step = Step(gate, frame.qubits, block=block, controls=frame.controls, control_state=frame.state)
    return Element(step)


def _exponential(kind: type, argument: int, local: Generator, frame: Frame) -> Element:
    """Return ``exp(-i angle G)`` as a step, with the phase from an identity string in G."""
    if frame.inverse:
        local = replace(local, coefficients=tuple(-each for each in local.coefficients))
    placed = local.on(frame.qubits).under(*frame.masks)
    generator = placed.without_identity()
    dropped = len(generator.z_masks) < len(placed.z_masks)
    phase = sum(generator.coefficients) - sum(placed.coefficients) if dropped else 0.0
    if not generator.z_masks:
        return Element(None, argument, phase)
    if kind in STANDARD and not frame.inverse:
        gate = STANDARD[kind](0.0)
    else:
        gate = PauliEvolutionGate(_operator(local, len(frame.qubits)), time=0.0)
    step = Step(
        gate,
        frame.qubits,
        generator=generator,
        controls=frame.controls,
        control_state=frame.state,
    )
    return Element(step, argument, phase)


def _operator(generator: Generator, num_qubits: int) -> SparsePauliOp:
    """Return a generator without controls as a Qiskit operator."""
    labels = [
        "".join(
            "IXZY"[(generator.x_mask >> k & 1) + 2 * (z >> k & 1)]
            for k in reversed(range(num_qubits))
        )
        for z in generator.z_masks
    ]
    return SparsePauliOp(labels, generator.coefficients)


def _is_controlled(op: Any) -> bool:
    return isinstance(op, qml.ops.Controlled) and type(op).__module__.startswith(_CONTROLLED)


def _has_base(base: Any) -> bool:
    """Return whether the base of a controlled or inverted operation can be read."""
    return type(base) is not qml.BasisState and is_native(base)


def _is_matrix(op: Any) -> bool:
    """Return whether an operation on one or two wires is known by its matrix alone."""
    if not 1 <= len(op.wires) <= 2 or not op.has_matrix or op.batch_size is not None:
        return False
    if isinstance(op, qml.operation.StatePrepBase | qml.ops.MidMeasure):
        return False
    return not op.data or type(op) is qml.QubitUnitary or not op.has_decomposition

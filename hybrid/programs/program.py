"""Programs: circuits as flat arrays for the kernels, identified by content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit.circuit import Instruction
from qiskit.circuit.library import PauliEvolutionGate

from hybrid import _kernels
from hybrid.core.arrays import ComplexArray, FloatArray, IntArray, MaskArray
from hybrid.core.digest import digest
from hybrid.programs.generator import Generator
from hybrid.programs.parameters import ParameterMap
from hybrid.programs.phase import GlobalPhase
from hybrid.programs.step import Block, Step

MATRIX_1, MATRIX_2, EVOLUTION = 0, 1, 2
"""Kinds of operation."""


@dataclass(frozen=True)
class Program:
    """N operations on ``num_qubits`` qubits, in order, and their K angles.

    An operation is a matrix on one or two qubits (``kind`` 0, 1) or an evolution
    ``exp(-i angle G)`` (``kind`` 2) where G is a sum of Pauli strings with one X mask; each may
    have controls. Qubit q is bit q of a basis-state index and of a mask.

    Attributes:
        num_qubits: width.
        kind: shape (N,), uint8.
        targets: shape (N, 2), int32; of a matrix, the first is the low bit of its index; else -1.
        control_mask: shape (N,), uint64; the operation acts where these bits ...
        control_value: shape (N,), uint64; ... have these values.
        matrix_offset: shape (N,), int64; where its row-major matrix starts in ``matrices``; or -1.
        matrices: shape (M,), complex128.
        x_mask: shape (N,), uint64; of an evolution.
        string_offset: shape (N,), int64; where its strings start in the next two arrays; or -1.
        string_count: shape (N,), int32.
        z_masks: shape (S,), uint64.
        coefficients: shape (S,), float64.
        slot: shape (N,), int32; index of an evolution's angle; -1 for a matrix.
        angles: the map from the circuit's P parameters to the K angles.
        phase: the global phase of the circuit, which the operations omit; None for zero.
    """

    num_qubits: int
    kind: NDArray[np.uint8]
    targets: NDArray[np.int32]
    control_mask: MaskArray
    control_value: MaskArray
    matrix_offset: IntArray
    matrices: ComplexArray
    x_mask: MaskArray
    string_offset: IntArray
    string_count: NDArray[np.int32]
    z_masks: MaskArray
    coefficients: FloatArray
    slot: NDArray[np.int32]
    angles: ParameterMap
    phase: GlobalPhase | None = None

    @cached_property
    def kernel(self) -> _kernels.Program:
        """The program in the kernels, loaded on first use."""
        return _kernels.Program(**self._arrays, num_slots=self.angles.num_angles)

    def content(self) -> str:
        """Return a hexadecimal digest of what determines values, gradients and samples."""
        return self._content

    @cached_property
    def _content(self) -> str:
        return digest(*self._arrays.values(), *self.angles.content())

    @property
    def _arrays(self) -> dict[str, Any]:
        """Width and arrays of the operations, by the argument names of the kernels."""
        names = (field.name for field in fields(self) if field.name not in ("angles", "phase"))
        return {name: getattr(self, name) for name in names}

    def phase_content(self) -> str:
        """Return a hexadecimal digest of the global phase."""
        return digest(*(self.phase.content() if self.phase else ()))

    def phase_factors(self, points: FloatArray, angles: FloatArray) -> ComplexArray:
        """Return ``exp(i phase)``, shape (B,), at points of shape (B, P), angles (B, K)."""
        phases = self.phase.at(points, angles) if self.phase else np.zeros(len(points))
        return np.asarray(np.exp(1j * phases))


@dataclass(frozen=True, slots=True)
class _Operation:
    """One row of the arrays."""

    targets: tuple[int, ...] = ()
    control_mask: int = 0
    control_value: int = 0
    matrix: ComplexArray | None = None
    generator: Generator | None = None
    slot: int = -1


def packed(
    num_qubits: int, steps: Sequence[Step], angles: ParameterMap, phase: GlobalPhase | None
) -> Program:
    """Pack steps into a program; angles that are always equal are merged.

    Args:
        num_qubits: width.
        steps: the steps, in the circuit's order.
        angles: the map from parameters to the angles of the steps.
        phase: the global phase, which the steps omit; None for zero.
    """
    fixed_angles: list[float] = []
    operations = []
    for step in steps:
        if step.block is not None:
            operations.append(_block_operation(step.block))
            continue
        assert step.generator is not None
        if step.slot is None:
            slot = angles.num_angles + len(fixed_angles)
            fixed_angles.append(_fixed_angle(step.gate))
        else:
            slot = step.slot
        operations.append(
            _Operation(
                control_mask=step.generator.control_mask,
                control_value=step.generator.control_value,
                generator=step.generator,
                slot=slot,
            )
        )
    merged, new_slot = angles.with_constants(fixed_angles).merged()
    phase = phase and phase.on_slots(new_slot, merged.num_angles)
    return replace(_packed(num_qubits, operations, new_slot, merged), phase=phase)


def _fixed_angle(gate: Instruction) -> float:
    assert isinstance(gate, PauliEvolutionGate)
    return float(gate.time)


def _block_operation(block: Block) -> _Operation:
    if len(block.targets) == 2 and not block.control_mask:
        return _with_control_found(block.matrix, block.targets)
    return _Operation(block.targets, block.control_mask, block.control_value, block.matrix)


def _with_control_found(matrix: ComplexArray, qubits: tuple[int, ...]) -> _Operation:
    """Return a two-qubit matrix, as a controlled one if it is the identity on half the space."""
    for bit, value in product((0, 1), (0, 1)):
        held = [index for index in range(4) if index >> bit & 1 == value]
        rest = matrix.copy()
        rest[np.ix_(held, held)] = np.eye(2)
        if np.array_equal(rest, np.eye(4)):
            return _Operation(
                (qubits[1 - bit],),
                1 << qubits[bit],
                value << qubits[bit],
                matrix[np.ix_(held, held)],
            )
    return _Operation(qubits, matrix=matrix)


def _packed(
    num_qubits: int,
    operations: Iterable[_Operation],
    new_slot: list[int],
    angles: ParameterMap,
) -> Program:
    operations = list(operations)
    kind = [EVOLUTION if op.generator else len(op.targets) - 1 for op in operations]
    matrices: list[ComplexArray] = []
    z_masks: list[int] = []
    coefficients: list[float] = []
    matrix_offset, string_offset, string_count = [], [], []
    num_entries = 0
    for op in operations:
        matrix_offset.append(num_entries if op.matrix is not None else -1)
        string_offset.append(len(z_masks) if op.generator else -1)
        string_count.append(len(op.generator.z_masks) if op.generator else 0)
        if op.matrix is not None:
            matrices.append(op.matrix.ravel())
            num_entries += op.matrix.size
        if op.generator:
            z_masks.extend(op.generator.z_masks)
            coefficients.extend(op.generator.coefficients)
    padded = [(*op.targets, -1, -1)[:2] for op in operations]
    return Program(
        num_qubits=num_qubits,
        kind=np.array(kind, dtype=np.uint8),
        targets=np.array(padded, dtype=np.int32).reshape(-1, 2),
        control_mask=np.array([op.control_mask for op in operations], dtype=np.uint64),
        control_value=np.array([op.control_value for op in operations], dtype=np.uint64),
        matrix_offset=np.array(matrix_offset, dtype=np.int64),
        matrices=np.concatenate(matrices) if matrices else np.zeros(0, dtype=np.complex128),
        x_mask=np.array(
            [op.generator.x_mask if op.generator else 0 for op in operations], dtype=np.uint64
        ),
        string_offset=np.array(string_offset, dtype=np.int64),
        string_count=np.array(string_count, dtype=np.int32),
        z_masks=np.array(z_masks, dtype=np.uint64),
        coefficients=np.array(coefficients, dtype=np.float64),
        slot=np.array(
            [new_slot[op.slot] if op.generator else -1 for op in operations], dtype=np.int32
        ),
        angles=angles,
    )

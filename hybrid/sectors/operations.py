"""The operations of a program one by one, and back as arrays for the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hybrid.core.arrays import ComplexArray
from hybrid.programs import Program
from hybrid.programs.program import EVOLUTION


@dataclass(frozen=True)
class Operation:
    """One operation; see :class:`hybrid.programs.Program` for the meaning of the masks.

    Attributes:
        kind: kind of the operation, as in a program.
        targets: qubits of a matrix, the low bit of its index first.
        control_mask: the operation acts where these bits ...
        control_value: ... have these values.
        matrix: shape (2, 2) or (4, 4); None for an evolution.
        x_mask: X mask of an evolution.
        strings: pairs of Z mask and coefficient of an evolution.
        slot: index of an evolution's angle, or -1.
    """

    kind: int
    targets: tuple[int, ...] = ()
    control_mask: int = 0
    control_value: int = 0
    matrix: ComplexArray | None = None
    x_mask: int = 0
    strings: tuple[tuple[int, float], ...] = ()
    slot: int = -1

    @cached_property
    def target_mask(self) -> int:
        """The qubits that a matrix acts on."""
        return sum(1 << target for target in self.targets)

    @cached_property
    def z_mask(self) -> int:
        """The qubits with a Z or Y in any string."""
        mask = 0
        for z, _ in self.strings:
            mask |= z
        return mask

    @property
    def flips(self) -> int:
        """The qubits whose value it may change."""
        return self.x_mask if self.matrix is None else self.target_mask

    @property
    def support(self) -> int:
        """All qubits that it depends on."""
        return self.control_mask | self.target_mask | self.x_mask | self.z_mask


def operations_of(program: Program) -> list[Operation]:
    """Return the operations of a program, in order."""
    found = []
    lists = {
        name: getattr(program, name).tolist()
        for name in ("kind", "targets", "control_mask", "control_value", "matrix_offset", "x_mask")
    }
    offsets, counts = program.string_offset.tolist(), program.string_count.tolist()
    z_masks, coefficients = program.z_masks.tolist(), program.coefficients.tolist()
    for k, kind in enumerate(lists["kind"]):
        control = lists["control_mask"][k], lists["control_value"][k]
        if kind == EVOLUTION:
            span = slice(offsets[k], offsets[k] + counts[k])
            strings = tuple(zip(z_masks[span], coefficients[span], strict=True))
            x_mask, slot = lists["x_mask"][k], int(program.slot[k])
            found.append(Operation(kind, (), *control, x_mask=x_mask, strings=strings, slot=slot))
            continue
        size, start = 2 << kind, lists["matrix_offset"][k]
        matrix = program.matrices[start : start + size * size].reshape(size, size)
        targets = tuple(lists["targets"][k][: kind + 1])
        found.append(Operation(kind, targets, *control, matrix=matrix))
    return found


def arrays_of(num_qubits: int, operations: Sequence[Operation]) -> dict[str, Any]:
    """Return the arrays of the operations, by the argument names of the kernels."""
    matrix_offset, string_offset = [], []
    entries = strings = 0
    for op in operations:
        matrix_offset.append(-1 if op.matrix is None else entries)
        string_offset.append(strings if op.matrix is None else -1)
        entries += 0 if op.matrix is None else op.matrix.size
        strings += len(op.strings)
    every = [string for op in operations for string in op.strings]
    matrices = [op.matrix.ravel() for op in operations if op.matrix is not None]
    targets = [(*op.targets, -1, -1)[:2] for op in operations]

    def masks(values: list[int]) -> Any:
        return np.array(values, dtype=np.uint64)

    return {
        "num_qubits": num_qubits,
        "kind": np.array([op.kind for op in operations], dtype=np.uint8),
        "targets": np.array(targets, dtype=np.int32).reshape(-1, 2),
        "control_mask": masks([op.control_mask for op in operations]),
        "control_value": masks([op.control_value for op in operations]),
        "matrix_offset": np.array(matrix_offset, dtype=np.int64),
        "matrices": np.concatenate([*matrices, np.zeros(0, dtype=np.complex128)]),
        "x_mask": masks([op.x_mask for op in operations]),
        "string_offset": np.array(string_offset, dtype=np.int64),
        "string_count": np.array([len(op.strings) for op in operations], dtype=np.int32),
        "z_masks": masks([z for z, _ in every]),
        "coefficients": np.array([c for _, c in every], dtype=np.float64),
        "slot": np.array([op.slot for op in operations], dtype=np.int32),
    }

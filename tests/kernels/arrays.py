"""Circuits and terms of `dense` as the arrays that the kernels take."""

from __future__ import annotations

from typing import Any

import numpy as np

from hybrid import _kernels

from .dense import Circuit, Evolution, Matrix, Terms


def program_arrays(circuit: Circuit) -> dict[str, Any]:
    """Return the keyword arguments of _kernels.Program."""
    count = len(circuit.operations)
    out: dict[str, Any] = {
        "num_qubits": circuit.num_qubits,
        "kind": np.zeros(count, np.uint8),
        "targets": np.full((count, 2), -1, np.int32),
        "control_mask": np.zeros(count, np.uint64),
        "control_value": np.zeros(count, np.uint64),
        "matrix_offset": np.full(count, -1, np.int64),
        "x_mask": np.zeros(count, np.uint64),
        "string_offset": np.zeros(count, np.int64),
        "string_count": np.zeros(count, np.int32),
        "slot": np.full(count, -1, np.int32),
        "num_slots": circuit.num_slots,
    }
    matrices: list[complex] = []
    z_masks: list[int] = []
    coefficients: list[float] = []
    for k, op in enumerate(circuit.operations):
        out["control_mask"][k] = op.control_mask
        out["control_value"][k] = op.control_value
        if isinstance(op, Matrix):
            out["kind"][k] = len(op.targets) - 1
            out["targets"][k, : len(op.targets)] = op.targets
            out["matrix_offset"][k] = len(matrices)
            matrices.extend(np.asarray(op.matrix).ravel())
        elif isinstance(op, Evolution):
            out["kind"][k] = 2
            out["x_mask"][k] = op.x_mask
            out["string_offset"][k] = len(z_masks)
            out["string_count"][k] = len(op.z_masks)
            out["slot"][k] = op.slot
            z_masks.extend(op.z_masks)
            coefficients.extend(op.coefficients)
    out["matrices"] = np.array(matrices, np.complex128)
    out["z_masks"] = np.array(z_masks, np.uint64)
    out["coefficients"] = np.array(coefficients, np.float64)
    return out


def program(circuit: Circuit, **options: Any) -> _kernels.Program:
    """Return the circuit in the kernels."""
    return _kernels.Program(**program_arrays(circuit), **options)


def pauli_sum(num_qubits: int, terms: Terms) -> _kernels.PauliSum:
    """Return the terms in the kernels."""
    return _kernels.PauliSum(
        num_qubits,
        np.array(terms.x, np.uint64),
        np.array(terms.z, np.uint64),
        np.array(terms.coefficients, np.float64),
    )

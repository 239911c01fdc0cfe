"""Dense matrices of steps on few qubits, to compare descriptions of a gate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hybrid.core.arrays import ComplexArray
from hybrid.programs.generator import Generator, spread
from hybrid.programs.step import Block, Step

WIDEST = 6
"""Maximum width of these matrices, which are then 64 x 64."""


def product_of(
    steps: Sequence[tuple[Step | None, float]], num_qubits: int, phase: float = 0.0
) -> ComplexArray:
    """Return the product of steps; steps with a generator have an angle."""
    matrix: ComplexArray = np.exp(1j * phase) * np.eye(1 << num_qubits, dtype=np.complex128)
    for step, angle in steps:
        if step is None:
            continue
        if step.block is not None:
            matrix = _block_on(step.block, matrix)
        elif step.generator is not None:
            matrix = _evolved(step.generator, angle, matrix)
    return matrix


def _block_on(block: Block, columns: ComplexArray) -> ComplexArray:
    index = np.arange(len(columns))
    targets = spread((1 << len(block.targets)) - 1, block.targets)
    acts = (index & block.control_mask == block.control_value) & (index & targets == 0)
    rows = [index[acts] | spread(k, block.targets) for k in range(len(block.matrix))]
    changed = columns.copy()
    for to, entries in zip(rows, block.matrix, strict=True):
        changed[to] = sum(entry * columns[row] for entry, row in zip(entries, rows, strict=True))
    return changed


def _evolved(generator: Generator, angle: float, columns: ComplexArray) -> ComplexArray:
    """Return ``exp(-i angle G)`` on columns: G couples each basis state to one other at most."""
    index = np.arange(len(columns))
    moved = np.zeros(len(columns), dtype=np.complex128)
    for z, coefficient in zip(generator.z_masks, generator.coefficients, strict=True):
        phase = 1j ** ((generator.x_mask & z).bit_count() % 4)
        moved += coefficient * phase * (1 - 2 * (np.bitwise_count(index & z) & 1).astype(float))
    moved[index & generator.control_mask != generator.control_value] = 0.0
    if generator.x_mask == 0:
        return np.asarray(np.exp(-1j * angle * moved.real)[:, None] * columns)
    size = np.abs(moved)
    # sin(angle r) / r, and the angle itself where r is zero
    sines = angle * np.sinc(angle * size / np.pi)
    flipped = np.empty_like(columns)
    flipped[index ^ generator.x_mask] = moved[:, None] * columns
    return np.asarray(np.cos(angle * size)[:, None] * columns - 1j * sines[:, None] * flipped)

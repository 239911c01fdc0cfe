"""The state before the first operation that a sector must keep: basis states and amplitudes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import ComplexArray, FloatArray, MaskArray
from hybrid.programs import ParameterMap
from hybrid.sectors.moves import Move, moves_of
from hybrid.sectors.operations import Operation

_MOST = 1 << 12
"""A start with more basis states than this is left to the operations."""
_ZERO = 1e-15


@dataclass(frozen=True)
class Start:
    """A superposition of a few basis states.

    Attributes:
        states: shape (S,), uint64, ascending.
        amplitudes: shape (S,), complex128; up to a global phase if the start is one basis state.
    """

    states: MaskArray
    amplitudes: ComplexArray

    @property
    def moves(self) -> frozenset[Move]:
        """The moves between its basis states, as if an operation had coupled them."""
        first, *others = self.states.tolist()
        return frozenset(Move.between(first, other) for other in others)


def split(operations: Sequence[Operation], angles: ParameterMap) -> tuple[Start, list[Operation]]:
    """Return the state that the first operations prepare from |0...0>, and the other operations.

    These are the fixed operations that no other precedes on their qubits, such as the X gates of a
    Hartree-Fock state or the gates of a Dicke state, and operations that turn the phase of a
    single basis state.
    """
    fixed = _fixed_angles(angles)
    start = Start(np.zeros(1, dtype=np.uint64), np.ones(1, dtype=np.complex128))
    touched, rest = 0, []
    for operation in operations:
        if not operation.support & touched:
            if operation.slot >= 0 and len(start.states) == 1 and _only_phases(operation, start):
                continue
            angle = fixed.get(operation.slot, 0.0)
            if operation.slot < 0 or operation.slot in fixed:
                applied = _applied(operation, angle, start)
                if len(applied.states) <= _MOST:
                    start = applied
                    continue
        touched |= operation.support
        rest.append(operation)
    if len(start.states) == 1:
        start = Start(start.states, np.ones(1, dtype=np.complex128))
    return start, rest


def _fixed_angles(angles: ParameterMap) -> dict[int, float]:
    """Return the angles that depend on no parameter."""
    driven = np.diff(angles.matrix.indptr) > 0
    nonlinear = set(angles.nonlinear_slots)
    return {
        slot: float(angles.offsets[slot])
        for slot in np.flatnonzero(~driven).tolist()
        if slot not in nonlinear
    }


def _only_phases(operation: Operation, start: Start) -> bool:
    """Return whether an evolution couples the one basis state to no other."""
    if operation.x_mask == 0:
        return True
    state = int(start.states[0])
    if state & operation.control_mask != operation.control_value:
        return True
    up, down = operation.x_mask & ~state, operation.x_mask & state
    return not ((up, down) in moves_of(operation) or (down, up) in moves_of(operation))


def _applied(operation: Operation, angle: float, start: Start) -> Start:
    acts = start.states & np.uint64(operation.control_mask) == np.uint64(operation.control_value)
    states, amplitudes = start.states[acts], start.amplitudes[acts]
    if operation.matrix is None:
        parts = _evolved(operation, angle, states, amplitudes)
    else:
        parts = _multiplied(operation, states, amplitudes)
    parts.append((start.states[~acts], start.amplitudes[~acts]))
    every = np.concatenate([part for part, _ in parts])
    found, place = np.unique(every, return_inverse=True)
    sums = np.zeros(len(found), dtype=np.complex128)
    np.add.at(sums, place, np.concatenate([values for _, values in parts]))
    kept = np.abs(sums) > _ZERO
    return Start(found[kept], sums[kept])


_Part = tuple[MaskArray, ComplexArray]


def _evolved(
    operation: Operation, angle: float, states: MaskArray, amplitudes: ComplexArray
) -> list[_Part]:
    """Return ``exp(-i angle G)`` on a state: G couples each basis state to one other at most."""
    coupling = np.zeros(len(states), dtype=np.complex128)
    for z, coefficient in operation.strings:
        phase = 1j ** ((operation.x_mask & z).bit_count() % 4)
        coupling += coefficient * phase * _signs(states, z)
    if not operation.x_mask:
        return [(states, amplitudes * np.exp(-1j * angle * coupling.real))]
    size = np.abs(coupling)
    sines = angle * np.sinc(angle * size / np.pi)
    flipped = states ^ np.uint64(operation.x_mask)
    return [
        (states, amplitudes * np.cos(angle * size)),
        (flipped, -1j * amplitudes * coupling * sines),
    ]


def _signs(states: MaskArray, z_mask: int) -> FloatArray:
    return np.asarray(1.0 - 2.0 * (np.bitwise_count(states & np.uint64(z_mask)) & 1))


def _multiplied(operation: Operation, states: MaskArray, amplitudes: ComplexArray) -> list[_Part]:
    assert operation.matrix is not None
    index = np.zeros(len(states), dtype=np.int64)
    for k, target in enumerate(operation.targets):
        index |= (states >> np.uint64(target) & np.uint64(1)).astype(np.int64) << k
    others = states & ~np.uint64(operation.target_mask)
    parts = []
    for row in range(len(operation.matrix)):
        bits = sum(1 << t for k, t in enumerate(operation.targets) if row >> k & 1)
        parts.append((others | np.uint64(bits), operation.matrix[row, index] * amplitudes))
    return parts

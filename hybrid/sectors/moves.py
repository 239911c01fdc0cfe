"""Moves: which ones and zeros of a basis state an operation exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from hybrid.sectors.operations import Operation

MOST_VARYING = 12
"""The kernels tabulate coefficients that vary with at most this many qubits."""
_ROUNDING = 4 * float(np.finfo(float).eps)


class Move(NamedTuple):
    """Qubits that change from 0 to 1, and from 1 to 0; the reverse move is the same."""

    up: int
    down: int

    @classmethod
    def between(cls, one: int, other: int) -> Move:
        """Return the move from one basis state to another, or back."""
        return cls(*sorted((one & ~other, other & ~one), reverse=True))

    @property
    def is_balanced(self) -> bool:
        """Whether the number of ones stays the same."""
        return self.up.bit_count() == self.down.bit_count()


class UntabulatedError(Exception):
    """An evolution's coefficient varies with too many qubits."""


def moves_of(operation: Operation) -> frozenset[Move]:
    """Return all moves between basis states that an operation couples.

    An evolution couples ``b`` and ``b ^ x_mask`` where its coefficient ``c(b)`` is not zero up to
    rounding; a matrix couples rows and columns of its entries that are not zero.

    Raises:
        UntabulatedError: the coefficient depends on more than 12 qubits.

    Example:
        >>> hop = Operation(2, x_mask=0b11, strings=((0b00, 0.5), (0b11, 0.5)), slot=0)
        >>> moves_of(hop)
        frozenset({Move(up=2, down=1)})
    """
    if operation.matrix is not None:
        return frozenset(_of_matrix(operation))
    return frozenset(_of_evolution(operation)) if operation.x_mask else frozenset()


def _of_matrix(operation: Operation) -> Iterator[Move]:
    assert operation.matrix is not None
    for row, column in np.argwhere(np.abs(operation.matrix) > _ROUNDING).tolist():
        if row != column:
            yield Move.between(_placed(row, operation.targets), _placed(column, operation.targets))


def _of_evolution(operation: Operation) -> Iterator[Move]:
    x, (first, _) = operation.x_mask, operation.strings[0]
    varying = x
    for z, _ in operation.strings:
        varying |= z ^ first
    qubits = _qubits(varying)
    if len(qubits) > MOST_VARYING:
        raise UntabulatedError
    local = tuple((_packed(z, qubits), _odd(x & z), c) for z, c in operation.strings)
    shared = operation.control_mask & varying
    for pattern in _coupled(_packed(x, qubits), local):
        b = _placed(pattern, qubits)
        if b & shared == operation.control_value & shared:
            yield Move.between(b, b ^ x)


@lru_cache(maxsize=4096)
def _coupled(x: int, strings: tuple[tuple[int, complex, float], ...]) -> tuple[int, ...]:
    """Return one basis state of each pair (b, b ^ x) whose coefficient is not zero."""
    width = max(x, *(z for z, _, _ in strings)).bit_length()
    half = 1 << (x.bit_length() - 1)
    states = np.arange(1 << width)
    states = states[states & half == 0]
    sums = np.zeros(len(states), dtype=np.complex128)
    for z, phase, coefficient in strings:
        sums += coefficient * phase * (1.0 - 2.0 * (np.bitwise_count(states & z) & 1))
    scale = sum(abs(coefficient) for _, _, coefficient in strings)
    return tuple(states[np.abs(sums) > _ROUNDING * scale].tolist())


def _odd(mask: int) -> complex:
    return complex((1, 1j, -1, -1j)[mask.bit_count() % 4])


def _qubits(mask: int) -> tuple[int, ...]:
    return tuple(q for q in range(mask.bit_length()) if mask >> q & 1)


def _packed(mask: int, qubits: tuple[int, ...]) -> int:
    return sum(1 << k for k, qubit in enumerate(qubits) if mask >> qubit & 1)


def _placed(index: int, qubits: tuple[int, ...]) -> int:
    return sum(1 << qubit for k, qubit in enumerate(qubits) if index >> k & 1)


def mixes_many(operation: Operation) -> bool:
    """Return whether a matrix mixes more than two basis states with one another."""
    if operation.matrix is None:
        return False
    coupled = np.abs(operation.matrix) > _ROUNDING
    coupled |= coupled.T
    np.fill_diagonal(coupled, False)
    return bool(np.any(coupled.sum(axis=1) > 1))


def commute(one: Operation, other: Operation) -> bool:
    """Return whether two operations commute, by their supports or strings; False if unsure."""
    if not one.support & other.support:
        return True
    if one.matrix is not None or other.matrix is not None:
        return False
    if one.x_mask & other.control_mask or other.x_mask & one.control_mask:
        return False
    return all(
        ((one.x_mask & w).bit_count() + (z & other.x_mask).bit_count()) % 2 == 0
        for z, _ in one.strings
        for w, _ in other.strings
    )


def strings_commute(operation: Operation) -> bool:
    """Return whether the strings of an evolution commute: all with an even, or an odd, Y count."""
    counts = [(operation.x_mask & z).bit_count() for z, _ in operation.strings]
    return all((a - b) % 2 == 0 for a, b in pairwise(counts))

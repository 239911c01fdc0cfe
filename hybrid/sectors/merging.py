"""Merge evolutions that conserve ones together but not alone, such as those by XX and by YY."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hybrid.sectors.moves import commute, moves_of, strings_commute
from hybrid.sectors.operations import Operation

_REACH = 256
"""How many operations ahead a partner is sought."""


def merged(operations: Sequence[Operation]) -> list[Operation]:
    """Return the operations, with partners merged into one evolution.

    Partners have one X mask, one angle and the same controls; their strings commute, and the later
    one commutes with all operations in between, so the product stays the same.

    Example:
        >>> xx = Operation(2, x_mask=0b11, strings=((0b00, 0.5),), slot=0)
        >>> yy = Operation(2, x_mask=0b11, strings=((0b11, 0.5),), slot=0)
        >>> len(merged([xx, yy]))
        1
    """
    left: list[Operation | None] = list(operations)
    out = []
    for place, operation in enumerate(left):
        if operation is None:
            continue
        while _is_unbalanced(operation):
            partner = _partner(operation, left, place)
            if partner is None:
                break
            operation = _together(operation, left[partner])  # type: ignore[arg-type]
            left[partner] = None
        out.append(operation)
    return out


def _is_unbalanced(operation: Operation) -> bool:
    if operation.matrix is not None or not operation.x_mask:
        return False
    return not all(move.is_balanced for move in moves_of(operation))


def _partner(operation: Operation, left: Sequence[Operation | None], place: int) -> int | None:
    """Return where a partner is that couples fewer basis states together with the operation."""
    between: list[Operation] = []
    for k in range(place + 1, min(place + 1 + _REACH, len(left))):
        other = left[k]
        if other is None:
            continue
        if _may_join(operation, other) and all(commute(other, each) for each in between):
            both = _together(operation, other)
            if strings_commute(both) and moves_of(both) < moves_of(operation) | moves_of(other):
                return k
        between.append(other)
    return None


def _may_join(one: Operation, other: Operation) -> bool:
    return other.matrix is None and (one.x_mask, one.slot, one.control_mask, one.control_value) == (
        other.x_mask,
        other.slot,
        other.control_mask,
        other.control_value,
    )


def _together(one: Operation, other: Operation) -> Operation:
    return replace(one, strings=one.strings + other.strings)

"""Check, before anything runs, that user-defined pieces cover each unit exactly once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.piece import EVERY_POINT, Piece
from hybrid.workloads.task import name_of

_ADVICE = "self.cut(ask, axis, size, grain) makes pieces that fit"


def checked_pieces(pieces: object, ask: Ask, sizes: Mapping[str, int]) -> tuple[Piece, ...]:
    """Validate the pieces of an Ask.

    Args:
        pieces: what ``Workload.pieces`` returned.
        ask: the Ask that they divide.
        sizes: numbers of units by axis, where known.

    Raises:
        InputError: no pieces, wrong types or indices, overlaps or gaps.
    """
    if not isinstance(pieces, Sequence) or not all(isinstance(each, Piece) for each in pieces):
        raise _fault(f"a {type(pieces).__name__}", "a list of hybrid.Piece")
    if not pieces:
        raise _fault("no pieces", "at least one")
    for place, piece in enumerate(pieces):
        if piece.index != place:
            raise _fault(f"index {piece.index} at place {place}", "indices that count up from 0")
        if piece.stop <= piece.start or piece.start < 0:
            raise _fault(f"{piece.axis} from {piece.start} to {piece.stop}", "at least one unit")
        if not piece.cost >= 0.0:
            raise _fault(f"cost {piece.cost} of {name_of(piece)}", "a number of at least 0")
    axes = {piece.axis for piece in pieces}
    if len(axes) > 1:
        raise _fault(f"axes {', '.join(sorted(axes))} in one Ask", "all pieces along one axis")
    _check_points(pieces, ask)
    size = _size(pieces[0].axis, ask, sizes)
    for point in {piece.point for piece in pieces}:
        _check_cover([piece for piece in pieces if piece.point == point], size)
    return tuple(pieces)


def _size(axis: str, ask: Ask, sizes: Mapping[str, int]) -> int | None:
    known = {"points": len(ask.points), "components": ask.components}
    return known.get(axis, sizes.get(axis))


def _check_points(pieces: Sequence[Piece], ask: Ask) -> None:
    points = {piece.point for piece in pieces}
    if pieces[0].axis == "points" or points == {EVERY_POINT}:
        return
    missing = set(range(len(ask.points))) - points
    if EVERY_POINT in points or missing or len(points) != len(ask.points):
        raise _fault(
            f"pieces of points {sorted(points)}",
            f"pieces of each of the {len(ask.points)} points",
        )


def _check_cover(pieces: Sequence[Piece], size: int | None) -> None:
    ordered = sorted(pieces, key=lambda piece: piece.start)
    axis = ordered[0].axis
    if ordered[0].start != 0:
        raise _fault(f"no piece for {axis} 0 to {ordered[0].start - 1}", "no gaps")
    for one, next_one in pairwise(ordered):
        if next_one.start < one.stop:
            raise _fault(f"{name_of(one)} and {name_of(next_one)} overlap", "no overlaps")
        if next_one.start > one.stop:
            raise _fault(f"no piece for {axis} {one.stop} to {next_one.start - 1}", "no gaps")
    if size is not None and ordered[-1].stop != size:
        got = f"pieces of {axis} 0 to {ordered[-1].stop - 1}"
        raise _fault(got, f"pieces of all {size} {axis}")


def _fault(got: str, expected: str) -> InputError:
    return InputError("pieces of the workload", got=got, expected=expected, advice=_ADVICE)

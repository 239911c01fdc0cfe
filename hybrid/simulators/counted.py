"""Pieces of an Ask with their work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hybrid.core.ask import Ask, Want
from hybrid.core.piece import Piece
from hybrid.core.work import Work
from hybrid.simulators.base import Evaluation

_KEPT = 16


class CountedPieces:
    """Computes the pieces of Asks with their work; cached by the sizes of the Ask.

    Args:
        evaluation: splits Asks and counts the work.
    """

    def __init__(self, evaluation: Evaluation[Any]) -> None:
        self._evaluation = evaluation
        self._known: dict[
            tuple[tuple[int, ...], int, int, frozenset[Want]],
            tuple[tuple[Piece, ...], tuple[Piece, ...]],
        ] = {}

    def __call__(self, ask: Ask) -> tuple[Piece, ...]:
        """Return the pieces of an Ask, with their work.

        Raises:
            InputError: the Ask wants what the evaluation cannot answer.
        """
        self._evaluation.check(ask)
        pieces = self._evaluation.pieces(ask)
        others = 0 if ask.others is None else len(ask.others)
        key = (ask.points.shape, others, len(pieces), ask.wants)
        found = self._known.get(key)
        if found is not None and (found[0] is pieces or found[0] == pieces):
            return found[1]
        with_work = counted(self._evaluation, ask, pieces)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[key] = (pieces, with_work)
        return with_work


def counted(
    evaluation: Evaluation[Any], ask: Ask, pieces: tuple[Piece, ...] | None = None
) -> tuple[Piece, ...]:
    """Return the pieces of an Ask with their work; equal works are one object.

    Args:
        evaluation: splits Asks and counts the work.
        ask: the Ask.
        pieces: the pieces. If None, all of the Ask.

    Raises:
        InputError: the Ask wants what the evaluation cannot answer.
    """
    evaluation.check(ask)
    distinct: dict[Work, Work] = {}
    found = []
    for piece in evaluation.pieces(ask) if pieces is None else pieces:
        work = evaluation.work(ask, piece)
        if work is not None:
            answered = work.answered or evaluation.partial_bytes(ask, piece)
            work = replace(work, asked=ask.points.nbytes, answered=answered)
            piece = replace(piece, work=distinct.setdefault(work, work))
        found.append(piece)
    return tuple(found)

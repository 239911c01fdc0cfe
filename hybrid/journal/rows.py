"""What the rows of a journal say, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of the optimizer and the answer that it was given.

    Attributes:
        number: the first is 0.
        ask: the points, float64 of shape (B, P), and whether gradients were wanted.
        told: values (B,), gradients (B, P) or None, standard errors (B,) or None; exact bits.
        start: during which start of the run it was computed.
        time: when, in seconds since 1970.
        seconds: how long it took.
    """

    number: int
    ask: Ask
    told: Told
    start: int
    time: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The last question, where it has not been answered.

    Attributes:
        number: of the question.
        ask: the question.
        partials: partial answers by the index of their piece, as far as they were computed.
    """

    number: int
    ask: Ask
    partials: Mapping[int, FloatArray]


@dataclass(frozen=True, slots=True)
class PieceRow:
    """Who computed a piece, and how long it took.

    Attributes:
        ask: number of the question.
        piece: index of the piece.
        start: during which start of the run.
        rank: which rank ran it.
        host: the name of its machine.
        simulator: what computed.
        predicted: seconds, or None where nothing predicted it.
        measured: seconds.
    """

    ask: int
    piece: int
    start: int
    rank: int
    host: str
    simulator: str
    predicted: float | None
    measured: float


@dataclass(frozen=True, slots=True)
class Start:
    """A start of the run: the first, or one that resumed it.

    Attributes:
        start: the first is 0.
        time: seconds since 1970.
        hosts: for each rank the name of its machine.
        simulator: what computes.
        plan: how an evaluation is split, in words.
        environment: versions, machine, process, command line.
    """

    start: int
    time: float
    hosts: tuple[str, ...]
    simulator: str
    plan: str
    environment: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to the run.

    Attributes:
        time: seconds since 1970.
        kind: ``start``, ``resume``, ``fork``, ``lost rank``, ``stall``, ``stop`` (for a signal or
            another reason) or ``completed``.
        detail: what more there is to say of it.
    """

    time: float
    kind: str
    detail: Mapping[str, Any]

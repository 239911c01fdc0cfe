"""The rows of a journal as dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of the optimizer and its answer.

    Attributes:
        number: the first is 0.
        ask: the points, float64 of shape (B, P), and whether gradients were wanted.
        told: values (B,), gradients (B, P) or None, standard errors (B,) or None; exact bits.
        start: number of the start of the run that computed it.
        time: when, in seconds since 1970.
        seconds: duration.
    """

    number: int
    ask: Ask
    told: Told
    start: int
    time: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The last question, if it has no answer yet.

    Attributes:
        number: of the question.
        ask: the question.
        partials: the partial answers computed so far, by index of their piece.
    """

    number: int
    ask: Ask
    partials: Mapping[int, FloatArray]


@dataclass(frozen=True, slots=True)
class PieceRow:
    """The rank that computed a piece, and its duration.

    Attributes:
        ask: number of the question.
        piece: index of the piece.
        start: number of the start of the run.
        rank: the rank that ran it.
        host: the name of its machine.
        simulator: description of the simulator.
        predicted: seconds, or None without a prediction.
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
    """A start of the run, the first or a resumption.

    Attributes:
        start: the first is 0.
        time: seconds since 1970.
        hosts: the host name of each rank.
        simulator: description of the simulator.
        plan: how an evaluation is split, as text.
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
    """An event in the life of the run.

    Attributes:
        time: seconds since 1970.
        kind: ``start``, ``resume``, ``fork``, ``lost rank``, ``stall``, ``stop`` (for a signal or
            another reason), ``usage`` (what each rank has used) or ``completed``.
        detail: further data, by name.
    """

    time: float
    kind: str
    detail: Mapping[str, Any]

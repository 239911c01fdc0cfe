"""The typed messages between ranks; plain data on the wire.

A call begins with a :class:`Ready` or :class:`Failure` from each rank. Then rank 0 sends one
:class:`Question` after another; each rank with pieces replies with :class:`Report` messages, the
last marked ``is_last``, or with a :class:`Failure`. Rank 0 ends the call with :class:`End` and
:class:`Farewell`, a :class:`Failure`, or a :class:`Suspension`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, TypeAlias

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.runtime.messages import pack, unpack


@dataclass(frozen=True, slots=True)
class Ready:
    """A rank has prepared a collective call.

    Attributes:
        call: name of the public function.
        contents: a digest, or short text, of everything that must be equal on all ranks, by name.
    """

    call: str
    contents: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Failure:
    """A rank failed; see :mod:`hybrid.runtime.failure`.

    Attributes:
        rank: the failed rank.
        host: name of its host.
        summary: type and first line of the exception.
        traceback: formatted traceback of that rank.
        bad_input: whether the user's input is invalid.
        kind: name of the exception's class, or of its nearest base that other ranks can rebuild.
        arguments: arguments of the exception, plain data.
        state: attributes of the exception, plain data.
        call: name of the public function that the rank prepared, or an empty string.
    """

    rank: int
    host: str
    summary: str
    traceback: str
    bad_input: bool
    kind: str
    arguments: Sequence[Any]
    state: Mapping[str, Any]
    call: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Rank 0 distributes an Ask.

    Attributes:
        ask: the Ask.
        number: its number in the run; keys the seeds of its pieces.
        serial: its number in this job, referred to by :class:`Stop`.
        known: indices of pieces whose partials rank 0 already has.
    """

    ask: Ask
    number: int
    serial: int
    known: Sequence[int]


@dataclass(frozen=True, slots=True)
class Report:
    """A rank sends partials; each column has one entry per piece.

    Attributes:
        pieces: indices of the pieces.
        predicted: predicted seconds of each piece, or None.
        began: the rank's performance counter at the start of each piece.
        seconds: measured seconds of each piece.
        quantum: seconds of each piece that were spent in circuits.
        partials: the partials, as one array if all have the same shape.
        heard: the rank's performance counter when it heard the Ask.
        is_last: whether this is the rank's last report of the Ask.
        stop: why the rank stopped early, or None.
    """

    pieces: Sequence[int]
    predicted: Sequence[float | None]
    began: Sequence[float]
    seconds: Sequence[float]
    quantum: Sequence[float]
    partials: Sequence[FloatArray] | FloatArray
    heard: float
    is_last: bool
    stop: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Rank 0 tells a rank to skip the remaining pieces of an Ask."""

    serial: int


@dataclass(frozen=True, slots=True)
class Stall:
    """A piece takes far longer than predicted.

    Attributes:
        rank: the stalled rank.
        what: description of the piece.
        seconds: how long it has run.
    """

    rank: int
    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Suspension:
    """Rank 0 suspends the run; arguments of :class:`~hybrid.core.errors.Suspended`."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class End:
    """Rank 0 ends the call; each rank replies with :class:`Used`."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a rank has used.

    Attributes:
        core_seconds: CPU time of all its threads since the call began.
        peak_bytes: the most memory that its process has held.
        joules: energy of its host since the call began, if this is the host's first rank and may
            read it; else None.
    """

    core_seconds: float
    peak_bytes: int = 0
    joules: float | None = None


@dataclass(frozen=True, slots=True)
class Farewell:
    """The result of the call, and the core-seconds of all ranks."""

    result: Any
    core_seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rank has waited for a while in a collective call.

    Attributes:
        number: number of that call in the job.
    """

    number: int


Message: TypeAlias = (
    Ready
    | Failure
    | Question
    | Report
    | Stop
    | Stall
    | Suspension
    | End
    | Used
    | Farewell
    | Waiting
)

_KINDS: tuple[type[Any], ...] = (
    Ready, Failure, Question, Report, Stop, Stall, Suspension, End, Used, Farewell, Waiting,
)  # fmt: skip
_NUMBER = {kind: number for number, kind in enumerate(_KINDS)}
_NAMES = [tuple(field.name for field in fields(kind)) for kind in _KINDS]
_VALUES = [attrgetter(*names) if len(names) > 1 else None for names in _NAMES]


def encode(message: Message) -> bytes:
    """Serialise a message.

    Raises:
        TypeError: the message holds other than plain data.

    Example:
        >>> decode(encode(Stop(7)))
        Stop(serial=7)
    """
    number = _NUMBER[type(message)]
    values = _VALUES[number]
    if values is not None:
        return pack([number, *values(message)])
    return pack([number, *(getattr(message, name) for name in _NAMES[number])])


def decode(message: bytes) -> Message:
    """Deserialise a message.

    Raises:
        ValueError: not a valid message.
    """
    content = unpack(message)
    number = content[0] if isinstance(content, list) and content else None
    if type(number) is not int or not 0 <= number < len(_KINDS):
        raise ValueError(f"unknown kind of message {number!r}")
    try:
        decoded: Message = _KINDS[number](*content[1:])
    except TypeError as error:
        raise ValueError(f"a message of kind {_KINDS[number].__name__} is malformed") from error
    return decoded

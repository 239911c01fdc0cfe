"""What ranks say to one another, as typed messages; on the wire they are plain data.

The calls of a job begin with one :class:`Ready` or :class:`Failure` of each rank. Then rank 0 tells
the others :class:`Question` after :class:`Question`; each rank with pieces of one answers with
:class:`Report` messages, the last of which says so, or with a :class:`Failure`. Rank 0 ends
the call with :class:`End` and :class:`Farewell`, a :class:`Failure`, or a :class:`Suspension`.
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
        contents: a digest, or short text, of each thing that all ranks must have alike, by name.
    """

    call: str
    contents: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Failure:
    """A rank failed; see :mod:`hybrid.runtime.failure`, which makes these and raises them.

    Attributes:
        rank: number of the rank.
        host: name of its machine.
        summary: type and first line of the exception.
        traceback: formatted, as that rank saw it.
        bad_input: whether the user's input is at fault.
        kind: name of the exception's class, or of its nearest base that other ranks can rebuild.
        arguments: of the exception, plain data.
        state: attributes of the exception, plain data.
        call: name of the public function that was being prepared, or an empty string.
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
    """Rank 0 puts a question.

    Attributes:
        ask: the question.
        number: of the question in its run; keys the seeds of its pieces.
        serial: of the question in this job, which :class:`Stop` names.
        known: indices of pieces whose partial answers rank 0 has already.
    """

    ask: Ask
    number: int
    serial: int
    known: Sequence[int]


@dataclass(frozen=True, slots=True)
class Report:
    """A rank sends partial answers; one entry a piece in each column.

    Attributes:
        pieces: indices of the pieces.
        predicted: seconds that each was expected to take, or None.
        seconds: that each took.
        partials: the partial answers, as one array where all have one shape.
        is_last: whether the rank sends nothing more of this question.
        stop: why the rank was told to stop, if it was.
    """

    pieces: Sequence[int]
    predicted: Sequence[float | None]
    seconds: Sequence[float]
    partials: Sequence[FloatArray] | FloatArray
    is_last: bool
    stop: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Rank 0 asks a rank to leave the remaining pieces of a question undone."""

    serial: int


@dataclass(frozen=True, slots=True)
class Stall:
    """A piece takes far longer than predicted.

    Attributes:
        rank: the rank that is late.
        what: the piece, in words.
        seconds: for how long it has run.
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
    """Rank 0 ends the call; each rank answers with its :class:`Used`."""


@dataclass(frozen=True, slots=True)
class Used:
    """Core-seconds that a rank has used."""

    core_seconds: float


@dataclass(frozen=True, slots=True)
class Farewell:
    """What the call returns on every rank, and the core-seconds of all ranks."""

    result: Any
    core_seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rank has waited for a while in a collective call.

    Attributes:
        number: of the meeting that it waits in, counted over the job.
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
    """Return a message as bytes.

    Raises:
        TypeError: it holds what is no plain data.

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
    """Return the message that bytes hold.

    Raises:
        ValueError: the bytes hold none.
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

"""Read a journal, also while a run is writing to it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import InputError, JournalError, JournalPathError
from hybrid.journal.blobs import DamagedError, checksum, decode
from hybrid.journal.columns import Questions, Timings, questions_of, timings_of
from hybrid.journal.database import connect_to_read, faults
from hybrid.journal.identity import Identity
from hybrid.journal.rows import Answer, Event, PieceRow, Start, Unfinished
from hybrid.journal.wants import ask_of, has_extras, has_others, is_code, shapes_of

_ROWS_AT_ONCE = 64

_ANSWERS = (
    "SELECT number, iteration, asks.gradient, points, asks.checksum, start, time, seconds, value,"
    " tolds.gradient, error, tolds.checksum FROM asks JOIN tolds USING (number)"
    " WHERE number >= ? ORDER BY number LIMIT ?"
)
_PIECES = (
    "SELECT ask, piece, pieces.start, rank, hosts, simulator, predicted, measured"
    " FROM pieces JOIN starts USING (start) WHERE (ask, piece) > (?, ?)"
    " ORDER BY ask, piece LIMIT ?"
)
_QUESTIONS = (
    "SELECT number, iteration, start, time, seconds, value, error, length(tolds.gradient) > 0"
    " FROM asks JOIN tolds USING (number) WHERE number >= ? ORDER BY number"
)
_NEW_PIECES = (
    "SELECT (SELECT max(rowid) FROM pieces), (SELECT sum(measured) FROM pieces WHERE rowid > ?),"
    " (SELECT count(*) FROM partials)"
)
_TIMINGS = (
    "SELECT ask, piece, start, rank, predicted, measured FROM pieces ORDER BY start, ask, piece"
)
_MOMENTS = "SELECT ask, start, moments, checksum FROM moments ORDER BY start, ask"


def open_journal(path: str | os.PathLike[str]) -> Journal:
    """Open a journal for reading, also while the run is going on.

    Args:
        path: of the file.

    Returns:
        The journal. It reads on demand; close it, or use it in a ``with`` statement.

    Raises:
        InputError: not a path.
        JournalError: the file does not exist, is not a journal, is damaged, or has a newer version.

    Example:
        >>> import hybrid, os, tempfile
        >>> from qiskit.circuit.library import real_amplitudes
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XX"]))
        >>> path = os.path.join(tempfile.mkdtemp(), "run.db")
        >>> result = hybrid.minimize(problem, seed=7, journal=path)
        >>> with open_journal(path) as journal:
        ...     len(journal) == len(result.history), float(min(journal.values())) == result.value
        (True, True)
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError("journal", got=repr(path), expected="the path of a file")
    file = Path(path)
    if not _is_blank(file):
        journal = Journal(file)
        if journal.has_begun:
            return journal
        journal.close()
    raise JournalPathError(
        "journal",
        got=f"{file}, in which no run has been recorded yet",
        expected="the journal of a run that has begun",
        advice="start the run with this file as its journal",
    )


def peek(path: Path) -> Journal | None:
    """Return the journal at a path, or None if nothing is recorded there yet.

    Raises:
        JournalError: see :func:`open_journal`.
    """
    if not path.exists() or _is_blank(path):
        return None
    try:
        journal = Journal(path)
    except JournalError:
        if _is_blank(path):  # its making was cut short, and has been undone just now
            return None
        raise
    if journal.has_begun:
        return journal
    journal.close()
    return None


def _is_blank(path: Path) -> bool:
    return path.is_file() and path.stat().st_size == 0


class Journal:
    """The record of a run, as it is now in the file; see :func:`open_journal`.

    Every method raises :class:`hybrid.core.errors.JournalError` where the file turns out damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = connect_to_read(path)

    def __enter__(self) -> Journal:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __len__(self) -> int:
        """Return the number of answers."""
        return int(self._query("SELECT count(*) FROM tolds")[0][0])

    def __iter__(self) -> Iterator[Answer]:
        """Yield the answers in the order of the run."""
        return self.answers()

    @property
    def has_begun(self) -> bool:
        """Whether the identity of the run is recorded; False if creation was cut short."""
        return bool(self._query("SELECT count(*) FROM run")[0][0])

    @property
    def contents(self) -> Mapping[str, str]:
        """A digest or short text of everything that decides the numbers, by name."""
        return {_text(name): _text(value) for name, value in self._query("SELECT * FROM contents")}

    @property
    def seed(self) -> int:
        """The seed of the run."""
        with faults(self.path):
            text = self._run.get("seed", "")
            if not text.isascii() or not text.isdecimal() or not int(text[:20]) < 2**63:
                raise DamagedError("a seed that is no number")
            return int(text)

    @property
    def identity(self) -> Identity:
        """The identity of the run."""
        return Identity(self.contents, self.seed)

    @property
    def origin(self) -> Mapping[str, Any]:
        """The origin of the run: ``kind`` is "run file" (with its path) or "script"."""
        with faults(self.path):
            return _json(self._run.get("origin", "{}"))

    @property
    def starts(self) -> tuple[Start, ...]:
        """All starts of the run, including resumptions."""
        rows = self._query("SELECT * FROM starts ORDER BY start")
        with faults(self.path):
            return tuple(
                Start(
                    _integer(start), _real(time), tuple(_texts(hosts)), _text(simulator),
                    _text(plan), _json(environment),
                )
                for start, time, hosts, simulator, plan, environment in rows
            )  # fmt: skip

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of the run, in order."""
        rows = self._query("SELECT time, kind, detail FROM events ORDER BY event")
        with faults(self.path):
            return tuple(Event(_real(t), _text(kind), _json(detail)) for t, kind, detail in rows)

    @property
    def completed(self) -> Mapping[str, Any] | None:
        """The end of the run (``message``, ``value``, ...), or None if it has not ended."""
        ends = [event.detail for event in self.events if event.kind == "completed"]
        return ends[-1] if ends else None

    def values(self) -> FloatArray:
        """Return the smallest value of each answer, shape (N,), float64; NaN where all are."""
        smallest = [np.fmin.reduce(answer.told.values) for answer in self.answers()]
        return np.array(smallest, dtype=np.float64)

    def answers(self, first: int = 0) -> Iterator[Answer]:
        """Yield the answers from number ``first`` on, with their exact bits."""
        expected = first
        while rows := self._query(_ANSWERS, expected, _ROWS_AT_ONCE):
            for row in rows:
                with faults(self.path):
                    answer = _answer(row, self._extras(row[0], row[2]))
                    if answer.number != expected:
                        raise DamagedError(f"answer {expected} is missing")
                yield answer
                expected += 1

    def pieces(self) -> Iterator[PieceRow]:
        """Yield the rank and duration of each piece."""
        last = (-1, -1)
        while rows := self._query(_PIECES, *last, _ROWS_AT_ONCE):
            for row in rows:
                with faults(self.path):
                    yield _piece(row)
            last = (rows[-1][0], rows[-1][1])

    @property
    def is_finished(self) -> bool:
        """Whether the run has ended."""
        return bool(self._query("SELECT count(*) FROM events WHERE kind = 'completed'")[0][0])

    def questions(self, first: int = 0) -> Questions:
        """Return the times and lowest values of answers as columns, from number ``first`` on."""
        rows = self._query(_QUESTIONS, first)
        with faults(self.path):
            return questions_of(rows)

    def new_pieces(self, seen: int = 0) -> tuple[int, float, int]:
        """Return what a mark becomes, the seconds of pieces since it, and how many are unfinished.

        Args:
            seen: the mark that an earlier call returned, or 0 for all pieces.
        """
        mark, seconds, unfinished = self._query(_NEW_PIECES, seen)[0]
        with faults(self.path):
            return _integer(mark or 0), _real(seconds or 0.0), _integer(unfinished)

    def timings(self) -> Timings:
        """Return which rank ran which piece, and when, as columns."""
        pieces = self._query(_TIMINGS)
        moments = self._query(_MOMENTS) if self._version > 2 else []
        with faults(self.path):
            return timings_of(pieces, moments)

    def answer(self, number: int) -> Answer:
        """Return one answer, with its exact bits.

        Raises:
            JournalError: there is no such answer.
        """
        for answer in self.answers(number):
            return answer
        raise JournalError(f"{self.path}: has no answer {number}")

    def checkpoint(self) -> bytes | None:
        """Return the state of the last checkpoint, or None if there is none."""
        if self._version < 4:
            return None
        rows = self._query("SELECT * FROM checkpoints ORDER BY step DESC LIMIT 1")
        if not rows:
            return None
        step, when, state, check = rows[0]
        with faults(self.path):
            if not isinstance(state, bytes) or checksum(step, when, state) != check:
                raise DamagedError(f"the checkpoint after step {step} has a wrong checksum")
        return state

    def unfinished(self) -> Unfinished | None:
        """Return the last question if it is unanswered, with its partial answers."""
        number = len(self)
        asks = self._query(
            "SELECT number, iteration, gradient, points, checksum FROM asks WHERE number = ?",
            number,
        )
        if not asks:
            return None
        rows = self._query(
            "SELECT piece, partial, checksum FROM partials WHERE ask = ? ORDER BY piece", number
        )
        with faults(self.path):
            ask = _ask(asks[0], self._extras(number, asks[0][2]))
            return Unfinished(
                number, ask, {_integer(row[0]): _partial(number, row) for row in rows}
            )

    def _extras(self, number: object, code: object) -> dict[str, FloatArray]:
        """Return the arrays of a question and its answer that have rows of their own, by name."""
        if not has_extras(_integer(code)):
            return {}
        rows = self._query("SELECT name, array, checksum FROM extras WHERE number = ?", number)
        found = {}
        for name, blob, check in rows:
            if checksum(number, name, blob) != check:
                raise DamagedError(f"{_text(name)} of answer {number} has a wrong checksum")
            found[_text(name)] = decode(blob)
        return found

    @property
    def _version(self) -> int:
        return int(self._query("PRAGMA user_version")[0][0])

    @property
    def _run(self) -> dict[str, str]:
        return {_text(name): _text(value) for name, value in self._query("SELECT * FROM run")}

    def _query(self, statement: str, *arguments: object) -> list[Any]:
        with faults(self.path):
            try:
                return self._connection.execute(statement, arguments).fetchall()
            except sqlite3.ProgrammingError as error:
                raise ValueError(f"{self.path} has been closed") from error


def _answer(row: tuple[Any, ...], extras: Mapping[str, FloatArray]) -> Answer:
    number, start, time, seconds = _integer(row[0]), row[5], row[6], row[7]
    ask = _ask(row[:5], extras)
    if checksum(number, start, time, seconds, *row[8:11]) != row[11]:
        raise DamagedError(f"answer {number} has a wrong checksum")
    batch, width = ask.points.shape
    told = Told(
        decode(row[8], (batch,)),
        None if row[9] is None else decode(row[9], (batch, width)),
        None if row[10] is None else decode(row[10], (batch,)),
        **_answered(number, ask, extras),
    )
    if (told.gradients is not None) != ask.gradient:
        raise DamagedError(f"answer {number} has no gradient that fits its question")
    return Answer(number, ask, told, _integer(start), _real(time), _real(seconds))


def _ask(row: tuple[Any, ...], extras: Mapping[str, FloatArray]) -> Ask:
    number, iteration, code, points, check = row
    if checksum(number, iteration, code, points) != check:
        raise DamagedError(f"question {number} has a wrong checksum")
    array = decode(points)
    if array.ndim != 2:
        raise DamagedError(f"question {number} has points of {array.ndim} axes")
    if not is_code(_integer(code)):
        raise DamagedError(f"question {number} wants what no version knows")
    others = extras.get("others")
    if has_others(code) and (others is None or others.shape[1:] != array.shape[1:]):
        raise DamagedError(f"question {number} has no other points that fit it")
    return ask_of(array, code, _integer(iteration), others if has_others(code) else None)


def _answered(
    number: int, ask: Ask, extras: Mapping[str, FloatArray]
) -> dict[str, FloatArray | None]:
    """Return the arrays of an answer that have rows of their own."""
    found: dict[str, FloatArray | None] = {}
    for name, shape in shapes_of(ask).items():
        array = extras.get(name)
        if array is None or array.shape != shape:
            raise DamagedError(f"answer {number} has no {name} that fits its question")
        found[name] = array
    return found


def _partial(number: int, row: tuple[Any, ...]) -> FloatArray:
    piece, blob, check = row
    if checksum(number, piece, blob) != check:
        raise DamagedError(f"piece {piece} of question {number} has a wrong checksum")
    return decode(blob)


def _piece(row: tuple[Any, ...]) -> PieceRow:
    ask, piece, start, rank, hosts, simulator, predicted, measured = row
    names = _texts(hosts)
    if not 0 <= _integer(rank) < len(names):
        raise DamagedError(f"rank {rank} where there were {len(names)}")
    return PieceRow(
        _integer(ask), _integer(piece), _integer(start), rank, names[rank], _text(simulator),
        None if predicted is None else _real(predicted), _real(measured),
    )  # fmt: skip


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise DamagedError("something else where an integer belongs")
    return value


def _real(value: object) -> float:
    if not isinstance(value, float | int):
        raise DamagedError("something else where a number belongs")
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise DamagedError("something else where a text belongs")
    return value


def _json(text: object) -> dict[str, Any]:
    found = _parsed(text)
    if not isinstance(found, dict):
        raise DamagedError("a detail that is no JSON object")
    return found


def _texts(text: object) -> list[str]:
    found = _parsed(text)
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise DamagedError("hosts that are no list of names")
    return found


def _parsed(text: object) -> Any:
    try:
        return json.loads(_text(text))
    except (ValueError, RecursionError):
        raise DamagedError("a text that is no JSON") from None

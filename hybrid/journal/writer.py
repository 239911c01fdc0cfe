"""Write a journal: the loop queues rows, a thread commits them in groups."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from array import array
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import JournalError, RecordError
from hybrid.journal.blobs import checksum, encode, encode_rows
from hybrid.journal.database import connect_to_write, faults
from hybrid.journal.identity import Identity, differences
from hybrid.journal.lock import RunLock, unwritable
from hybrid.journal.reader import Journal
from hybrid.journal.wants import code_of, extras_of

LARGEST_STATE = 1_000_000_000
"""Bytes of a checkpoint, less than a row of SQLite may hold."""

_SECONDS_BETWEEN_COMMITS = 0.5
"""Half of the promised second; the other half is left to the disk."""

_INSERT = {
    "asks": "INSERT OR REPLACE INTO asks VALUES (?, ?, ?, ?, ?)",
    "tolds": "INSERT INTO tolds VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "pieces": "INSERT OR REPLACE INTO pieces VALUES (?, ?, ?, ?, ?, ?)",
    "partials": "INSERT OR REPLACE INTO partials VALUES (?, ?, ?, ?)",
    "extras": "INSERT OR REPLACE INTO extras VALUES (?, ?, ?, ?)",
    "moments": "INSERT OR REPLACE INTO moments VALUES (?, ?, ?, ?)",
    "checkpoints": "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?)",
    "events": "INSERT INTO events (time, kind, detail) VALUES (?, ?, ?)",
    "starts": "INSERT INTO starts VALUES (?, ?, ?, ?, ?, ?)",
}


_CHECKED = ("asks", "tolds", "partials", "extras", "moments", "checkpoints")
"""Tables whose last column is a checksum of the others, added by the thread."""


class Writer:
    """The journal of a run, written by the process that leads it.

    Queueing a row takes microseconds. Rows are on disk within a second, also while the loop is
    busy, and at once after :meth:`flush`. An error in the thread is raised by the next call.

    Args:
        path: the file; created if it does not exist.
        identity: the identity of the run, with its seed.
        origin: where the run came from, plain data; recorded if the file is new.

    Raises:
        JournalError: the file cannot be opened or created; an existing file is left unchanged.
        RecordError: the file records another run.
    """

    def __init__(self, path: Path, identity: Identity, origin: Mapping[str, Any]) -> None:
        self.path = path
        made = _make_file(path)
        self._lock = RunLock(path)
        try:
            self._connection = connect_to_write(path)
            try:
                self._file = _identity_of(path)
                self._settle(identity, origin)
                self.count, self._start, self._spilled = self._counts()
            except BaseException:
                self._connection.close()
                raise
        except BaseException:
            if made:
                path.resolve().unlink(missing_ok=True)
            self._lock.release()
            raise
        self.resumes = self._start > 0
        self._queue: deque[tuple[str, tuple[Any, ...]]] = deque()
        self._failure: JournalError | None = None
        self._wake, self._hurry = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def __enter__(self) -> Writer:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Commit queued rows and close; an error in doing so does not hide another."""
        try:
            self.close()
        except JournalError:
            if error is None:
                raise

    def start(
        self, hosts: Sequence[str], simulator: str, plan: str, environment: Mapping[str, Any]
    ) -> None:
        """Record a start of the run on these ranks, and wait until it is on disk."""
        now = time.time()
        row = (self._start, now, json.dumps(hosts), simulator, plan, json.dumps(environment))
        self._put("starts", row)
        self.event("resume" if self.resumes else "start", answers=self.count, ranks=len(hosts))
        self.flush()

    def ask(self, number: int, ask: Ask) -> None:
        """Record a question."""
        if ask.others is not None:  # first, because the thread may commit between two rows
            self._put("extras", (number, "others", encode(ask.others)))
        self._put("asks", (number, int(ask.iteration), code_of(ask), encode(ask.points)))

    def told(self, number: int, told: Told, seconds: float) -> None:
        """Record the answer to a question; numbers must be consecutive."""
        arrays = (told.values, told.gradients, told.standard_errors)
        blobs = [None if each is None else encode(each) for each in arrays]
        for name, extra in extras_of(told).items():  # first, as in ask()
            self._put("extras", (number, name, encode(extra)))
        self._put("tolds", (number, self._start, time.time(), seconds, *blobs))
        self.count = number + 1

    def piece(
        self,
        number: int,
        piece: int,
        rank: int,
        *,
        predicted: float | None,
        measured: float,
        partial: FloatArray,
    ) -> None:
        """Record a piece of a question, with its partial answer."""
        self._put("pieces", (number, piece, self._start, rank, predicted, measured))
        self._put("partials", (number, piece, encode(partial)))

    def moments(self, number: int, moments: array[float]) -> None:
        """Record when the pieces of a question began.

        Args:
            number: of the question.
            moments: three numbers for each piece: its index, the seconds from the question to its
                beginning, and how many of its seconds were spent in circuits.
        """
        self._put("moments", (number, self._start, encode_rows(moments, 3)))

    def checkpoint(self, step: int, state: bytes) -> None:
        """Record the state after a step, in place of an earlier one.

        Raises:
            JournalError: it is larger than a row may be.
        """
        if len(state) > LARGEST_STATE:
            raise JournalError(
                f"{self.path}: a checkpoint of {len(state)} bytes, of at most {LARGEST_STATE}; "
                "train without a journal, and save the model in the observer"
            )
        self._put("checkpoints", (step, time.time(), state))

    def event(self, kind: str, **detail: object) -> None:
        """Record an event."""
        self._put("events", (time.time(), kind, json.dumps(detail)))

    def flush(self) -> None:
        """Wait until all queued rows are on disk."""
        done = threading.Event()
        self._put("flush", (done,))
        self._hurry.set()
        while not done.wait(_SECONDS_BETWEEN_COMMITS) and self._thread.is_alive():
            pass  # another thread may have closed the journal meanwhile
        self._raise_failure()

    def close(self) -> None:
        """Commit queued rows and release the file."""
        if not self._thread.is_alive():
            self._raise_failure()
            return
        self._queue.append(("close", ()))
        self._wake.set()
        self._hurry.set()
        self._thread.join()
        self._connection.close()
        self._lock.release()
        self._raise_failure()

    def _counts(self) -> tuple[int, int, bool]:
        """Return the numbers of answers and starts, and whether partial answers are recorded."""
        with faults(self.path):
            answers, starts, partials = self._connection.execute(
                "SELECT (SELECT count(*) FROM tolds), (SELECT count(*) FROM starts),"
                " (SELECT count(*) FROM partials)"
            ).fetchone()
        return answers, starts, partials > 0

    def _settle(self, identity: Identity, origin: Mapping[str, Any]) -> None:
        """Record the identity in a new file; in an existing one, require it to be the same."""
        with faults(self.path):
            known = self._connection.execute("SELECT count(*) FROM run").fetchone()[0]
        if known:
            with Journal(self.path) as journal:
                refuse_differences(journal, identity)
            return
        run = {"seed": str(identity.seed), "origin": json.dumps(origin), "time": str(time.time())}
        with faults(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany("INSERT INTO run VALUES (?, ?)", run.items())
            self._connection.executemany(
                "INSERT INTO contents VALUES (?, ?)", identity.contents.items()
            )
            self._connection.execute("COMMIT")

    def _put(self, table: str, row: tuple[Any, ...]) -> None:
        if self._failure is not None:
            raise self._failure
        self._queue.append((table, row))
        if not self._wake.is_set():
            self._wake.set()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        """Commit groups of rows until closed; the body of the thread."""
        due = time.monotonic()
        closing = False
        while not closing:
            self._wake.wait()
            self._hurry.wait(max(0.0, due - time.monotonic()))
            self._wake.clear()
            self._hurry.clear()
            rows: dict[str, list[Any]] = defaultdict(list)
            while self._queue:
                table, row = self._queue.popleft()
                rows[table].append(row)
            closing = bool(rows.pop("close", []))
            waiting = rows.pop("flush", [])
            if rows and self._failure is None:
                self._try(lambda rows=rows: self._commit(rows))  # type: ignore[misc]
            for (done,) in waiting:
                done.set()
            due = time.monotonic() + _SECONDS_BETWEEN_COMMITS

    def _try(self, action: Callable[[], None]) -> None:
        try:
            action()
        except JournalError as error:
            self._failure = error
        except Exception as error:
            self._failure = JournalError(f"{self.path}: {type(error).__name__}: {error}")

    def _commit(self, rows: Mapping[str, list[Any]]) -> None:
        if _identity_of(self.path) != self._file:
            raise JournalError(
                f"{self.path}: the journal has vanished from its place while the run went on; "
                "what was answered since then is not recorded"
            )
        answered = {row[0] for row in rows.get("tolds", [])}
        partials = [row for row in rows.get("partials", []) if row[0] not in answered]
        rows = {**rows, "partials": partials}
        with faults(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for table, statement in _INSERT.items():
                    given = rows.get(table, [])
                    checked = ((*row, checksum(*row)) for row in given)
                    self._connection.executemany(statement, checked if table in _CHECKED else given)
                if rows.get("checkpoints"):
                    last = max(row[0] for row in rows["checkpoints"])
                    self._connection.execute("DELETE FROM checkpoints WHERE step < ?", (last,))
                if self._spilled and answered:
                    self._connection.execute(
                        "DELETE FROM partials WHERE ask <= ?", (max(answered),)
                    )
                self._connection.execute("COMMIT")
            except BaseException:
                _roll_back(self._connection)
                raise
        self._spilled = bool(partials) or (self._spilled and not answered)


def refuse_differences(journal: Journal, identity: Identity) -> None:
    """Refuse to resume the record of another run.

    Raises:
        RecordError: the message shows each difference.
    """
    found = differences(journal.identity, identity)
    if found:
        raise RecordError(journal.path, list(found.values()))


def _make_file(path: Path) -> bool:
    """Create a file if there is none, following links; return whether it was created.

    An existing file is not even opened: closing any descriptor of a file drops the locks that
    SQLite has on it in this process.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        os.close(os.open(os.path.realpath(path), flags, 0o644))
        return True
    except FileExistsError:
        return False
    except OSError as error:
        raise unwritable(path, error) from None


def _identity_of(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _roll_back(connection: sqlite3.Connection) -> None:
    try:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    except sqlite3.Error:
        pass  # the disk is gone; the next to open the file rolls back

"""SQLite connections for which a hostile or damaged file is an error and a crash loses no commit.

Rollback-journal mode with ``synchronous = EXTRA``: SQLite's write-ahead log needs memory shared
by all processes that have the file open, which network file systems do not offer
(sqlite.org/wal.html), and clusters keep homes and scratch on those. With a rollback journal a
killed writer leaves either the state before its last transaction or the one after it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hybrid.core.errors import JournalError, JournalPathError
from hybrid.journal import schema
from hybrid.journal.blobs import DamagedError

_BUSY_SECONDS = 10.0
_WRITERS_BUSY_SECONDS = 60.0
"""A run waits longer for a reader to finish, so that readers do not disturb it."""

_LARGEST_ROW = 1 << 30
_STEPS_PER_CALL = 10_000
_READONLY_CODES = (
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_READONLY_ROLLBACK,
    sqlite3.SQLITE_READONLY_RECOVERY,
    sqlite3.SQLITE_READONLY_CANTLOCK,
    sqlite3.SQLITE_READONLY_DIRECTORY,
    sqlite3.SQLITE_READONLY_DBMOVED,
)
_DAMAGED_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Return a read-only connection to a journal.

    After a crash SQLite has to undo a transaction that was under way, which needs the right to
    write; without that right, the journal cannot be read.

    Raises:
        JournalError: there is no file (JournalPathError), or it is no journal of this or an earlier
            version.
    """
    if not path.is_file():
        raise JournalPathError(
            "journal",
            got=f"{path}, {_absence(path)}",
            expected="the path of a journal",
            advice=f"look for it from {Path.cwd()}",
        )
    for mode in ("ro", "rw"):
        connection = _connect(path, mode, _BUSY_SECONDS)
        try:
            with faults(path):
                connection.execute("PRAGMA query_only = ON")
                _check(connection, path)
        except JournalError:
            connection.close()
            if mode == "ro" and _rollback_journal(path).exists():
                continue
            raise
        return connection
    raise AssertionError


def connect_to_write(path: Path) -> sqlite3.Connection:
    """Return a connection to an existing journal, migrated to this version; hold its run lock.

    Raises:
        JournalError: it is no journal, of a newer version, damaged, or may not be written.
    """
    connection = _connect(path, "rw", _WRITERS_BUSY_SECONDS)
    try:
        with faults(path):
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("PRAGMA synchronous = EXTRA")
            if schema.is_empty(connection):
                connection.execute("BEGIN IMMEDIATE")
                schema.create(connection)
                connection.execute("COMMIT")
            else:
                _check(connection, path)
                schema.migrate(connection)
            # Fails here, before anything runs, where the file may not be written.
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(f"PRAGMA user_version = {schema.VERSION}")
            connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _absence(path: Path) -> str:
    if path.exists():
        return "which is no file"
    return "a link to nothing" if path.is_symlink() else "which does not exist"


def _rollback_journal(path: Path) -> Path:
    """Return the path of SQLite's rollback journal: beside the file, not beside a link to it."""
    return Path(os.path.realpath(path) + "-journal")


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the checks into messages for a person.

    Raises:
        JournalError: in place of any of their errors.
    """
    try:
        yield
    except (schema.ForeignError, DamagedError) as error:
        raise JournalError(f"{path}: {error}; nothing was changed") from None
    except (sqlite3.Error, sqlite3.Warning) as error:
        raise JournalError(f"{path}: {_printable(_meaning(error))}") from None
    except UnicodeDecodeError:
        raise JournalError(
            f"{path}: the file is damaged (text that is no UTF-8); {_KEPT}"
        ) from None
    except OverflowError:
        raise JournalError(f"{path}: holds a number beyond 64 bits; nothing was changed") from None


def _connect(path: Path, mode: str, busy_seconds: float) -> sqlite3.Connection:
    with faults(path):
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_ROW)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA mmap_size = 0")
        return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is not an undamaged journal."""
    schema.check_tables(connection)
    with _bounded(connection, path):
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        first_line = _printable(str(verdict).splitlines()[0][:200])
        raise JournalError(f"{path}: the file is damaged ({first_line}); {_KEPT}")


@contextmanager
def _bounded(connection: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Bound the work by the size of the file, so that a forged file cannot stall the reader."""
    calls = 1000 + path.stat().st_size // 1000

    def tick() -> int:
        nonlocal calls
        calls -= 1
        return calls < 0

    connection.set_progress_handler(tick, _STEPS_PER_CALL)
    try:
        yield
    finally:
        connection.set_progress_handler(None, _STEPS_PER_CALL)


_KEPT = (
    "it was left as it is. The sqlite3 program's .recover may save its rows; to start again, "
    "name another journal"
)


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _meaning(error: sqlite3.Error | sqlite3.Warning) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_FULL:
        return (
            "the disk is full; what was committed before is safe. Free some space, and start again"
        )
    if code is not None and code & 0xFF == sqlite3.SQLITE_IOERR:
        return (
            f"the file system reports an error ({error}), as it does when a disk or a quota is "
            "full; what was committed before is safe. Free some space, and start again"
        )
    if code in _READONLY_CODES:
        return "the file or its folder may not be written; make it writable, or name another"
    if code is not None and code & 0xFF == sqlite3.SQLITE_CANTOPEN:
        return "the file cannot be opened; its folder must exist and be writable"
    if code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return f"another program has kept the file locked for more than {_BUSY_SECONDS:g} s"
    if code is not None and code & 0xFF in _DAMAGED_CODES:
        return f"the file is damaged, or no journal at all ({error}); {_KEPT}"
    return f"the file is damaged ({str(error)[:200]}); {_KEPT}"

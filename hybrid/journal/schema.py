"""The tables of a journal, their version, and the migration of older versions."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

APPLICATION_ID = 0x68796272  # "hybr", in the header of every journal
VERSION = 4

_FIRST: tuple[str, ...] = (
    # What the run is: its seed, when it was made, the run file it came from.
    "CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    # Digest or short text of all that decides the numbers; a resumed run must have it alike.
    "CREATE TABLE contents (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE starts (start INTEGER PRIMARY KEY, time REAL NOT NULL, hosts TEXT NOT NULL,"
    " simulator TEXT NOT NULL, plan TEXT NOT NULL, environment TEXT NOT NULL)",
    "CREATE TABLE asks (number INTEGER PRIMARY KEY, iteration INTEGER NOT NULL,"
    " gradient INTEGER NOT NULL, points BLOB NOT NULL, checksum INTEGER NOT NULL)",
    "CREATE TABLE tolds (number INTEGER PRIMARY KEY, start INTEGER NOT NULL, time REAL NOT NULL,"
    " seconds REAL NOT NULL, value BLOB NOT NULL, gradient BLOB, error BLOB,"
    " checksum INTEGER NOT NULL)",
    "CREATE TABLE pieces (ask INTEGER NOT NULL, piece INTEGER NOT NULL, start INTEGER NOT NULL,"
    " rank INTEGER NOT NULL, predicted REAL, measured REAL NOT NULL, PRIMARY KEY (ask, piece))",
    # Partial answers of the question that is being answered; gone once it is.
    "CREATE TABLE partials (ask INTEGER NOT NULL, piece INTEGER NOT NULL, partial BLOB NOT NULL,"
    " checksum INTEGER NOT NULL, PRIMARY KEY (ask, piece))",
    "CREATE TABLE events (event INTEGER PRIMARY KEY, time REAL NOT NULL, kind TEXT NOT NULL,"
    " detail TEXT NOT NULL)",
)

STEPS: Mapping[int, tuple[str, ...]] = {
    1: (
        # What else a question gives (``others``) and its answer holds (``metric``, ...).
        "CREATE TABLE extras (number INTEGER NOT NULL, name TEXT NOT NULL, array BLOB NOT NULL,"
        " checksum INTEGER NOT NULL, PRIMARY KEY (number, name))",
    ),
    2: (
        # One row for each question and start: which pieces it ran, when, and how long in circuits.
        "CREATE TABLE moments (ask INTEGER NOT NULL, start INTEGER NOT NULL,"
        " moments BLOB NOT NULL, checksum INTEGER NOT NULL, PRIMARY KEY (ask, start))"
        " WITHOUT ROWID",
    ),
    3: (
        # The state of a run that is not replayed, such as a training, after so many steps.
        "CREATE TABLE checkpoints (step INTEGER PRIMARY KEY, time REAL NOT NULL,"
        " state BLOB NOT NULL, checksum INTEGER NOT NULL)",
    ),
}
"""For each older version, the statements that migrate it to the next."""


def tables(version: int = VERSION) -> tuple[str, ...]:
    """Return the tables of a version."""
    return _FIRST + tuple(step for older in range(1, version) for step in STEPS[older])


class ForeignError(ValueError):
    """The database is not a journal, or this version cannot read it."""


def create(connection: sqlite3.Connection) -> None:
    """Create the tables in an empty database, within the open transaction."""
    for statement in tables():
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def is_empty(connection: sqlite3.Connection) -> bool:
    """Return whether a database is empty, as after a creation that was cut short."""
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return not tables and _number(connection, "application_id") == 0


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a journal.

    Raises:
        ForeignError: the database is no journal, or one of a newer version.
    """
    if _number(connection, "application_id") != APPLICATION_ID:
        raise ForeignError("a database of another program")
    version = _number(connection, "user_version")
    if version > VERSION:
        raise ForeignError(
            f"a journal of format {version}, and this version of hybrid reads up to {VERSION}"
        )
    if version < 1:
        raise ForeignError(f"a journal of format {version}, which does not exist")
    return version


def check_tables(connection: sqlite3.Connection) -> None:
    """Refuse a journal whose tables differ from ours in any character.

    So nothing of a file's own schema (triggers, views, generated columns, indices over
    expressions) is ever run by a query.

    Raises:
        ForeignError: a table is missing, other than ours, or one too many.
    """
    found = connection.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL LIMIT 100"
    ).fetchall()
    if sorted(str(row[0]) for row in found) != sorted(tables(version_of(connection))):
        raise ForeignError("a journal whose tables are not those of its format")


def migrate(connection: sqlite3.Connection) -> None:
    """Migrate a journal to this version, in one transaction."""
    version = version_of(connection)
    if version == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    for older in range(version, VERSION):
        for statement in STEPS[older]:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])

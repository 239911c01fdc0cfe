"""The record of a run in one SQLite file, written during the run and replayed to resume it.

:func:`open_journal` opens a journal for reading; a run writes through :class:`Writer`. The tables
are in ``schema.py``; ``database.py`` explains safety on network file systems and after a crash.
"""

from __future__ import annotations

from hybrid.journal.columns import Questions, Timings
from hybrid.journal.identity import Identity, carries_over, differences
from hybrid.journal.lock import is_locked
from hybrid.journal.reader import Journal, open_journal, peek
from hybrid.journal.rows import Answer, Event, PieceRow, Start, Unfinished
from hybrid.journal.writer import Writer

__all__ = [
    "Answer",
    "Event",
    "Identity",
    "Journal",
    "PieceRow",
    "Questions",
    "Start",
    "Timings",
    "Unfinished",
    "Writer",
    "carries_over",
    "differences",
    "is_locked",
    "open_journal",
    "peek",
]

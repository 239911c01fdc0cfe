"""The record of a run in one SQLite file: written while it goes on, replayed to resume it.

:func:`open_journal` reads one; :class:`Writer` is what a run writes with. What the file holds is
in ``schema.py``, why it is safe on network file systems and against a crash in ``database.py``.
"""

from __future__ import annotations

from hybrid.journal.identity import Identity, carries_over, differences
from hybrid.journal.reader import Journal, open_journal, peek
from hybrid.journal.rows import Answer, Event, PieceRow, Start, Unfinished
from hybrid.journal.writer import Writer

__all__ = [
    "Answer",
    "Event",
    "Identity",
    "Journal",
    "PieceRow",
    "Start",
    "Unfinished",
    "Writer",
    "carries_over",
    "differences",
    "open_journal",
    "peek",
]

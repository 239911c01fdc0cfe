"""Notices on standard error that never raise."""

from __future__ import annotations

import sys
from contextlib import suppress


def notify(text: str) -> None:
    """Print a line on standard error; drop it where standard error is closed, full or unread.

    A notice must not change how a job ends: its exit code, and what the other ranks are told.

    Example:
        >>> notify("rank 0 waits")
    """
    stream = sys.stderr
    if stream is None:  # the process was started with it closed; print(file=None) means stdout
        return
    with suppress(OSError, ValueError):
        print(text, file=stream, flush=True)

"""Notices on standard error that never raise."""

from __future__ import annotations

import os
import sys


def notify(text: str) -> None:
    """Print a line on standard error; drop it where standard error is closed, full or unread.

    A notice must not change how a job ends: its exit code, and what the other ranks are told.

    Example:
        >>> notify("rank 0 waits")
    """
    stream = sys.stderr
    if stream is None:  # the process was started with it closed; print(file=None) means stdout
        return
    try:
        print(text, file=stream, flush=True)
    except (OSError, ValueError):
        # What stays in its buffer would fail again at the end of Python, which then exits with 120.
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115, it serves until the process ends

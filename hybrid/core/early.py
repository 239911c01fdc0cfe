"""Signals that arrive while the command line's imports load.

Loading takes seconds, up to a minute on a busy file system. A batch system's notice that arrives
meanwhile is kept for the run. Control-C ends the process at once, because a KeyboardInterrupt
inside an import would only print a traceback of the import.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from hybrid.core.codes import INTERRUPTED

NOTICE = signal.SIGUSR1
"""Sent by batch systems before they end a job; without a handler it ends the process."""

_came: list[int] = []


def listen() -> None:
    """Remember the notice from now on; called by the command line before its imports."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(NOTICE, _keep)


def end_on_control_c() -> None:
    """End the process at Control-C until :func:`loaded`, unless it is ignored (``nohup``)."""
    if _handled_by(signal.default_int_handler):
        signal.signal(signal.SIGINT, _end)


def loaded() -> None:
    """Let Control-C raise KeyboardInterrupt again."""
    if _handled_by(_end):
        signal.signal(signal.SIGINT, signal.default_int_handler)


def came() -> bool:
    """Return whether the notice has arrived, and clear it."""
    found = bool(_came)
    _came.clear()
    return found


def _handled_by(handler: object) -> bool:
    on_main = threading.current_thread() is threading.main_thread()
    return on_main and signal.getsignal(signal.SIGINT) is handler


def _keep(number: int, frame: FrameType | None) -> None:
    _came.append(number)


def _end(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)

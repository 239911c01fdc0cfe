"""Signals that come while the program of the command line is being loaded.

Loading takes seconds, on a busy file system a minute. A batch system may give notice meanwhile:
it is kept for the run that it is meant for. Control-C ends the process at once, because an
exception inside an import would print where the import stood and nothing else.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

NOTICE = signal.SIGUSR1
"""What batch systems are told to send before they end a job; unheard, it ends the process."""

INTERRUPTED = 130
"""The exit code of a process that Control-C has ended, by the convention of shells."""

_came: list[int] = []


def listen() -> None:
    """Keep the notice from now on; for programs that are the command line's, before they load."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(NOTICE, _keep)


def end_on_control_c() -> None:
    """End the process at Control-C until :func:`loaded`; unless it is ignored, as by ``nohup``."""
    if _handled_by(signal.default_int_handler):
        signal.signal(signal.SIGINT, _end)


def loaded() -> None:
    """Let Control-C raise KeyboardInterrupt again."""
    if _handled_by(_end):
        signal.signal(signal.SIGINT, signal.default_int_handler)


def came() -> bool:
    """Return whether the notice has come, and forget it."""
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

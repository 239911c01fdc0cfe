"""A signal that comes while the program is being loaded is kept for the run that it is meant for.

Loading takes seconds, on a busy file system a minute, and a batch system may give notice meanwhile.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

NOTICE = signal.SIGUSR1
"""What batch systems are told to send before they end a job; unheard, it ends the process."""

_came: list[int] = []


def listen() -> None:
    """Keep the notice from now on; for programs that are the command line's, before they load."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(NOTICE, _keep)


def came() -> bool:
    """Return whether the notice has come, and forget it."""
    found = bool(_came)
    _came.clear()
    return found


def _keep(number: int, frame: FrameType | None) -> None:
    _came.append(number)

"""Progress for people: on a terminal, in a log file, in a notebook.

A display is an observer of runs and of phases (``core/phases.py``). ``status.py`` holds what is
known, ``board.py`` when it is drawn; the other files draw it.
"""

from __future__ import annotations

from hybrid.display.here import progress

__all__ = ["progress"]

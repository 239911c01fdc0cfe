"""Writes to a journal until something stops it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hybrid.core.ask import Ask, Told
from hybrid.journal import Identity, Writer


def grow(path: Path) -> None:
    """Add answers for ever."""
    with Writer(path, Identity({"circuit": "a" * 64}, 7), {}) as writer:
        while True:
            number = writer.count
            writer.ask(number, Ask(np.ones((2, 6)), True, number))
            writer.told(number, Told(np.ones(2), np.ones((2, 6))), 0.1)
            if number % 50 == 0:
                writer.flush()

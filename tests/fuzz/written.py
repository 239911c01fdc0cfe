"""A random file, and what it says."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Written:
    """A file for a reader.

    Attributes:
        text: its content.
        expected: what it says, in the form that the reader of its kind returns here; or None
            where it was damaged.
    """

    text: str
    expected: object


def encoded(draw: random.Random, text: str) -> str:
    """Return a text with line ends and a byte order mark as other systems write them."""
    text = text.replace("\n", draw.choice(["\n", "\n", "\r\n"]))
    return draw.choice(["", "", "", "\ufeff"]) + text

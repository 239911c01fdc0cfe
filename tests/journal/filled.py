"""A journal with known content."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hybrid.core.ask import Ask, Told
from hybrid.journal import Identity, Writer

WHO = Identity({"circuit": "a" * 64}, 7)


def fill(path: Path, answers: int = 20) -> None:
    points = np.linspace(0.0, 1.0, 12).reshape(2, 6)
    with Writer(path, WHO, {"kind": "script"}) as writer:
        writer.start(["host"], "native", "one piece", {})
        for number in range(answers):
            writer.ask(number, Ask(points + number, True, number))
            writer.piece(number, 0, 0, predicted=None, measured=0.1, partial=points)
            writer.told(number, Told(points[:, 0] + number, points), 0.1)
        writer.ask(answers, Ask(points))
        writer.piece(answers, 0, 0, predicted=0.2, measured=0.1, partial=points)

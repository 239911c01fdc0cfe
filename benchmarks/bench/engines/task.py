"""What an engine gives back when it is handed a workload."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Answer:
    """The value of a workload (energy or loss) and, where asked for, its gradient by weights."""

    value: float
    gradient: np.ndarray | None = None

    @property
    def gradient_norm(self) -> float | None:
        """The Euclidean norm of the gradient."""
        return None if self.gradient is None else float(np.linalg.norm(self.gradient))


@dataclass(frozen=True)
class Task:
    """A workload made ready.

    Attributes:
        run: the work that is timed.
        answer: turns what ``run`` returned into numbers, outside the timing.
    """

    run: Callable[[], Any]
    answer: Callable[[Any], Answer]

"""Tasks: workloads prepared by an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Answer:
    """The value of a workload (energy or loss) and, on request, its gradient by the weights."""

    value: float
    gradient: np.ndarray | None = None

    @property
    def gradient_norm(self) -> float | None:
        """The Euclidean norm of the gradient."""
        return None if self.gradient is None else float(np.linalg.norm(self.gradient))


@dataclass(frozen=True)
class Task:
    """A prepared workload.

    Attributes:
        run: the work that is timed.
        answer: turns what ``run`` returned into numbers, outside the timing.
    """

    run: Callable[[], Any]
    answer: Callable[[Any], Answer]

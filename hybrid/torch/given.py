"""The arguments of ``hybrid.train``, as passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Given:
    """Arguments that nobody has checked yet; see :func:`hybrid.train`."""

    model: Any
    data: Any
    loss: Callable[[Any, Any], Any]
    optimizer: Any
    epochs: int
    batch_size: int
    validation: Any
    metrics: Mapping[str, Callable[[Any, Any], Any]] | None
    schedule: Any
    shuffle: bool
    clip: float | None
    patience: int | None
    grain: int | None
    seed: int | None
    threads: int | None
    observer: Callable[[Any], Any] | None
    journal: Any
    time_limit: float | None
    budget: float | None

"""Reports of a training run: its epochs, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hybrid.core.outcome import Outcome


@dataclass(frozen=True)
class Epoch:
    """One pass over the samples.

    Attributes:
        epoch: from 1.
        loss: mean of the losses of its steps, each taken before the update.
        metrics: the same for each metric, by name.
        validation: loss and metrics over the validation data after the epoch, by name; empty
            without such data.
        learning_rate: of the first group of parameters, in the epoch's last step.
        seconds: duration; that of its last part if the run was resumed.
    """

    epoch: int
    loss: float
    metrics: Mapping[str, float]
    validation: Mapping[str, float]
    learning_rate: float
    seconds: float

    def __str__(self) -> str:
        """Return one line."""
        shown = [f"loss {self.loss:.6g}", *(f"{k} {v:.4g}" for k, v in self.metrics.items())]
        shown += [f"validation {k} {v:.4g}" for k, v in self.validation.items()]
        return f"epoch {self.epoch}: {', '.join(shown)} ({self.seconds:.3g} s)"

    def plain(self) -> dict[str, Any]:
        """Return plain data, for messages and checkpoints."""
        return asdict(self)


@dataclass(frozen=True)
class Training:
    """The result of :func:`hybrid.train`; the same on every rank, but for durations.

    Attributes:
        epochs: one entry for each finished epoch.
        steps: number of updates.
        outcome: how the run ended.
        message: one sentence.
        seed: the seed of the run.
        quantum: fraction of the pieces' time that was spent in circuits, over all ranks; NaN if no
            piece was run.
        split: how one step is split over the ranks, and whether circuits or the classical part
            bound it.
        core_seconds: core-seconds of all ranks.
    """

    epochs: tuple[Epoch, ...]
    steps: int
    outcome: Outcome
    message: str
    seed: int
    quantum: float
    split: str
    core_seconds: float

    @property
    def loss(self) -> float:
        """The loss of the last epoch; NaN if none was finished."""
        return self.epochs[-1].loss if self.epochs else float("nan")

    def __str__(self) -> str:
        """Return a few lines."""
        last = f"{self.epochs[-1]}\n" if self.epochs else ""
        return f"{last}{self.message} {self.split}"

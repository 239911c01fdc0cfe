"""The training loop on rank 0: batches, updates, epochs, checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from hybrid.core.outcome import Outcome
from hybrid.core.seeds import derive
from hybrid.runtime import Done, Stopped, Stops, Team
from hybrid.torch.record import NoRecord, Record
from hybrid.torch.result import Epoch
from hybrid.torch.state import decode, encode
from hybrid.torch.task import Batch, Task, one_thread

_SHUFFLE = 2
"""Key of the seeds of shuffles."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a training does, besides model and data.

    Attributes:
        optimizer: of torch, without steps yet.
        schedule: of torch, or None; steps after each epoch.
        by_value: whether the schedule takes the loss.
        epochs: number of epochs.
        batch_size: samples of a batch.
        shuffle: whether to shuffle the samples before each epoch.
        clip: largest norm of the gradient, or None.
        patience: epochs without improvement before the training stops, or None.
        observer: called with each :class:`Epoch` on rank 0; a string that it returns stops the run.
    """

    optimizer: torch.optim.Optimizer
    schedule: Any
    by_value: bool
    epochs: int
    batch_size: int
    shuffle: bool
    clip: float | None
    patience: int | None
    observer: Callable[[Epoch], Any] | None


@dataclass
class Book:
    """How far a training is; plain data in every checkpoint.

    Attributes:
        step: number of updates.
        asks: number of batches evaluated, which keys the seeds of the next.
        in_epoch: updates in the present epoch.
        sums: loss and metrics of the present epoch, each weighted by its samples.
        epochs: the finished epochs.
        values: what the schedule was given after each epoch.
    """

    step: int = 0
    asks: int = 0
    in_epoch: int = 0
    sums: list[float] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


class Loop:
    """The loop around one team; on rank 0.

    Args:
        team: the ranks.
        task: evaluates batches.
        settings: what to do.
        seed: seed of the run.
        stops: reasons to stop early.
        record: the journal, or nothing.
    """

    def __init__(
        self,
        team: Team[Batch],
        task: Task,
        settings: Settings,
        seed: int,
        stops: Stops,
        record: Record | NoRecord,
    ) -> None:
        self._team, self._task, self._settings = team, task, settings
        self._seed, self._stops, self._record = seed, stops, record
        self._book = Book()
        self._spent = [0.0, 0.0]
        self._longest = 0.0
        self._split = ""

    def run(self) -> dict[str, Any]:
        """Train; return the result as a message for all ranks."""
        with ExitStack() as contexts:
            contexts.enter_context(one_thread())
            self._split = self._described()
            self._record.begin(self._split)
            self._resume()
            outcome, message = self._trained()
        blob = self._blob()
        self._record.ended(self._book.step, blob, {"outcome": outcome.value, "message": message})
        return {
            "state": blob,
            "epochs": self._book.epochs,
            "steps": self._book.step,
            "outcome": outcome.value,
            "message": message,
            "quantum": self._spent[1] / self._spent[0] if self._spent[0] else math.nan,
            "split": self._split,
        }

    def _described(self) -> str:
        """Return how a step is split over the ranks, and what bounds it."""
        size = min(self._settings.batch_size, self._task.training.size)
        plan = self._team.plan(self._task.ask(np.arange(size), gradient=True, step=0))
        pieces = f"{len(plan.pieces)} piece{'s' * (len(plan.pieces) != 1)}"
        grain = min(self._task.grain, size)
        ranks = len(plan.active_ranks)
        return (
            f"A step of {size} samples is {pieces} of {grain} samples on {ranks} "
            f"rank{'s' * (ranks != 1)}, {self._task.cost.bound(grain)}."
        )

    def _resume(self) -> None:
        """Go on from the last checkpoint: the schedule takes its steps again."""
        blob = self._record.checkpoint()
        if blob is None:
            return
        book = dict(decode(blob, self._task.model, self._settings.optimizer))
        book.pop("memory")
        self._book = Book(**book)
        for value in self._book.values:
            self._step_schedule(value)
        for _ in range(self._book.asks):
            self._team.skip()

    def _trained(self) -> tuple[Outcome, str]:
        settings, book = self._settings, self._book
        try:
            while len(book.epochs) < settings.epochs:
                stale = self._stale()
                if stale is not None:
                    return Outcome.CONVERGED, stale
                reason = self._epoch()
                if reason is not None:
                    return Outcome.STOPPED, f"Stopped by the observer: {reason}"
        except Stopped as stopped:
            self._record.stopped(book.step, self._blob, stopped.reason)
            return (
                Outcome.INTERRUPTED,
                f"Interrupted by {stopped.reason} after {book.step} steps.",
            )
        except _NotFiniteError as error:
            return Outcome.NOT_FINITE, str(error)
        return self._end()

    def _end(self) -> tuple[Outcome, str]:
        stale = self._stale()
        if stale is not None:
            return Outcome.CONVERGED, stale
        return Outcome.FINISHED, f"Trained for {len(self._book.epochs)} epochs."

    def _epoch(self) -> str | None:
        """Train for the rest of an epoch; return why to stop, or None."""
        settings, book, task = self._settings, self._book, self._task
        start = time.perf_counter()
        order = self._order(len(book.epochs))
        book.sums = book.sums or [0.0] * (1 + len(task.metrics))
        rate = float(settings.optimizer.param_groups[0]["lr"])
        for first in range(book.in_epoch * settings.batch_size, len(order), settings.batch_size):
            samples = order[first : first + settings.batch_size]
            found = self._update(samples)
            each = [found.loss, *found.metrics.tolist()]
            book.sums = [a + b * len(samples) for a, b in zip(book.sums, each, strict=True)]
            book.step += 1
            book.in_epoch += 1
            self._record.maybe(book.step, self._blob)
            if first + settings.batch_size < len(order):
                self._stops.look_ahead(self._longest)
        return self._close_epoch(rate, start, len(order))

    def _close_epoch(self, rate: float, start: float, size: int) -> str | None:
        book, settings = self._book, self._settings
        loss, *metrics = (total / size for total in book.sums)
        validation = self._validate()
        names = list(self._task.metrics)
        made = Epoch(
            len(book.epochs) + 1,
            loss,
            dict(zip(names, metrics, strict=True)),
            validation,
            rate,
            time.perf_counter() - start,
        )
        value = validation.get("loss", loss)
        self._step_schedule(value)
        book.epochs.append(made.plain())
        book.values.append(value)
        book.in_epoch, book.sums = 0, []
        self._record.epoch(made)
        self._record.maybe(book.step, self._blob)
        told = None if settings.observer is None else settings.observer(made)
        if isinstance(told, str):
            return told
        if len(book.epochs) < settings.epochs and self._stale() is None:
            self._stops.look_ahead(self._longest)
        return None

    def _update(self, samples: Any) -> Batch:
        """Evaluate one batch on all ranks, and take a step."""
        start = time.perf_counter()
        parameters, settings = self._task.parameters, self._settings
        ask = self._task.ask(samples, gradient=True, step=self._book.step)
        found = self._team.ask(ask, heard=self._heard)
        self._book.asks = self._team.number
        if not (math.isfinite(found.loss) and np.isfinite(found.slopes).all()):
            raise _NotFiniteError(
                f"The loss or its gradient was NaN or infinite in step {self._book.step + 1}; the "
                "model is as before that step."
            )
        parameters.set_slopes(found.slopes, found.has)
        if settings.clip is not None:
            torch.nn.utils.clip_grad_norm_(parameters.tensors, settings.clip)
        settings.optimizer.step()
        parameters.forget_slopes()
        self._longest = max(self._longest, time.perf_counter() - start)
        return found

    def _validate(self) -> dict[str, float]:
        source = self._task.validation
        if source is None:
            return {}
        ask = self._task.ask(np.arange(source.size), gradient=False, step=self._book.step)
        found = self._team.ask(ask, heard=self._heard)
        self._book.asks = self._team.number
        names = ["loss", *self._task.metrics]
        return dict(zip(names, [found.loss, *found.metrics.tolist()], strict=True))

    def _order(self, epoch: int) -> Any:
        size = self._task.training.size
        if not self._settings.shuffle:
            return np.arange(size)
        return np.random.default_rng(derive(self._seed, _SHUFFLE, epoch)).permutation(size)

    def _step_schedule(self, value: float) -> None:
        schedule = self._settings.schedule
        if schedule is not None:
            schedule.step(value) if self._settings.by_value else schedule.step()

    def _stale(self) -> str | None:
        """Return why there is no further epoch, if the loss has not improved for long."""
        values, patience = self._book.values, self._settings.patience
        if patience is None or not values:
            return None
        best = int(np.argmin(values))
        since = len(values) - 1 - best
        if since < patience:
            return None
        return (
            f"Stopped early: the loss has not improved for {since} epochs; the lowest was "
            f"{values[best]:.6g}, after epoch {best + 1}."
        )

    def _heard(self, done: Done) -> None:
        self._spent[0] += done.seconds
        self._spent[1] += done.quantum

    def _blob(self) -> bytes:
        return encode(self._task.model, self._settings.optimizer, vars(self._book))


class _NotFiniteError(Exception):
    """A loss or a gradient is not finite."""

"""One batch of samples through model, loss and derivatives, in pieces that any rank can run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece, slices
from hybrid.core.work import OWN_SECONDS, Work
from hybrid.runtime.inside import only_circuits_counted
from hybrid.simulators import Evaluation
from hybrid.torch.cost import Cost
from hybrid.torch.sources import Source
from hybrid.torch.state import Parameters


class Batch(NamedTuple):
    """The answer for one batch.

    Attributes:
        loss: mean over the samples.
        metrics: the same for each metric.
        slopes: shape (P,), gradient of the loss; empty if not wanted.
        has: which parameters have a gradient.
    """

    loss: float
    metrics: FloatArray
    slopes: FloatArray
    has: FloatArray


@dataclass(eq=False)
class Task(Evaluation[Batch]):
    """The mean loss of a model over a batch, and its gradient.

    An Ask has one point: the parameters, followed by the indices of the batch's samples. With
    gradient, the samples are those of training; without, those of validation.

    Attributes:
        model: the model; each rank holds it.
        parameters: its trained parameters.
        loss: mean loss of outputs and targets.
        metrics: further functions of outputs and targets, by name.
        training: samples to train with.
        validation: samples to validate with, or None.
        grain: samples of a piece.
        cost: predicted seconds of a piece.
    """

    answers: ClassVar[Any] = Evaluation.answers

    model: torch.nn.Module
    parameters: Parameters
    loss: Callable[[Any, Any], torch.Tensor]
    metrics: Mapping[str, Callable[[Any, Any], Any]]
    training: Source
    validation: Source | None
    grain: int
    cost: Cost
    _loaded: FloatArray | None = None

    @property
    def description(self) -> str:
        """One line."""
        return f"{type(self.model).__name__} of {self.parameters.size} parameters in PyTorch"

    def ask(self, samples: IntArray, *, gradient: bool, step: int) -> Ask:
        """Return the Ask for a batch, at the model's present parameters."""
        return Ask(
            np.concatenate([self.parameters.numbers(), samples])[None], gradient, iteration=step
        )

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        """Return slices of the samples."""
        return slices(ask.points.shape[1] - self.parameters.size, self.grain, "samples")

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        """Return loss, metrics, gradient and its flags, times the share of its samples."""
        only_circuits_counted()
        numbers, count = ask.points[0], ask.points.shape[1] - self.parameters.size
        if self._loaded is not ask.points:
            self.parameters.load(np.ascontiguousarray(numbers[: self.parameters.size]))
            self._loaded = ask.points
        chosen = numbers[self.parameters.size :][piece.start : piece.stop].astype(np.int64)
        share = len(piece) / count
        source = self.training if ask.gradient or self.validation is None else self.validation
        with seeded(seed), one_thread(), torch.set_grad_enabled(ask.gradient):
            inputs, targets = source.take(chosen)
            self.model.train(ask.gradient)
            outputs = self.model(*inputs)
            loss = checked_loss(self.loss(outputs, targets)) * share
            with torch.no_grad():
                found = [
                    float(metric(outputs, targets)) * share for metric in self.metrics.values()
                ]
            if not ask.gradient:
                return np.array([loss.item(), *found])
            self.parameters.forget_slopes()
            if not torch.isfinite(loss):
                sizes = len(found) + len(self.parameters.tensors) + self.parameters.size
                return np.full(1 + sizes, np.nan)
            loss.backward()
            slopes, has = self.parameters.slopes()
            self.parameters.forget_slopes()
        return np.concatenate([[loss.item(), *found], has, slopes])

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Batch:
        """Return the sums of the pieces, added in their order."""
        total = np.zeros(len(partials[0]))
        for partial in partials:
            total += partial
        first = 1 + len(self.metrics)
        second = first + len(self.parameters.tensors)
        return Batch(float(total[0]), total[1:first], total[second:], total[first:second])

    def work(self, ask: Ask, piece: Piece) -> Work:
        """Return the predicted seconds of the piece's samples."""
        numbers = 1 + len(self.metrics)
        if ask.gradient:
            numbers += len(self.parameters.tensors) + self.parameters.size
        seconds = self.cost.seconds(len(piece)) * (1.0 if ask.gradient else 1.0 / 3.0)
        return Work(OWN_SECONDS, seconds=seconds, answered=8 * numbers)


def checked_loss(loss: Any) -> torch.Tensor:
    """Return a loss of one number.

    Raises:
        InputError: it is something else.
    """
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        shape = f"shape {tuple(loss.shape)}" if isinstance(loss, torch.Tensor) else repr(loss)[:60]
        raise InputError(
            "loss",
            got=shape,
            expected="one number, the mean over the samples, as a tensor",
            advice="use reduction='mean', or take .mean()",
        )
    return loss.reshape(())


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed PyTorch's generator of this process, and restore its state afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """Run PyTorch's operations on one thread, because its sums depend on the number of threads."""
    threads = torch.get_num_threads()
    if threads == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)

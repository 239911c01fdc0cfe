"""``hybrid.train``: data-parallel training of PyTorch models, with the same bits on any ranks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hybrid.torch.given import Given
from hybrid.torch.optional import needs_torch

if TYPE_CHECKING:
    from hybrid.torch.result import Epoch, Training


def train(
    model: Any,
    data: Any,
    loss: Callable[[Any, Any], Any],
    optimizer: Any,
    epochs: int = 1,
    *,
    batch_size: int = 32,
    validation: Any = None,
    metrics: Mapping[str, Callable[[Any, Any], Any]] | None = None,
    schedule: Any = None,
    shuffle: bool = True,
    clip: float | None = None,
    patience: int | None = None,
    grain: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    observer: Callable[[Epoch], Any] | None = None,
    journal: str | os.PathLike[str] | None = None,
    time_limit: float | None = None,
    budget: float | None = None,
) -> Training:
    """Train a PyTorch model on all ranks of the job; every rank ends with the same model.

    Collective: every rank makes the same call, with the same model, data and optimizer. Each batch
    is cut into pieces of samples that any rank can run, through circuits and classical layers. Rank
    0 adds their gradients in the order of the pieces and takes the step, so the trained model has
    the same bits for any number of ranks. PyTorch runs on one thread of each rank meanwhile;
    circuits use all threads.

    Args:
        model: a ``torch.nn.Module`` that treats samples one by one; with
            :class:`hybrid.torch.QuantumLayer` or without. It is trained in place.
        data: a tuple of tensors or arrays of N samples, of which the last one holds the targets and
            the others are the model's inputs; or a map-style ``Dataset`` of such tuples.
        loss: maps outputs and targets to the mean loss, such as ``torch.nn.MSELoss()``.
        optimizer: such as ``torch.optim.Adam(model.parameters(), lr=0.01)``, without steps yet; or
            a function that makes it from the trained parameters.
        epochs: passes over the data.
        batch_size: samples of a step. The last batch of an epoch may be smaller.
        validation: data for validation after each epoch, as ``data``.
        metrics: further functions of outputs and targets, each a mean over the samples, by name.
        schedule: a learning-rate schedule of the optimizer; takes a step after each epoch.
        shuffle: whether to shuffle the samples before each epoch, by the seed.
        clip: largest norm of the gradient; longer ones are scaled.
        patience: stop after so many epochs in which the validation loss (without validation data
            the training loss) was not lower than before.
        grain: samples of a piece. If None, pieces are 1/16 of a batch, or longer where that takes
            less than 2 ms by a count of operations. Changes bits as the batch size does.
        seed: seed of shuffles, dropout and shots. If None, a fresh one is drawn and reported.
        threads: threads of each rank. If None, ranks share the cores of their host.
        observer: called on rank 0 after each epoch with its :class:`hybrid.torch.result.Epoch`. A
            string that it returns stops the training, as its reason.
        journal: file of checkpoints. If it exists, the training goes on from the last one, in the
            middle of an epoch too, on any number of ranks, and ends with the same bits as without
            an interruption. More ``epochs`` than before extend a training.
        time_limit: seconds since the process began after which no step begins. With a journal,
            SLURM's time limit (less a margin) applies too.
        budget: core-hours, of all cores that the ranks hold; a time limit too.

    Returns:
        epochs with losses and metrics, outcome, seed, the fraction of the time spent in circuits,
        and how a step is split.

    Raises:
        InputError: an argument is not usable, the loss is no mean over samples, or a layer mixes
            the samples of a batch; raised before anything runs. RecordError if the journal records
            another training.
        MismatchError: the ranks were given different models, data or settings.
        Suspended: a signal or the time limit stopped a training that has a journal; a SystemExit
            with code 75, on all ranks. Without a journal the model is as after the last step.
        RankError: another rank failed.

    Example:
        >>> import torch
        >>> _ = torch.manual_seed(1)
        >>> model = torch.nn.Linear(1, 1)
        >>> x = torch.linspace(-1.0, 1.0, 64)[:, None]
        >>> adam = torch.optim.Adam(model.parameters(), lr=0.1)
        >>> result = train(model, (x, 2.0 * x), torch.nn.MSELoss(), adam, epochs=60, seed=7)
        >>> result.loss < 1e-2, result.steps
        (True, 120)
    """
    with needs_torch("hybrid.train"):
        from hybrid.torch.run import trained
    return trained(
        Given(
            model=model,
            data=data,
            loss=loss,
            optimizer=optimizer,
            epochs=epochs,
            batch_size=batch_size,
            validation=validation,
            metrics=metrics,
            schedule=schedule,
            shuffle=shuffle,
            clip=clip,
            patience=patience,
            grain=grain,
            seed=seed,
            threads=threads,
            observer=observer,
            journal=journal,
            time_limit=time_limit,
            budget=budget,
        )
    )

"""A training, prepared on every rank and run by a team."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from hybrid.collective.call import Call, Prepared, call_together
from hybrid.collective.topology import cores_of
from hybrid.core.checks import checked_seed, checked_time_limit
from hybrid.core.errors import Suspended
from hybrid.core.notices import notify
from hybrid.core.outcome import Outcome
from hybrid.core.resources import Resources
from hybrid.journal import Identity
from hybrid.loop.provenance import code_contents
from hybrid.loop.recording import Recording, checked_recording
from hybrid.runtime import CONTROL_C, PREEMPTION, Stops, Team, batch_time_limit, on_survivors, world
from hybrid.runtime.world import alone, use
from hybrid.torch import checks
from hybrid.torch.cost import cost_of
from hybrid.torch.given import Given
from hybrid.torch.lead import Loop, Settings
from hybrid.torch.record import opened
from hybrid.torch.result import Epoch, Training
from hybrid.torch.sources import Source
from hybrid.torch.state import Parameters, decode, encode
from hybrid.torch.task import Task


@dataclass(frozen=True, kw_only=True)
class Run(Prepared):
    """A checked training.

    Attributes:
        task: evaluates batches; it is the evaluation.
        settings: what the loop does.
        recording: the journal, or None.
        identity: returns the contents that a journal compares, by name.
        time_limit: in seconds, or None.
    """

    task: Task
    settings: Settings
    recording: Recording | None
    identity: Callable[[], Mapping[str, str]]
    time_limit: float | None


def trained(given: Given) -> Training:
    """Train; see :func:`hybrid.train`."""
    return on_survivors(lambda: _trained(given), "train()")


def _trained(given: Given) -> Training:
    """Train on the present ranks; collective."""
    call = call_together("train()", lambda: _prepared(given))
    task, settings = call.prepared.task, call.prepared.settings
    was_training = [module.training for module in task.model.modules()]
    stops = _stops(call)
    try:
        message, core_seconds = call.team.run(lambda team: _led(team, call, stops), stops=stops)
    except Suspended as suspended:
        if call.world.rank == 0:
            notify(suspended.message)
        raise
    finally:
        for module, flag in zip(task.model.modules(), was_training, strict=True):
            module.training = flag
    decode(message["state"], task.model, settings.optimizer)
    return Training(
        epochs=tuple(Epoch(**each) for each in message["epochs"]),
        steps=message["steps"],
        outcome=Outcome(message["outcome"]),
        message=message["message"],
        seed=call.seed,
        quantum=message["quantum"],
        split=message["split"],
        core_seconds=core_seconds,
    )


def _led(team: Team[Any], call: Call[Run], stops: Stops) -> dict[str, Any]:
    """Run the loop on rank 0; return the result as a message for all ranks."""
    run = call.prepared

    def identity() -> Identity:
        return Identity(run.identity(), call.seed)

    with opened(run.recording, identity, call.world, run.task.description) as record:
        return Loop(team, run.task, run.settings, call.seed, stops, record).run()


def _prepared(given: Given) -> Run:
    """Check the arguments on this rank.

    Raises:
        InputError: one is not usable, or the journal records another training.
    """
    model = checks.check_model(given.model)
    training = Source(given.data, "data")
    validation = None if given.validation is None else Source(given.validation, "validation")
    parameters = Parameters(model)
    optimizer = checks.check_optimizer(given.optimizer, model)
    schedule = checks.check_schedule(given.schedule, optimizer)
    metrics = checks.check_metrics(given.metrics)
    seed = checked_seed(given.seed)
    batch_size = checks.count(given.batch_size, "batch_size")
    settings = Settings(
        optimizer=optimizer,
        schedule=schedule,
        by_value=schedule is not None and checks.takes_a_value(schedule),
        epochs=checks.count(given.epochs, "epochs"),
        batch_size=batch_size,
        shuffle=bool(given.shuffle),
        clip=None if given.clip is None else checks.positive(given.clip, "clip"),
        patience=None if given.patience is None else checks.count(given.patience, "patience"),
        observer=given.observer,
    )
    with use(alone()):  # layers of circuits run here, not on all ranks
        inputs = checks.check_data(training, model, given.loss)
        cost = cost_of(model, inputs)
    size = min(batch_size, training.size)
    task = Task(
        model=model,
        parameters=parameters,
        loss=given.loss,
        metrics=metrics,
        training=training,
        validation=validation,
        grain=cost.grain(size) if given.grain is None else checks.count(given.grain, "grain"),
        cost=cost,
    )
    recording = checked_recording(given.journal, None)
    encode(model, optimizer, {})  # refuses what no checkpoint can hold

    @cache
    def identity() -> Mapping[str, str]:
        return {
            **checks.contents(model, optimizer, given.loss, metrics, schedule),
            "data": training.content(),
            "validation data": "" if validation is None else validation.content(),
            "batches": f"{batch_size} samples in pieces of {task.grain}, "
            f"{'shuffled' if settings.shuffle else 'in order'}",
            "clip": str(settings.clip),
            "patience": str(settings.patience),
            **code_contents(given.loss),
        }

    return Run(
        evaluation=task,
        first_ask=task.ask(np.arange(size), gradient=True, step=0),
        num_qubits=0,
        contents=lambda: {
            **identity(),
            "number of epochs": str(settings.epochs),
            "journal": str(given.journal),
            "time limit": f"{given.time_limit} {given.budget}",
        },
        seed=seed,
        resources=Resources.checked(given.threads),
        recorded_seed=_recorded_seed(recording, identity, seed),
        task=task,
        settings=settings,
        recording=recording,
        identity=identity,
        time_limit=_limit(given),
    )


def _recorded_seed(
    recording: Recording | None, identity: Callable[[], Mapping[str, str]], seed: int | None
) -> int | None:
    """Return the seed of a journal that the training resumes; on rank 0."""
    if recording is None or world().rank > 0:
        return None
    return recording.check(Identity(identity(), seed))


def _limit(given: Given) -> float | None:
    """Return the shorter of the time limit and what the budget leaves."""
    limit = checked_time_limit(given.time_limit)
    if given.budget is None:
        return limit
    hours = checks.positive(given.budget, "budget")
    by_budget = 3600.0 * hours / cores_of(world(), given.threads)
    return by_budget if limit is None else min(limit, by_budget)


def _stops(call: Call[Run]) -> Stops:
    """Return what stops a training early; with a journal, also signals and SLURM's time limit."""
    limit = call.prepared.time_limit
    if call.prepared.recording is None:
        return Stops(CONTROL_C, limit)
    if call.world.rank == 0:
        limits = [each for each in (limit, batch_time_limit()) if each is not None]
        limit = min(limits, default=None)
    return Stops(PREEMPTION, limit)

"""Answer a batch of tapes in one collective call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hybrid.collective.call import Prepared, answer_with_seed
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.digest import digest
from hybrid.core.resources import Resources
from hybrid.core.seeds import derive
from hybrid.pennylane.plans import Plan, Plans
from hybrid.simulators import Evaluation
from hybrid.simulators.together import Part, Together


@dataclass(frozen=True)
class Group:
    """Tapes of one structure, whose points are asked together.

    Attributes:
        plan: of the tapes.
        points: of all tapes, shape (B, P).
        rows: the points of each tape.
        tapes: indices of the tapes in the batch.
        batched: whether each tape has a batch of parameters.
    """

    plan: Plan
    points: FloatArray
    rows: tuple[slice, ...]
    tapes: tuple[int, ...]
    batched: tuple[bool, ...]


def grouped(tapes: Sequence[Any], plans: Plans) -> list[Group]:
    """Return the tapes of a batch by their structure.

    Raises:
        InputError: a tape cannot be run.
    """
    members: dict[int, tuple[Plan, list[int]]] = {}
    for number, tape in enumerate(tapes):
        plan = plans.of(tape)
        members.setdefault(id(plan), (plan, []))[1].append(number)
    found = []
    for plan, numbers in members.values():
        read = [plan.circuit.points(tapes[number]) for number in numbers]
        each = [points for points, _ in read]
        ends = np.cumsum([0, *map(len, each)]).tolist()
        rows = tuple(map(slice, ends[:-1], ends[1:]))
        points = each[0] if len(each) == 1 else np.concatenate(each)
        found.append(Group(plan, points, rows, tuple(numbers), tuple(many for _, many in read)))
    return found


@dataclass(frozen=True)
class Asked:
    """What one rank asks for a batch of tapes.

    Attributes:
        parts: evaluations with their Asks.
        content: returns a digest of everything that must be equal on all ranks.
    """

    parts: Sequence[Part]
    content: Callable[[], str]


def answered(
    name: str, ask: Callable[[], Asked], resources: Resources, seed: int | None = 0
) -> tuple[list[Any], int]:
    """Return the answers of all parts, and the seed of the run, from one collective call.

    Args:
        name: name of the method of the device, for messages.
        ask: checks and compiles the tapes; if it raises on one rank, all ranks do.
        resources: threads, shards and groups.
        seed: seed of the run, or None for a fresh one.
    """
    alone: list[bool] = []

    def prepare() -> Prepared:
        asked = ask()
        parts = tuple(asked.parts)
        alone[:] = [len(parts) == 1]
        evaluation: Evaluation[Any] = parts[0].evaluation if alone[0] else Together(parts)
        return Prepared(
            evaluation=evaluation,
            first_ask=parts[0].ask if alone[0] else Ask(np.empty((len(parts), 0))),
            num_qubits=max((part.num_qubits for part in parts), default=0),
            contents=lambda: {"list of tapes": asked.content()},
            seed=seed,
            resources=resources,
        )

    found, used = answer_with_seed(name, prepare)
    return ([found] if alone[0] else list(found)), used


def results(
    name: str, tapes: Sequence[Any], plans: Plans, resources: Resources, seed: int | None
) -> tuple[Any, ...]:
    """Return the results of tapes, in PennyLane's form."""
    groups: list[Group] = []

    def ask() -> Asked:
        groups[:] = grouped(tapes, plans)
        parts = [
            Part(read.evaluation, read.ask(group.points), group.plan.num_qubits)
            for group in groups
            for read in group.plan.reads
        ]
        return Asked(parts, lambda: content_of(groups))

    found, used = answered(name, ask, resources, seed)
    arranged: list[Any] = [None] * len(tapes)
    answers = iter(found)
    for group in groups:
        own = [next(answers) for _ in group.plan.reads]
        for number, rows, many in zip(group.tapes, group.rows, group.batched, strict=True):
            rng = np.random.default_rng(derive(used, number)) if tapes[number].shots else None
            arranged[number] = arrange(tapes[number], group.plan, own, rows, many, rng)
    return tuple(arranged)


def arrange(
    tape: Any, plan: Plan, answers: Sequence[Any], rows: slice, batched: bool, rng: Any = None
) -> Any:
    """Return the result of a tape: one per measurement, or a tuple of these per part of shots.

    Args:
        tape: the tape.
        plan: of the tape.
        answers: to the reads of the plan, at the points of several tapes.
        rows: the tape's points.
        batched: whether the tape has a batch of parameters.
        rng: for what is random after the evaluation.
    """
    by_member: dict[int, Any] = {}
    for read, answer in zip(plan.reads, answers, strict=True):
        found = read.results(tape, answer, rows, rng)
        by_member.update(zip(read.members, found, strict=True))
    listed = [by_member[member] for member in range(len(by_member))]
    if tape.shots.has_partitioned_shots:
        return tuple(
            _one_or_tuple([parts[k] if batched else parts[k][0] for parts in listed])
            for k in range(tape.shots.num_copies)
        )
    return _one_or_tuple(listed if batched else [each[0] for each in listed])


def content_of(groups: Sequence[Group]) -> str:
    """Return a digest of what is asked."""
    return digest([[group.plan.content, group.points] for group in groups])


def _one_or_tuple(results: Sequence[Any]) -> Any:
    return results[0] if len(results) == 1 else tuple(results)

"""A plan as text and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from hybrid.core.plan import Plan
from hybrid.core.units import core_time, count, duration, size

_MOST_BRANCHES = 12


def tree(plan: Plan) -> str:
    """Return a plan as lines of text: split, alternatives, memory, time, reason.

    Example:
        >>> from hybrid.core.piece import slices
        >>> from hybrid.core.plan import Plan
        >>> plan = Plan(slices(4, 1, "points"), ((0, 1), (2, 3)))
        >>> print(tree(plan).splitlines()[0])
        one evaluation: 4 points in 4 pieces
    """
    return "\n".join([*_split(plan), *_alternatives(plan), *_totals(plan), f"why: {_why(plan)}"])


def as_data(plan: Plan, threads: int | None = None) -> dict[str, Any]:
    """Return a plan as plain data.

    Args:
        plan: the plan.
        threads: threads of each rank with work, if known better than by the plan.
    """
    prediction = plan.prediction
    return {
        "axis": plan.pieces[0].axis,
        "pieces": len(plan.pieces),
        "ranks": plan.num_ranks,
        "ranks_with_work": len(plan.active_ranks),
        "threads": plan.threads if threads is None else threads,
        "shards": plan.shards,
        "groups": len(plan.groups),
        "dynamic": plan.dynamic,
        "memory_bytes": plan.memory_bytes,
        "seconds": None if prediction is None else prediction.wall,
        "core_seconds": None if prediction is None else core_seconds(plan),
        "efficiency": None if prediction is None else efficiency(plan),
        "alternatives": [
            {
                "ranks": each.ranks,
                "threads": each.threads,
                "shards": each.shards,
                "seconds": each.seconds,
                "chosen": each.chosen,
                "note": each.note,
            }
            for each in plan.alternatives
        ],
        "why": _why(plan),
        "branches": [_branch(plan, ranks) for ranks in _alike(plan)],
    }


_MOST_IN_DATA = 256
"""Branches of a plan as data; of very many ranks the last are left out."""


def _alike(plan: Plan) -> list[tuple[int, ...]]:
    """Return the ranks with equally many pieces, next to each other, or the groups."""
    if plan.groups:
        return list(plan.groups)[:_MOST_IN_DATA]
    if plan.dynamic:
        return [plan.workers]
    by_count = groupby(range(plan.num_ranks), key=lambda rank: len(plan.assignment[rank]))
    return [tuple(members) for _, members in by_count][:_MOST_IN_DATA]


def _branch(plan: Plan, ranks: tuple[int, ...]) -> dict[str, Any]:
    """Return what some ranks are to do, each of them, as plain data."""
    leader = ranks[0]
    works = None if plan.prediction is None else plan.prediction.ranks
    return {
        "ranks": list(ranks) if plan.groups else [ranks[0], ranks[-1]],
        "pieces": None if plan.dynamic else len(plan.assignment[leader]),
        "seconds": None if works is None else float(max(works[list(ranks)])),
    }


def core_seconds(plan: Plan) -> float:
    """Return wall time times the cores of the job, idle ones included, as clusters charge."""
    wall = 0.0 if plan.prediction is None else plan.prediction.wall
    return wall * plan.num_ranks * (plan.threads or 1)


def efficiency(plan: Plan) -> float:
    """Return parallel efficiency: the time of one rank over ranks times wall time."""
    prediction = plan.prediction
    if prediction is None or prediction.wall <= 0.0:
        return 1.0
    return prediction.single / (plan.num_ranks * prediction.wall)


def explained(plan: Plan) -> str:
    """Return the summary and the tree of a plan."""
    return f"{summary(plan)}\n{tree(plan)}"


def summary(plan: Plan) -> str:
    """Return a sentence or two: how the work is split, and why."""
    text = _sentence(plan)
    if plan.prediction is not None:
        text += f"; predicted {duration(plan.prediction.wall)} for each evaluation"
    return text


def _sentence(plan: Plan) -> str:
    axis = plan.pieces[0].axis
    idle = plan.num_ranks - len(plan.active_ranks)
    if plan.groups:
        return _in_groups(plan, axis)
    if len(plan.pieces) == 1:
        one = f"one piece along the {axis}, on rank 0"
        if plan.num_ranks == 1:
            return one
        return (
            f"{one}; it cannot be cut further without changing the result: "
            f"{idle} of {plan.num_ranks} ranks idle; rank 0 uses their cores"
        )
    cut = f"{len(plan.pieces)} pieces along the {axis}"
    if plan.num_ranks == 1:
        return f"{cut}, all on rank 0"
    if len(plan.active_ranks) == 1:
        return f"{cut}, all on rank {plan.active_ranks[0]}: {plan.reason or 'the others idle'}"
    others = f", {idle} rank{_s(idle)} idle" if idle else ""
    if idle and len(plan.pieces) <= len(plan.active_ranks):
        others += ": fewer pieces than ranks"
    if plan.dynamic:
        return (
            f"{cut}, drawn by {len(plan.workers)} ranks from a shared counter, because "
            f"{plan.reason or 'their costs are unknown'}{others}"
        )
    counts = [len(indices) for indices in plan.assignment if indices]
    each = f"{min(counts)}" if min(counts) == max(counts) else f"{min(counts)}-{max(counts)}"
    return (
        f"{cut}, {each} on each of {len(counts)} ranks{others}; "
        f"balance of predicted work {plan.balance:.0%}"
    )


def _in_groups(plan: Plan, axis: str) -> str:
    working = [group for group in plan.groups if plan.assignment[group[0]]]
    idle = sorted(set(range(plan.num_ranks)) - set(plan.active_ranks))
    groups = (
        f"{len(working)} groups of {plan.shards} ranks"
        if len(working) > 1
        else (f"{plan.shards} ranks")
    )
    text = (
        f"{count(len(plan.pieces), 'piece')} along the {axis}, on {groups} that share a "
        f"state, because {plan.reason}"
    )
    if idle:
        names = ", ".join(str(rank) for rank in idle[:8])
        more = f" and {len(idle) - 8} more" if len(idle) > 8 else ""
        text += f"; rank{_s(len(idle))} {names}{more} idle"
    return text


def _split(plan: Plan) -> Iterator[str]:
    pieces = plan.pieces
    axis = pieces[0].axis
    points = len({piece.point for piece in pieces})
    units = sum(len(piece) for piece in pieces) if axis != "shots" else pieces[-1].stop
    each = f", for each of {points} points" if points > 1 else ""
    cut = count(len(pieces), "piece")
    yield f"one evaluation: {units} {axis[:-1] if units == 1 else axis} in {cut}{each}"
    if plan.dynamic:
        yield f"└─ {_ranks(plan.workers)}: draw pieces from a shared counter{_threads(plan)}"
        return
    branches = list(_groups(plan)) if plan.groups else list(_single_ranks(plan))
    if len(branches) > _MOST_BRANCHES:
        hidden = len(branches) - _MOST_BRANCHES
        branches = [*branches[:_MOST_BRANCHES], f"... and {hidden} more groups of ranks"]
    for branch in branches[:-1]:
        yield f"├─ {branch}"
    yield f"└─ {branches[-1]}"


def _single_ranks(plan: Plan) -> Iterator[str]:
    works = None if plan.prediction is None else plan.prediction.ranks
    by_count = groupby(range(plan.num_ranks), key=lambda rank: len(plan.assignment[rank]))
    for number, members in by_count:
        ranks = tuple(members)
        what = count(number, "piece") + (" each" if len(ranks) > 1 else "")
        if number == 0:
            yield f"{_ranks(ranks)}: idle"
            continue
        spent = "" if works is None else f", {duration(float(max(works[list(ranks)])))}"
        yield f"{_ranks(ranks)}: {what}{_threads(plan)}{spent}"


def _groups(plan: Plan) -> Iterator[str]:
    works = None if plan.prediction is None else plan.prediction.ranks
    for group in plan.groups:
        number = len(plan.assignment[group[0]])
        if number == 0:
            continue
        spent = "" if works is None else f", {duration(float(works[group[0]]))}"
        yield (
            f"{_ranks(group)}: {count(number, 'piece')}, one state in {len(group)} shards"
            f"{_threads(plan)} on each{spent}"
        )
    idle = tuple(sorted(set(range(plan.num_ranks)) - set(plan.active_ranks)))
    if idle:
        yield f"{_ranks(idle)}: idle"


def _alternatives(plan: Plan) -> Iterator[str]:
    if not plan.alternatives:
        return
    yield "alternatives considered:"
    for each in sorted(plan.alternatives, key=lambda option: option.seconds):
        mark = "->" if each.chosen else "  "
        shape = f"{each.ranks} rank{_s(each.ranks)} x {each.threads} thread{_s(each.threads)}"
        if each.shards > 1:
            groups = each.ranks // each.shards
            shape = (
                f"{groups} group{_s(groups)} x {each.shards} shards x "
                f"{each.threads} thread{_s(each.threads)}"
            )
        note = f"  ({each.note})" if each.note else ""
        yield f"{mark} {shape:<34}{duration(each.seconds):>10}{note}"


def _totals(plan: Plan) -> Iterator[str]:
    yield f"memory: {size(plan.memory_bytes)} of states on each rank with work"
    if plan.prediction is None:
        yield "time not predicted: piece costs are unknown until they run"
        return
    yield (
        f"time: {duration(plan.prediction.wall)} for each evaluation, "
        f"{core_time(core_seconds(plan))}, "
        f"parallel efficiency {efficiency(plan):.0%}"
    )


def _why(plan: Plan) -> str:
    return plan.reason or summary(plan)


def _threads(plan: Plan) -> str:
    return "" if plan.threads is None else f", {plan.threads} thread{_s(plan.threads)}"


def _ranks(ranks: tuple[int, ...]) -> str:
    if len(ranks) == 1:
        return f"rank {ranks[0]}"
    if ranks[-1] - ranks[0] == len(ranks) - 1:
        return f"ranks {ranks[0]}-{ranks[-1]}"
    return f"{len(ranks)} ranks"


def _s(count: int) -> str:
    return "" if count == 1 else "s"

"""Plans whose pieces the ranks draw from a shared counter while they work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hybrid.core.piece import Piece
from hybrid.core.plan import Plan, Prediction
from hybrid.scheduler.assign import by_index, longest_first
from hybrid.scheduler.site import Site

_DRAW_SECONDS = 2e-5
"""What a rank does to draw a piece on its own host, cold caches included."""


def of_unknown_costs(
    pieces: tuple[Piece, ...],
    site: Site,
    ranks: tuple[int, ...],
    threads: int | None,
    memory: int,
    *,
    can_draw: bool,
) -> Plan:
    """Return a plan for pieces whose seconds are not known: drawn, the costliest first.

    Args:
        pieces: with costs in a unit of their own, where they are told.
        site: the ranks.
        ranks: that have the memory, in the order in which they get work.
        threads: of each rank, or None to choose.
        memory: bytes that each rank holds.
        can_draw: whether there is a counter; without, pieces are assigned by their costs.
    """
    count = min(len(ranks), len(pieces))
    workers = tuple(sorted(ranks[:count]))
    chosen = site.threads(workers) if threads is None else threads
    costs = [piece.cost for piece in pieces]
    if count == 1 or not can_draw:
        assignment = longest_first(costs, workers, site.speeds.tolist())
        return Plan(pieces, by_index(pieces, assignment), threads=chosen, memory_bytes=memory)
    told = len(set(costs)) > 1
    return Plan(
        pieces,
        _nothing(site),
        workers=workers,
        order=_descending(pieces, costs),
        threads=chosen,
        memory_bytes=memory,
        reason="costs are told in a unit of their own" if told else "their costs are not known",
    )


def where_others_disturb(plan: Plan, site: Site) -> Plan:
    """Return a plan of assigned pieces as it is, or drawn where that lets ranks wait less.

    On a host that others use too, ranks are slow in turns: those with assigned pieces wait for
    the one that was slow, those that draw wait for the last piece alone. Over a network a draw may
    wait until the counter's owner has done its piece, so only ranks of one host draw.
    """
    workers = plan.active_ranks
    prediction = plan.prediction
    if prediction is None or plan.groups or len(workers) < 2 or len(set(site.host_of)) > 1:
        return plan
    seconds = [float(prediction.pieces[piece.index]) for piece in plan.pieces]
    work = float(prediction.ranks.sum()) / len(workers)
    disturbance = max(site.machines[kind].disturbance for kind in site.machine_of)
    waiting_assigned = 0.5 * (disturbance - 1.0) * float(prediction.ranks.max())
    draws = _DRAW_SECONDS * len(seconds) / len(workers)
    waiting_drawn = 0.5 * max(seconds) + draws
    if waiting_assigned <= waiting_drawn:
        return plan
    ranks = np.zeros(site.size)
    ranks[list(workers)] = work + waiting_drawn
    return replace(
        plan,
        assignment=_nothing(site),
        workers=workers,
        order=_descending(plan.pieces, seconds),
        prediction=Prediction(prediction.pieces, ranks, prediction.messages, prediction.single),
        reason=f"others use this host, and slow its ranks in turns: {plan.reason}",
    )


def _descending(pieces: Sequence[Piece], costs: Sequence[float]) -> tuple[int, ...]:
    order = sorted(range(len(pieces)), key=lambda place: (-costs[place], place))
    return tuple(pieces[place].index for place in order)


def _nothing(site: Site) -> tuple[tuple[int, ...], ...]:
    return ((),) * site.size

"""Dynamic plans: ranks draw pieces from a shared counter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hybrid.core.piece import Piece
from hybrid.core.plan import Plan, Prediction
from hybrid.scheduler.assign import by_index, longest_first
from hybrid.scheduler.topology import Topology

_DRAW_SECONDS = 2e-5
"""Time to draw one piece from a counter on the same host, with cold caches."""


def of_unknown_costs(
    pieces: tuple[Piece, ...],
    topology: Topology,
    ranks: tuple[int, ...],
    threads: int | None,
    memory: int,
    *,
    can_draw: bool,
) -> Plan:
    """Return a plan for pieces of unknown seconds: drawn in descending order of cost.

    Args:
        pieces: their costs are relative; equal if unknown.
        topology: the ranks.
        ranks: those with enough memory, in the order in which they get work.
        threads: threads of each rank, or None to choose.
        memory: bytes held by each rank with work.
        can_draw: whether a shared counter exists; if not, pieces are assigned by cost.
    """
    count = min(len(ranks), len(pieces))
    workers = tuple(sorted(ranks[:count]))
    chosen = topology.threads(workers) if threads is None else threads
    costs = [piece.cost for piece in pieces]
    if count == 1 or not can_draw:
        assignment = longest_first(costs, workers, topology.speeds.tolist())
        return Plan(pieces, by_index(pieces, assignment), threads=chosen, memory_bytes=memory)
    relative = len(set(costs)) > 1
    return Plan(
        pieces,
        _nothing(topology),
        workers=workers,
        order=_descending(pieces, costs),
        threads=chosen,
        memory_bytes=memory,
        reason="only relative costs are known" if relative else "their costs are unknown",
    )


def drawn_under_contention(plan: Plan, topology: Topology) -> Plan:
    """Return the plan, or its pieces drawn instead of assigned if ranks then wait less.

    Other processes on a host slow its ranks in turns. With assigned pieces all ranks wait for the
    slowest one; with drawn pieces they wait for the last piece only. Only ranks of one host draw:
    over a network a draw may wait until the counter's owner has finished its piece.
    """
    workers = plan.active_ranks
    prediction = plan.prediction
    if prediction is None or plan.groups or len(workers) < 2 or len(set(topology.host_of)) > 1:
        return plan
    seconds = [float(prediction.pieces[piece.index]) for piece in plan.pieces]
    work = float(prediction.ranks.sum()) / len(workers)
    contention = max(topology.machines[kind].contention for kind in topology.machine_of)
    waiting_assigned = 0.5 * (contention - 1.0) * float(prediction.ranks.max())
    draws = _DRAW_SECONDS * len(seconds) / len(workers)
    waiting_drawn = 0.5 * max(seconds) + draws
    if waiting_assigned <= waiting_drawn:
        return plan
    ranks = np.zeros(topology.size)
    ranks[list(workers)] = work + waiting_drawn
    return replace(
        plan,
        assignment=_nothing(topology),
        workers=workers,
        order=_descending(plan.pieces, seconds),
        prediction=Prediction(prediction.pieces, ranks, prediction.messages, prediction.single),
        reason=f"other processes on this host slow its ranks in turns; {plan.reason}",
    )


def _descending(pieces: Sequence[Piece], costs: Sequence[float]) -> tuple[int, ...]:
    order = sorted(range(len(pieces)), key=lambda place: (-costs[place], place))
    return tuple(pieces[place].index for place in order)


def _nothing(topology: Topology) -> tuple[tuple[int, ...], ...]:
    return ((),) * topology.size

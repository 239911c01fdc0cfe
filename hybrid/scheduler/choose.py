"""Choosing a plan from pieces and a topology."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from hybrid.core.errors import InputError
from hybrid.core.piece import Piece
from hybrid.core.plan import Plan, Prediction
from hybrid.core.resources import ANY, Resources
from hybrid.core.work import CPU
from hybrid.scheduler.assign import by_index, longest_first, seconds_of_ranks
from hybrid.scheduler.drawing import drawn_under_contention, of_unknown_costs
from hybrid.scheduler.groups import (
    does_not_fit,
    sharding_of,
    shards_to_try,
)
from hybrid.scheduler.messages import Traffic
from hybrid.scheduler.options import (
    Option,
    costs_on,
    counts_to_try,
    different,
    is_known,
    that_fit,
    try_groups,
    try_ranks,
)
from hybrid.scheduler.topology import Topology
from hybrid.scheduler.why import alternatives, reason

_KEPT = 32
_NEAR = 1.02
"""Options within this factor of the fastest count as equal; the one with fewest cores wins."""


@dataclass
class Scheduler:
    """A cached :func:`plan` for the ranks of a topology.

    A pure function of pieces and topology: every rank computes the same plan.

    Attributes:
        topology: the ranks.
        resources: requested threads, shards and groups.
        can_draw: whether ranks may draw pieces from a shared counter.
    """

    topology: Topology
    resources: Resources = ANY
    can_draw: bool = True
    _made: dict[tuple[Piece, ...], Plan] = field(default_factory=dict, repr=False)
    _last: Plan | None = field(default=None, repr=False)

    def __call__(self, pieces: tuple[Piece, ...], num_ranks: int) -> Plan:
        """Return the plan for pieces on all ranks of the topology."""
        last = self._last  # read once: threads of a rank may plan at the same time
        if last is not None and last.pieces is pieces:
            return last
        found = self._made.get(pieces)
        if found is None:
            found = plan(pieces, self.topology, self.resources, can_draw=self.can_draw)
            if len(self._made) > _KEPT:
                self._made.clear()
            self._made[pieces] = found
        # Comparing many pieces is slow; identity is not.
        plan_of_these = found if found.pieces is pieces else replace(found, pieces=pieces)
        self._last = plan_of_these
        return plan_of_these


def plan(
    pieces: tuple[Piece, ...],
    topology: Topology,
    resources: Resources = ANY,
    *,
    can_draw: bool = True,
) -> Plan:
    """Return a plan that splits pieces over the ranks of a topology.

    Each rank works alone, unless groups of ranks share one state: because it does not fit on one
    rank, because sharing is predicted to be faster, or on request.

    Args:
        pieces: all pieces of an Ask, or the unfinished ones, with their work if known.
        topology: the ranks, their hosts and machines.
        resources: requested threads, shards and groups.
        can_draw: whether ranks may draw pieces from a shared counter.

    Returns:
        a plan; pieces are assigned longest first if all costs are known. Otherwise, or if other
        processes slow the host, ranks draw them from a counter.

    Raises:
        InputError: a state does not fit in memory, or the groups cannot be formed.
    """
    threads = resources.threads
    if not pieces:  # the journal holds every partial answer of this Ask
        return Plan((), ((),) * topology.size)
    distinct = different(pieces)
    memory = _memory(distinct, 1)
    device = _device(distinct, topology)
    order = that_fit(topology, memory)
    sizes = shards_to_try(distinct, topology, resources)
    if not all(is_known(piece, topology) for piece in distinct):
        drawn = of_unknown_costs(pieces, topology, order, threads, memory, can_draw=can_draw)
        return replace(drawn, device=device)
    traffic = Traffic.of(pieces)
    tried = []
    if not resources.shards or resources.shards == 1:
        fits = topology.memory_bytes is None or memory <= topology.memory_bytes
        most = min(len(order), resources.groups or len(order))
        tried += [
            option
            for count in (counts_to_try(most, len(pieces)) if fits else ())
            for option in try_ranks(pieces, topology, order[:count], threads, traffic)
        ]
    for shards in sizes:
        tried += try_groups(pieces, topology, shards, threads, resources.groups, traffic)
    if not tried:
        raise does_not_fit(pieces, topology, memory)
    fastest = min(each.wall for each in tried)
    near = [each for each in tried if each.wall <= fastest * _NEAR]
    chosen = min(near, key=lambda each: (each.ranks * each.threads, each.wall))
    made = _static(pieces, topology, chosen, tried, device)
    return drawn_under_contention(made, topology) if can_draw else made


def _static(
    pieces: tuple[Piece, ...], topology: Topology, chosen: Option, tried: list[Option], device: str
) -> Plan:
    speeds = chosen.speeds
    assignment = chosen.assignment or longest_first(
        chosen.seconds.tolist(), chosen.leaders, speeds.tolist()
    )
    works = seconds_of_ranks(chosen.seconds.tolist(), assignment, speeds.tolist())
    of_piece = np.full(max(piece.index for piece in pieces) + 1, np.nan)
    for rank, places in enumerate(assignment):
        indices = [pieces[place].index for place in places]
        of_piece[indices] = chosen.seconds[list(places)] / speeds[rank]
    single, _ = costs_on(pieces, topology, chosen.threads)
    return Plan(
        pieces,
        by_index(pieces, assignment),
        threads=chosen.threads,
        groups=chosen.groups,
        memory_bytes=_memory(different(pieces), chosen.shards),
        prediction=Prediction(of_piece, works, chosen.messages, float(single.sum())),
        alternatives=alternatives(tried, chosen),
        reason=reason(pieces, topology, chosen, tried),
        device=device,
    )


def _memory(distinct: list[Piece], shards: int) -> int:
    """Return the bytes held by each rank with work."""
    if shards > 1:
        return max(sharding_of(piece.work, shards).memory_bytes for piece in distinct)
    works = [piece.work for piece in distinct if piece.work is not None]
    return max((work.memory_bytes for work in works), default=0)


def _device(distinct: list[Piece], topology: Topology) -> str:
    """Return the device for the pieces; pieces of unknown work run on the CPU.

    Raises:
        InputError: they need several devices, or one that some host lacks.
    """
    wanted = {CPU if piece.work is None else piece.work.device for piece in distinct}
    there = topology.devices
    if len(wanted) == 1 and wanted <= there:
        return wanted.pop()
    raise InputError(
        "device",
        got=" and ".join(sorted(wanted)),
        expected=f"one of those that all hosts have: {', '.join(sorted(there))}",
    )

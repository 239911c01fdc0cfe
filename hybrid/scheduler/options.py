"""Options for running pieces: numbers of ranks, threads and groups, with predicted times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.piece import Piece
from hybrid.machine import Machine
from hybrid.scheduler.assign import longest_first, seconds_of_ranks
from hybrid.scheduler.groups import group_seconds, group_speeds, groups_that_fit, sharding_of
from hybrid.scheduler.messages import Traffic
from hybrid.scheduler.topology import Topology
from hybrid.simulators.predict import seconds_of

_EXACTLY = 20_000
"""Up to this many pieces every option is assigned; above, its wall time is bounded."""


@dataclass(frozen=True)
class Option:
    """A set of ranks with a number of threads, and the predicted times."""

    active: tuple[int, ...]
    threads: int
    seconds: FloatArray
    speeds: FloatArray
    messages: float
    wall: float
    assignment: tuple[tuple[int, ...], ...] | None
    groups: tuple[tuple[int, ...], ...] = ()

    @property
    def ranks(self) -> int:
        return len(self.active)

    @property
    def shards(self) -> int:
        return len(self.groups[0]) if self.groups else 1

    @property
    def leaders(self) -> tuple[int, ...]:
        return tuple(group[0] for group in self.groups) or self.active


def that_fit(topology: Topology, memory: int) -> tuple[int, ...]:
    """Return the ranks that fit in the memory of their hosts together.

    They come in the order in which they get work; rank 0 is always among them.
    """
    if topology.memory_bytes is None or memory == 0:
        return topology.work_order
    per_host = max(1, topology.memory_bytes // memory)
    if per_host >= max(topology.ranks_on_host.values()):
        return topology.work_order
    used: Counter[int] = Counter()
    fitting = []
    for rank in topology.work_order:
        used[topology.host_of[rank]] += 1
        if used[topology.host_of[rank]] <= per_host:
            fitting.append(rank)
    return tuple(fitting)


def counts_to_try(num_ranks: int, num_pieces: int) -> list[int]:
    """Return the numbers of ranks to try: as many as can have work, halved down to one."""
    count = min(num_ranks, num_pieces)
    counts = []
    while count > 1:
        counts.append(count)
        count //= 2
    return [*counts, 1]


def try_ranks(
    pieces: tuple[Piece, ...],
    topology: Topology,
    ranks: tuple[int, ...],
    fixed_threads: int | None,
    traffic: Traffic,
) -> list[Option]:
    """Return options for some ranks, with one thread each and with all available threads."""
    active = tuple(sorted(ranks))
    most = topology.threads(active)
    options = {fixed_threads} if fixed_threads is not None else {1, most}
    messages = traffic.seconds(topology.machines[0], len(active))
    found = []
    for threads in sorted(options):
        # None is not among the options; mypy cannot tell.
        found.append(_option(pieces, topology, active, int(threads or 1), messages))
    return found


def _option(
    pieces: tuple[Piece, ...],
    topology: Topology,
    active: tuple[int, ...],
    threads: int,
    messages: float,
) -> Option:
    seconds, speeds = costs_on(pieces, topology, threads)
    seconds = seconds * topology.oversubscription(active, threads)
    return _assigned(Option(active, threads, seconds, speeds, messages, 0.0, None))


def _assigned(option: Option) -> Option:
    """Return an option with its assignment and wall time; many pieces give a lower bound."""
    seconds, speeds, leaders = option.seconds, option.speeds, option.leaders
    if len(seconds) <= _EXACTLY or len(leaders) == 1:
        assignment = longest_first(seconds.tolist(), leaders, speeds.tolist())
        works = seconds_of_ranks(
            seconds.tolist(), [assignment[rank] for rank in leaders], speeds[list(leaders)].tolist()
        )
        return replace(option, wall=float(works.max()) + option.messages, assignment=assignment)
    bound = max(
        float(seconds.sum()) / float(speeds[list(leaders)].sum()),
        float(seconds.max()) / float(speeds[list(leaders)].max()),
    )
    return replace(option, wall=bound + option.messages)


def try_groups(
    pieces: tuple[Piece, ...],
    topology: Topology,
    shards: int,
    fixed_threads: int | None,
    fixed_groups: int | None,
    traffic: Traffic,
) -> list[Option]:
    """Return options for groups of ``shards`` ranks, each sharing one state."""
    memory = max(sharding_of(piece.work, shards).memory_bytes for piece in different(pieces))
    all_groups = groups_that_fit(topology, shards, memory)
    if fixed_groups is not None:
        all_groups = all_groups[:fixed_groups] if len(all_groups) >= fixed_groups else []
    found = []
    for count in counts_to_try(len(all_groups), len(pieces)) if all_groups else ():
        groups = tuple(all_groups[:count])
        active = tuple(sorted(rank for group in groups for rank in group))
        threads = fixed_threads or topology.threads(active)
        seconds = group_seconds(pieces, topology, groups, threads) * topology.oversubscription(
            active, threads
        )
        option = Option(
            active,
            threads,
            seconds,
            group_speeds(costs_on(pieces, topology, threads)[1], groups),
            traffic.seconds(topology.machines[0], len(active)),
            0.0,
            None,
            groups,
        )
        found.append(_assigned(option))
    return found


def costs_on(
    pieces: tuple[Piece, ...], topology: Topology, threads: int
) -> tuple[FloatArray, FloatArray]:
    """Return the seconds of each piece on the first kind of host, and the speed of each rank.

    The speed of a rank is the total time of these pieces on the first kind of host over that on
    its own.
    """
    base = piece_seconds(pieces, topology.machines[0], threads)
    total = float(base.sum())
    factors = [1.0]
    for machine in topology.machines[1:]:
        factors.append(total / float(piece_seconds(pieces, machine, threads).sum()))
    return base, np.array(factors)[list(topology.machine_of)]


def piece_seconds(pieces: Sequence[Piece], machine: Machine, threads: int) -> FloatArray:
    """Return the predicted seconds of pieces whose work is known, shape (pieces,)."""
    known: dict[int, float] = {}
    seconds = np.empty(len(pieces))
    for place, piece in enumerate(pieces):
        key = id(piece.work)  # equal works are one object, see simulators/counted.py
        if key not in known:
            known[key] = seconds_of(piece.work, machine, threads) or 0.0
        seconds[place] = known[key]
    return seconds


def different(pieces: tuple[Piece, ...]) -> list[Piece]:
    """Return one piece for each distinct work."""
    return list({id(piece.work): piece for piece in pieces}.values())


def is_known(piece: Piece, topology: Topology) -> bool:
    """Return whether the seconds of a piece can be predicted on every kind of host."""
    return all(seconds_of(piece.work, machine, 1) is not None for machine in topology.machines)

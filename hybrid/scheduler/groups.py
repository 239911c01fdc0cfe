"""Groups of ranks that share one state: forming them, and the time of a piece on one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.core.memory import gigabytes
from hybrid.core.piece import Piece
from hybrid.core.resources import Resources
from hybrid.core.work import Sharding, Work
from hybrid.scheduler.topology import Topology
from hybrid.simulators.predict import distributed_seconds

MOST_SHARDS = 1 << 10


def shards_to_try(pieces: Iterable[Piece], topology: Topology, resources: Resources) -> list[int]:
    """Return the group sizes above 1 that all pieces and the ranks allow, ascending.

    Raises:
        InputError: the requested number of shards is not among those the pieces allow.
    """
    works = {piece.work for piece in pieces}
    possible = [
        {sharding.shards for sharding in work.shardings} if work is not None else set()
        for work in works
    ]
    common = set.intersection(*possible) if possible else set()
    if resources.shards is not None:
        if resources.shards == 1:
            return []
        if resources.shards not in common:
            _refuse(resources.shards, works, common)
        return [resources.shards]
    return sorted(size for size in common if size <= min(topology.size, MOST_SHARDS))


def _refuse(wanted: int, works: set[Work | None], common: set[int]) -> None:
    widths = [work.num_qubits for work in works if work is not None and work.engine == "native"]
    if common:
        raise InputError(
            "shards",
            got=wanted,
            expected=f"at most {max(common)} for a state of {max(widths)} qubits",
            advice="a shard must hold at least one block of the kernels, and the widest operation",
        )
    if any(work.amplitudes for work in works if work is not None):
        raise InputError(
            "shards",
            got=wanted,
            expected="1 for a state in a symmetry sector, which one rank holds",
            advice="sector=False keeps the state dense, and can distribute it",
        )
    if widths:
        raise InputError(
            "shards",
            got=wanted,
            expected=f"1 for a state of {max(widths)} qubits",
            advice="a shard would be smaller than a block of the kernels; points, samples and "
            "shots can use more ranks",
        )
    raise InputError(
        "shards",
        got=wanted,
        expected="1 for this simulator or workload",
        advice="only simulator 'native' distributes states over ranks",
    )


def sharding_of(work: Work | None, shards: int) -> Sharding:
    """Return the cost of distributing a state over ``shards`` ranks."""
    assert work is not None
    return next(each for each in work.shardings if each.shards == shards)


def groups_that_fit(topology: Topology, shards: int, memory: int) -> list[tuple[int, ...]]:
    """Return groups of neighbouring ranks that fit in memory together, leaders first.

    Ranks are taken host by host, to keep groups within a host if possible. Rank 0 leads the first
    group. Leftover ranks have no group.
    """
    per_host = topology.size
    if topology.memory_bytes is not None and memory > 0:
        per_host = topology.memory_bytes // memory
    used: Counter[int] = Counter()
    ranks = []
    for rank in sorted(range(topology.size), key=lambda rank: (topology.host_of[rank], rank)):
        used[topology.host_of[rank]] += 1
        if used[topology.host_of[rank]] <= per_host:
            ranks.append(rank)
    return [
        tuple(ranks[start : start + shards]) for start in range(0, len(ranks) - shards + 1, shards)
    ]


def group_seconds(
    pieces: Sequence[Piece], topology: Topology, groups: Sequence[tuple[int, ...]], threads: int
) -> FloatArray:
    """Return the predicted seconds of pieces on the slowest kind of group, shape (pieces,)."""
    shards = len(groups[0])
    near = min(max(Counter(topology.host_of[rank] for rank in group).values()) for group in groups)
    machine = topology.machines[0]
    known: dict[Work | None, float] = {}
    seconds = np.empty(len(pieces))
    for place, piece in enumerate(pieces):
        if piece.work not in known:
            sharding = sharding_of(piece.work, shards)
            known[piece.work] = distributed_seconds(piece.work, machine, threads, sharding, near)
        seconds[place] = known[piece.work]
    return seconds


def group_speeds(speeds: FloatArray, groups: Sequence[tuple[int, ...]]) -> FloatArray:
    """Return, for every leader, the speed of its group: that of the slowest member; else 1.

    Args:
        speeds: speed of each rank alone, shape (ranks,).
        groups: groups of ranks, leaders first.
    """
    led = np.ones_like(speeds)
    for group in groups:
        led[group[0]] = speeds[list(group)].min()
    return led


def does_not_fit(pieces: Sequence[Piece], topology: Topology, memory: int) -> InputError:
    """Return the error for work that does not fit on any number of these ranks."""
    free = topology.memory_bytes or 0
    widest = max((piece.work for piece in pieces if piece.work), key=lambda work: work.num_qubits)
    ranks_a_host = max(topology.ranks_on_host.values())
    also = "; complex64 halves the memory" if widest.complex64_halves else ""
    advice = f"use fewer qubits{also}"
    for sharding in widest.shardings:
        hosts = -(-sharding.shards // ranks_a_host)
        if sharding.memory_bytes * min(ranks_a_host, sharding.shards) <= free:
            advice = (
                f"use {sharding.shards} ranks on {hosts} hosts, with "
                f"{gigabytes(sharding.memory_bytes)} on each rank{also}"
            )
            break
    return InputError(
        "memory",
        got=f"a state of {widest.num_qubits} qubits that needs {gigabytes(memory)} on one rank",
        expected=f"at most the {gigabytes(free)} free on "
        f"{topology.scarcest or 'each host'}, shared by {ranks_a_host} of {topology.size} ranks",
        advice=advice,
    )

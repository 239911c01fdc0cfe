"""Groups of ranks that share one state each: which may be formed, and what a piece takes on one."""

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
from hybrid.scheduler.site import Site
from hybrid.simulators.predict import spread_seconds

MOST_SHARDS = 1 << 10


def shards_to_try(pieces: Iterable[Piece], site: Site, resources: Resources) -> list[int]:
    """Return group sizes above 1 that all pieces and the ranks allow, ascending.

    Raises:
        InputError: the user wants a size that the pieces do not allow.
    """
    loads = {piece.work for piece in pieces}
    possible = [
        {sharding.shards for sharding in load.shardings} if load is not None else set()
        for load in loads
    ]
    common = set.intersection(*possible) if possible else set()
    if resources.shards is not None:
        if resources.shards == 1:
            return []
        if resources.shards not in common:
            _refuse(resources.shards, loads, common)
        return [resources.shards]
    return sorted(size for size in common if size <= min(site.size, MOST_SHARDS))


def _refuse(wanted: int, loads: set[Work | None], common: set[int]) -> None:
    widths = [load.num_qubits for load in loads if load is not None and load.engine == "native"]
    if common:
        raise InputError(
            "shards",
            got=wanted,
            expected=f"at most {max(common)} for a state of {max(widths)} qubits",
            advice="a shard must be no smaller than a block of the kernels, and than the widest "
            "operation",
        )
    if widths:
        raise InputError(
            "shards",
            got=wanted,
            expected=f"1 for a state of {max(widths)} qubits",
            advice="a shard would be smaller than a block of the kernels; the axes of points, "
            "samples and shots use more ranks",
        )
    raise InputError(
        "shards",
        got=wanted,
        expected="1 for this simulator or workload",
        advice="states are spread over ranks by simulator 'native' alone",
    )


def sharding_of(load: Work | None, shards: int) -> Sharding:
    """Return what spreading a state over so many ranks takes."""
    assert load is not None
    return next(each for each in load.shardings if each.shards == shards)


def groups_that_fit(site: Site, shards: int, memory: int) -> list[tuple[int, ...]]:
    """Return groups of neighbouring ranks that have the memory at the same time, leaders first.

    Ranks are taken host by host, so that groups lie on one host where they can. Rank 0 leads the
    first group. Ranks left over have no group.
    """
    per_host = site.size
    if site.memory_bytes is not None and memory > 0:
        per_host = site.memory_bytes // memory
    used: Counter[int] = Counter()
    ranks = []
    for rank in sorted(range(site.size), key=lambda rank: (site.host_of[rank], rank)):
        used[site.host_of[rank]] += 1
        if used[site.host_of[rank]] <= per_host:
            ranks.append(rank)
    return [
        tuple(ranks[start : start + shards]) for start in range(0, len(ranks) - shards + 1, shards)
    ]


def group_seconds(
    pieces: Sequence[Piece], site: Site, groups: Sequence[tuple[int, ...]], threads: int
) -> FloatArray:
    """Return the predicted seconds of pieces on the slowest kind of group, shape (pieces,)."""
    shards = len(groups[0])
    near = min(max(Counter(site.host_of[rank] for rank in group).values()) for group in groups)
    machine = site.machines[0]
    known: dict[Work | None, float] = {}
    seconds = np.empty(len(pieces))
    for place, piece in enumerate(pieces):
        if piece.work not in known:
            sharding = sharding_of(piece.work, shards)
            known[piece.work] = spread_seconds(piece.work, machine, threads, sharding, near)
        seconds[place] = known[piece.work]
    return seconds


def group_speeds(speeds: FloatArray, groups: Sequence[tuple[int, ...]]) -> FloatArray:
    """Return for every rank the speed of the group that it leads: that of its slowest member.

    Args:
        speeds: of the ranks by themselves, shape (ranks,).
        groups: of ranks, leaders first.
    """
    led = np.ones_like(speeds)
    for group in groups:
        led[group[0]] = speeds[list(group)].min()
    return led


def does_not_fit(pieces: Sequence[Piece], site: Site, memory: int) -> InputError:
    """Return the refusal of work that no number of these ranks has the memory for."""
    free = site.memory_bytes or 0
    widest = max((piece.work for piece in pieces if piece.work), key=lambda load: load.num_qubits)
    ranks_a_host = max(site.ranks_on_host.values())
    advice = "fewer qubits would fit; complex64 halves the need"
    for sharding in widest.shardings:
        hosts = -(-sharding.shards // ranks_a_host)
        if sharding.memory_bytes * min(ranks_a_host, sharding.shards) <= free:
            advice = (
                f"{sharding.shards} ranks on {hosts} hosts would do, with "
                f"{gigabytes(sharding.memory_bytes)} on each; complex64 halves the need"
            )
            break
    return InputError(
        "memory",
        got=f"a state of {widest.num_qubits} qubits that needs {gigabytes(memory)} on one rank",
        expected=f"at most the {gigabytes(free)} that are free on "
        f"{site.scarcest or 'each host'}, shared by {ranks_a_host} of {site.size} ranks",
        advice=advice,
    )

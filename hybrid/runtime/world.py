"""The ranks of this job and the cores that they may use."""

from __future__ import annotations

import atexit
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache

from hybrid.runtime.communicator import (
    Communicator,
    RanksLost,
    SerialCommunicator,
    host_name,
)
from hybrid.runtime.failure import install_excepthook
from hybrid.runtime.messages import pack, unpack

_LAUNCHER_VARIABLES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "MPI_LOCALNRANKS")
"""What the launchers of MPI libraries set for the processes that they start."""


@dataclass(frozen=True)
class World:
    """All ranks of the job, as every one of them knows it.

    Attributes:
        communicator: how the ranks talk.
        rank_hosts: for each rank the name of its machine.
        rank_cores: for each rank the numbers of the cores that it may run on.
        lost: ranks that have died, in words, where the others went on without them.
    """

    communicator: Communicator
    rank_hosts: tuple[str, ...]
    rank_cores: tuple[frozenset[int], ...]
    lost: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        """This process's number, from 0."""
        return self.communicator.rank

    @property
    def size(self) -> int:
        """How many ranks there are."""
        return self.communicator.size

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names of the machines, each once, in order of their first rank."""
        return tuple(dict.fromkeys(self.rank_hosts))


def world() -> World:
    """Return the job that this process belongs to; the first call starts MPI where there is one.

    Collective over the ranks of the job. Without an MPI library, or without mpi4py, it is a job
    of one rank.

    Example:
        >>> 0 <= world().rank < world().size
        True
    """
    return _survivors[-1] if _survivors else _joined()


_survivors: list[World] = []
"""What became of the job after each loss of ranks."""


@cache
def _joined() -> World:
    communicator = _communicator()
    if communicator.size > 1:
        atexit.register(_say_goodbye)
    return _around(communicator)


def _around(communicator: Communicator) -> World:
    """Return the job of a communicator; collective."""
    mine = pack({"host": host_name(), "cores": sorted(os.sched_getaffinity(0))})
    ranks = [unpack(message) for message in communicator.all_gather(mine)]
    if communicator.size > 1 or _survivors:
        install_excepthook(communicator)
    near = [rank["cores"] for rank in ranks if rank["host"] == host_name()]
    if len(near) <= len(set().union(*near)):
        communicator.spin_longer()
    return World(
        communicator,
        tuple(rank["host"] for rank in ranks),
        tuple(frozenset(rank["cores"]) for rank in ranks),
    )


def regroup(communicator: Communicator) -> World:
    """Make a communicator of survivors the job that :func:`world` returns; collective over them.

    Raises:
        RanksLost: another rank died meanwhile; nothing was changed.
    """
    before = world()
    old_ranks = [unpack(m) for m in communicator.all_gather(pack(before.rank))]
    now = _around(communicator)
    gone = [rank for rank in range(before.size) if rank not in old_ranks]
    lost = tuple(f"rank {rank} on {before.rank_hosts[rank]}" for rank in gone)
    _survivors.append(replace(now, lost=(*before.lost, *lost)))
    return world()


def join_if_launched() -> None:
    """Join the job at once where an MPI launcher started this process.

    A rank that never calls anything collective then still takes part in the goodbye at its end,
    so the others learn that it has gone instead of waiting for it.
    """
    if any(name in os.environ for name in _LAUNCHER_VARIABLES):
        world()


def is_joined() -> bool:
    """Return whether :func:`world` has been called, without calling it."""
    return _joined.cache_info().currsize > 0


def _communicator() -> Communicator:
    try:
        from hybrid.runtime.mpi import MPICommunicator
    except (ImportError, RuntimeError):
        # mpi4py raises RuntimeError where no MPI library can be loaded.
        return SerialCommunicator()
    communicator = MPICommunicator()
    return communicator if communicator.size > 1 else SerialCommunicator()


def _say_goodbye() -> None:
    """Tell the other ranks that this one has ended its script; see ``agreement``."""
    communicator = world().communicator
    if getattr(communicator, "is_over", False):
        return
    from hybrid.runtime.agreement import agree_on_the_end

    with suppress(RanksLost):
        agree_on_the_end(communicator)
        communicator.close()


def shared_cores(world: World, active: Sequence[int]) -> int:
    """Return how many cores each of the active ranks can have to itself, at least 1."""
    active_set = set(active)
    counts = [
        len(world.rank_cores[rank])
        // sum(
            world.rank_hosts[other] == world.rank_hosts[rank]
            and not world.rank_cores[other].isdisjoint(world.rank_cores[rank])
            for other in active_set
        )
        for rank in active_set
    ]
    return max(1, min(counts))

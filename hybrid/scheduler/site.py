"""The ranks as the scheduler sees them: on which hosts, with which cores and how fast."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.machine import Machine


@dataclass(frozen=True)
class Site:
    """All ranks of a job, real or on paper.

    Attributes:
        machines: the different kinds of host.
        machine_of: for each rank its kind, a place in ``machines``.
        host_of: for each rank the number of its host, from 0.
        cores_of_host: for each host the cores that its ranks share.
        own_cores: for each rank the cores it has to itself, or 0 where it shares its host's.
        most_threads: a bound for each rank, or None.
        memory_bytes: free on each host, or None for the memory that its machine has.
        scarcest: the host that has no more than that free, where it has a name.
    """

    machines: tuple[Machine, ...]
    machine_of: tuple[int, ...]
    host_of: tuple[int, ...]
    cores_of_host: tuple[int, ...]
    own_cores: tuple[int, ...] = ()
    most_threads: int | None = None
    memory_bytes: int | None = None
    scarcest: str = ""

    @staticmethod
    def uniform(
        machine: Machine,
        ranks: int,
        *,
        threads: int | None = None,
        memory_bytes: int | None = None,
    ) -> Site:
        """Return so many ranks on hosts of one kind, filled one after the other.

        Args:
            machine: the kind of host.
            ranks: how many.
            threads: of each; by default 1, and a host has as many ranks as cores.
            memory_bytes: of each host.
        """
        per_host = max(1, machine.cores // (threads or 1))
        hosts = -(-ranks // per_host)
        return Site(
            (machine,),
            (0,) * ranks,
            tuple(rank // per_host for rank in range(ranks)),
            (machine.cores,) * hosts,
            (),
            threads,
            memory_bytes,
        )

    @property
    def size(self) -> int:
        """How many ranks there are."""
        return len(self.machine_of)

    @cached_property
    def devices(self) -> frozenset[str]:
        """What pieces can run on, on every host."""
        return frozenset.intersection(*(frozenset(each.devices) for each in self.machines))

    @cached_property
    def ranks_on_host(self) -> Counter[int]:
        """How many ranks each host has."""
        return Counter(self.host_of)

    @cached_property
    def speeds(self) -> FloatArray:
        """The speed of each rank, shape (ranks,)."""
        return np.array([machine.speed for machine in self.machines])[list(self.machine_of)]

    @cached_property
    def hosts(self) -> IntArray:
        """The host of each rank, shape (ranks,)."""
        return np.array(self.host_of, dtype=np.int64)

    @cached_property
    def spread_order(self) -> tuple[int, ...]:
        """The ranks in the order in which they get work: rank 0, then host by host in turn.

        Ranks that share a host share its memory bandwidth, so work goes to all hosts first.
        """
        seen: Counter[int] = Counter()
        places = []
        for rank, host in enumerate(self.host_of):
            places.append((seen[host], rank))
            seen[host] += 1
        return tuple(rank for _, rank in sorted(places))

    def threads(self, active: Sequence[int]) -> int:
        """Return how many cores each of the active ranks can have to itself, at least 1."""
        if len(active) == self.size and not self.own_cores:
            cores = min(
                self.cores_of_host[host] // count for host, count in self.ranks_on_host.items()
            )
        else:
            on_host = Counter(self.host_of[rank] for rank in active)
            cores = min(self._cores(rank, on_host) for rank in active)
        return max(1, cores if self.most_threads is None else min(cores, self.most_threads))

    def crowding(self, active: Sequence[int], threads: int) -> float:
        """Return how many threads share a core on the fullest host, at least 1."""
        if self.own_cores and all(self.own_cores[rank] for rank in active):
            return max(1.0, *(threads / self.own_cores[rank] for rank in active))
        on_host = Counter(self.host_of[rank] for rank in active)
        shares = (count * threads / self.cores_of_host[host] for host, count in on_host.items())
        return max(1.0, *shares)

    def _cores(self, rank: int, on_host: Counter[int]) -> int:
        if self.own_cores and self.own_cores[rank]:
            return self.own_cores[rank]
        host = self.host_of[rank]
        return self.cores_of_host[host] // on_host[host]

"""The ranks of a job: their hosts, cores, memory and machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.machine import Machine


@dataclass(frozen=True)
class Topology:
    """All ranks of a job, real or simulated.

    Attributes:
        machines: the distinct kinds of host.
        machine_of: kind of each rank's host, an index into ``machines``.
        host_of: host of each rank, from 0.
        cores_of_host: cores of each host that its ranks share.
        own_cores: cores pinned to each rank alone, or 0 if it shares those of its host.
        most_threads: upper bound on the threads of each rank, or None.
        memory_bytes: free bytes on every host, or None for no limit.
        scarcest: name of the host with the least free memory, if known.
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
    ) -> Topology:
        """Return a topology of identical hosts, filled one after the other.

        Args:
            machine: the kind of host.
            ranks: number of ranks.
            threads: threads of each rank. If None, 1, with as many ranks per host as cores.
            memory_bytes: free bytes on each host.
        """
        per_host = max(1, machine.cores // (threads or 1))
        hosts = -(-ranks // per_host)
        return Topology(
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
        """Number of ranks."""
        return len(self.machine_of)

    @cached_property
    def devices(self) -> frozenset[str]:
        """Devices that every host has."""
        return frozenset.intersection(*(frozenset(each.devices) for each in self.machines))

    @cached_property
    def ranks_on_host(self) -> Counter[int]:
        """Number of ranks on each host."""
        return Counter(self.host_of)

    @cached_property
    def speeds(self) -> FloatArray:
        """Speed of each rank, shape (ranks,)."""
        return np.array([machine.speed for machine in self.machines])[list(self.machine_of)]

    @cached_property
    def hosts(self) -> IntArray:
        """Host of each rank, shape (ranks,)."""
        return np.array(self.host_of, dtype=np.int64)

    @cached_property
    def work_order(self) -> tuple[int, ...]:
        """Ranks in the order in which they get work: rank 0, then round-robin over hosts.

        Ranks on one host share its memory bandwidth, so each host gets one busy rank first.
        """
        seen: Counter[int] = Counter()
        places = []
        for rank, host in enumerate(self.host_of):
            places.append((seen[host], rank))
            seen[host] += 1
        return tuple(rank for _, rank in sorted(places))

    def threads(self, active: Sequence[int]) -> int:
        """Return the threads of each active rank without oversubscription, at least 1."""
        if len(active) == self.size and not self.own_cores:
            cores = min(
                self.cores_of_host[host] // count for host, count in self.ranks_on_host.items()
            )
        else:
            on_host = Counter(self.host_of[rank] for rank in active)
            cores = min(self._cores(rank, on_host) for rank in active)
        return max(1, cores if self.most_threads is None else min(cores, self.most_threads))

    def oversubscription(self, active: Sequence[int], threads: int) -> float:
        """Return threads per core on the fullest host, at least 1."""
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

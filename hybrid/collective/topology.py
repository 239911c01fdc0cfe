"""The topology of a job, gathered from its ranks once per job."""

from __future__ import annotations

import os
from functools import lru_cache

from hybrid.calibration import here
from hybrid.machine import Machine
from hybrid.machine.store import VARIABLE
from hybrid.runtime import World, agree, free_bytes, thread_limit
from hybrid.runtime.messages import pack, unpack
from hybrid.scheduler import Topology


@lru_cache(maxsize=16)
def topology_of(job: World, most_threads: int | None = None) -> Topology:
    """Return the topology of a job; collective on first use, after the ranks agreed on a call.

    The first rank of each host reads or measures the machine; the others share it, unless
    ``HYBRID_MACHINE`` names a file for them.

    Args:
        job: the ranks.
        most_threads: upper bound on the threads of a job of one rank, or None. In larger jobs the
            least limit of all ranks applies: ranks with different limits would plan differently,
            and wait for pieces that no rank runs.

    Raises:
        InputError: a machine file is not usable.
    """
    machines, free, scarcest, least_threads = _machines(job)
    kinds = tuple(dict.fromkeys(machine.model_dump_json() for machine in machines))
    place = {kind: number for number, kind in enumerate(kinds)}
    hosts = {name: number for number, name in enumerate(job.hosts)}
    on_host: list[list[int]] = [[] for _ in hosts]
    for rank, name in enumerate(job.rank_hosts):
        on_host[hosts[name]].append(rank)
    return Topology(
        machines=tuple(Machine.model_validate_json(kind) for kind in kinds),
        machine_of=tuple(place[machine.model_dump_json()] for machine in machines),
        host_of=tuple(hosts[name] for name in job.rank_hosts),
        cores_of_host=tuple(
            len(frozenset[int]().union(*(job.rank_cores[rank] for rank in ranks)))
            for ranks in on_host
        ),
        own_cores=tuple(_own_cores(job, rank) for rank in range(job.size)),
        most_threads=most_threads if job.size == 1 else least_threads,
        memory_bytes=free,
        scarcest=scarcest,
    )


def cores_of(job: World, threads: int | None = None) -> int:
    """Return the cores of a job: those its ranks may run on, limited by their threads.

    Args:
        job: the ranks.
        threads: requested threads of each rank, or None for the limit of the environment.
    """
    total = 0
    for host in job.hosts:
        ranks = [rank for rank in range(job.size) if job.rank_hosts[rank] == host]
        cores = len(frozenset[int]().union(*(job.rank_cores[rank] for rank in ranks)))
        limit = threads or thread_limit()
        total += cores if limit is None else min(cores, limit * len(ranks))
    return max(total, 1)


@lru_cache(maxsize=16)
def _machines(job: World) -> tuple[list[Machine], int, str, int | None]:
    """Return what ranks tell of their hosts.

    That is the machine of each rank, the least free memory of all hosts, that host's name, and the
    least thread limit of all ranks, or None.

    Collective on first use. Cached per job, of which a process has few: if only some ranks evicted
    an entry, they would wait for the others.
    """
    first = job.rank_hosts.index(job.rank_hosts[job.rank]) == job.rank
    own = first or VARIABLE in os.environ
    mine = agree(job.communicator, "reading the machine", lambda: here() if own else None, _none)
    report = {
        "machine": mine.model_dump_json() if mine else "",
        "free": free_bytes(),
        "threads": thread_limit(),
    }
    reports = [unpack(each) for each in job.communicator.all_gather(pack(report))]
    texts = [
        each["machine"] or reports[job.rank_hosts.index(job.rank_hosts[rank])]["machine"]
        for rank, each in enumerate(reports)
    ]
    known = {text: Machine.model_validate_json(text) for text in set(texts)}
    free, rank = min((each["free"], rank) for rank, each in enumerate(reports))
    limits = [each["threads"] for each in reports if each["threads"] is not None]
    machines = [known[text] for text in texts]
    return machines, free, job.rank_hosts[rank], min(limits, default=None)


def _none(_: object) -> dict[str, str]:
    """Machines may differ between ranks."""
    return {}


def _own_cores(job: World, rank: int) -> int:
    """Return the number of cores pinned to a rank alone, or 0 if it shares any."""
    if job.size > _MOST_PINNED:
        return 0
    cores = job.rank_cores[rank]
    shares = any(
        other != rank
        and job.rank_hosts[other] == job.rank_hosts[rank]
        and not cores.isdisjoint(job.rank_cores[other])
        for other in range(job.size)
    )
    return 0 if shares else len(cores)


_MOST_PINNED = 4096
"""In larger jobs, ranks are assumed to share hosts evenly, as launchers arrange it."""

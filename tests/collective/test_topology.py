"""Hosts and cores of a job, from what its ranks say of themselves."""

from __future__ import annotations

import pytest

from hybrid.collective.topology import _own_cores, cores_of, topology_of
from hybrid.runtime import World, usable_cores
from hybrid.runtime.communicator import SerialCommunicator
from hybrid.runtime.messages import pack


class Several(SerialCommunicator):
    """What a rank of a larger job sees of it."""

    def __init__(self, size: int) -> None:
        self.of_all = size

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.of_all


def made(hosts: str, *cores: set[int]) -> World:
    return World(Several(len(hosts)), tuple(hosts), tuple(map(frozenset, cores)))


def test_ranks_that_share_cores_count_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    four = {0, 1, 2, 3}
    assert cores_of(made("aa", four, four)) == 4
    assert cores_of(made("ab", four, four)) == 8
    assert cores_of(made("aab", {0, 1}, {2, 3}, four)) == 8
    assert cores_of(made("aa", four, four), threads=1) == 2
    assert cores_of(made("aa", four, four), threads=3) == 4


def test_cores_are_a_ranks_own_where_no_other_of_its_host_may_run_on_them() -> None:
    job = made("aaabb", {0, 1}, {2}, {3, 4}, {0, 1}, {1, 2})
    assert [_own_cores(job, rank) for rank in range(5)] == [2, 1, 2, 0, 0]


@pytest.mark.ranks
def test_every_rank_has_the_same_topology(job: World) -> None:
    topology = topology_of(job, 1)
    assert topology is topology_of(job, 1)
    assert topology.size == job.size
    assert len(topology.cores_of_host) == len(job.hosts)
    assert topology.cores_of_host[topology.host_of[job.rank]] >= len(usable_cores())
    assert topology.memory_bytes is not None
    assert topology.memory_bytes > 0
    assert topology.scarcest in job.hosts
    told = job.communicator.all_gather(pack(repr(topology)))
    assert len(set(map(bytes, told))) == 1

"""Groups of ranks that share a state: as small as memory allows, larger where that is faster."""

from __future__ import annotations

import pytest

from hybrid.core.errors import InputError
from hybrid.core.piece import Piece
from hybrid.core.resources import Resources
from hybrid.core.work import Sharding, Work
from hybrid.machine import reference
from hybrid.scheduler import Topology, plan, simulate
from hybrid.scheduler.explain import explained, summary

STATE = 16 << 30  # bytes of 30 qubits
MACHINE = reference().model_copy(
    update={"cores": 8, "bandwidth": 2.5e10, "latency": 2e-6, "copy_bandwidth": 5e10}
)


def wide(count: int, *, sent: float = 1.0) -> tuple[Piece, ...]:
    """Gradients of 30 qubits, that may be distributed over up to 64 ranks."""
    shardings = tuple(
        Sharding(1 << k, (2 * STATE >> k) + (STATE >> k) // 8, int(sent * STATE) >> k, 10)
        for k in range(1, 7)
    )
    load = Work("native", 30, 1, (("gate", 300.0), ("mask", 30.0)), True, shardings=shardings)
    return tuple(Piece(k, "points", k, k + 1, work=load) for k in range(count))


def topology(ranks: int, hosts: int, memory: int) -> Topology:
    per_host = ranks // hosts
    return Topology(
        (MACHINE,),
        (0,) * ranks,
        tuple(rank // per_host for rank in range(ranks)),
        (8,) * hosts,
        memory_bytes=memory,
    )


def test_the_smallest_group_that_has_the_memory() -> None:
    made = plan(wide(64, sent=50.0), topology(16, 16, 20 << 30))
    assert made.shards == 2
    assert made.memory_bytes <= 20 << 30
    assert sorted(rank for group in made.groups for rank in group) == list(range(16))
    assert {index for indices in made.assignment for index in indices} == set(range(64))
    assert "does not fit" in made.reason


def test_a_larger_group_where_that_is_faster() -> None:
    made = plan(wide(1, sent=2.0), topology(16, 16, 64 << 30))
    assert made.shards == 16
    assert made.prediction is not None
    alone = [each for each in made.alternatives if each.shards == 1]
    assert alone
    assert made.prediction.wall < min(each.seconds for each in alone)
    assert f"{made.shards} shards" in explained(made)


def test_ranks_that_share_nothing_where_exchanges_cost_more() -> None:
    assert plan(wide(16, sent=500.0), topology(16, 16, 64 << 30)).shards == 1


def test_six_ranks_make_three_groups_of_two() -> None:
    made = plan(wide(9), topology(6, 6, 64 << 30), resources=Resources(shards=2))
    assert made.groups == ((0, 1), (2, 3), (4, 5))
    assert [len(indices) for indices in made.assignment] == [3, 0, 3, 0, 3, 0]
    assert made.active_ranks == (0, 1, 2, 3, 4, 5)


def test_ranks_left_over_are_named() -> None:
    made = plan(wide(9), topology(6, 6, 64 << 30), resources=Resources(shards=4))
    assert made.groups == ((0, 1, 2, 3),)
    assert "ranks 4, 5 idle" in summary(made)
    assert "ranks 4-5: idle" in explained(made)


def test_groups_by_hand() -> None:
    made = plan(wide(9), topology(8, 8, 64 << 30), resources=Resources(shards=2, groups=2))
    assert [len(made.assignment[group[0]]) for group in made.groups] == [5, 4]


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (Resources(shards=8), r"shards: got 1 group of 8 ranks.*or use at most shards=4"),
        (
            Resources(groups=7),
            r"groups: got 7 groups of 1 rank, .*mpiexec -n 7, or use at most groups=6",
        ),
        (
            Resources(shards=2, groups=4),
            r"shards: got 4 groups of 2 ranks.*or use at most groups=3",
        ),
    ],
)
def test_more_than_there_are_ranks_is_refused(resources: Resources, message: str) -> None:
    with pytest.raises(InputError, match=message):
        resources.check(6)


def test_a_group_with_slow_kernels_gets_fewer_pieces() -> None:
    """What counts is the speed at these pieces, which ``speed`` alone does not tell."""
    slow = {
        name: curve.model_copy(update={"seconds": tuple(2 * each for each in curve.seconds)})
        for name, curve in MACHINE.rates.items()
    }
    mixed = Topology(
        (MACHINE, MACHINE.model_copy(update={"rates": slow})), (0, 0, 0, 1), (0, 1, 2, 3), (8,) * 4
    )
    made = plan(wide(9), mixed, resources=Resources(shards=2))
    assert [len(made.assignment[group[0]]) for group in made.groups] == [6, 3]


def test_what_would_fit_is_said() -> None:
    with pytest.raises(InputError, match=r"use 8 ranks on 8 hosts, with .* GB on each rank"):
        plan(wide(1), topology(4, 4, 5 << 30))


def test_hosts_do_not_take_more_ranks_than_their_memory() -> None:
    made = plan(wide(4), topology(16, 4, 20 << 30), resources=Resources(shards=4))
    for host in range(4):
        assert sum(rank // 4 == host for rank in made.active_ranks) * made.memory_bytes <= 20 << 30


def test_members_count_as_busy_on_paper() -> None:
    ranks = topology(6, 6, 64 << 30)
    simulated = simulate(plan(wide(9), ranks, resources=Resources(shards=2)), ranks)
    assert simulated.efficiency > 0.9

"""Plans from measured costs: each piece once, the fast ranks more, the reason told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.calibration import here
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece
from hybrid.core.plan import Plan
from hybrid.core.resources import Resources
from hybrid.core.work import Work
from hybrid.machine import Machine, load, reference, save
from hybrid.runtime.cells import LocalCells
from hybrid.runtime.counter import SharedCounter, chunks
from hybrid.scheduler import Scheduler, Topology, plan, simulate
from hybrid.scheduler.assign import longest_first, seconds_of_ranks
from hybrid.scheduler.explain import explained, summary
from hybrid.simulators.predict import seconds_of

MACHINE = reference().with_speed(1.0)
seconds = st.lists(st.floats(1e-3, 10.0), min_size=1, max_size=60)


def pieces_of(costs: list[float]) -> tuple[Piece, ...]:
    return tuple(
        Piece(k, "points", k, k + 1, cost, work=Work("python", seconds=cost))
        for k, cost in enumerate(costs)
    )


def unknown(count: int) -> tuple[Piece, ...]:
    return tuple(Piece(k, "items", k, k + 1) for k in range(count))


def speeds(*factors: float) -> Topology:
    machines = tuple(MACHINE.with_speed(factor) for factor in factors)
    count = len(factors)
    return Topology(
        machines, tuple(range(count)), tuple(range(count)), (1,) * count, memory_bytes=None
    )


@given(seconds, st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=1, max_size=9))
def test_every_piece_runs_exactly_once(costs: list[float], factors: list[float]) -> None:
    made = plan(pieces_of(costs), speeds(*factors))
    everywhere = [index for indices in made.assignment for index in indices]
    assert sorted(everywhere) == list(range(len(costs)))


@given(seconds, st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=1, max_size=9))
def test_no_rank_ends_later_than_a_piece_after_the_ideal(
    costs: list[float], factors: list[float]
) -> None:
    assignment = longest_first(costs, range(len(factors)), factors)
    works = seconds_of_ranks(costs, assignment, factors)
    ideal = sum(costs) / sum(factors)
    assert works.max() <= ideal + max(costs) / min(factors) * (1 + 1e-9)


def test_a_rank_half_as_fast_gets_half_the_work() -> None:
    made = plan(pieces_of([0.1] * 300), speeds(1.0, 0.5))
    assert [len(indices) for indices in made.assignment] == [200, 100]


def test_a_slow_rank_draws_fewer_pieces() -> None:
    topology = speeds(1.0, 0.5)
    made = plan(unknown(300), topology)
    assert made.dynamic
    done = simulate(made, topology, np.full(300, 0.1))
    assert done.busy == pytest.approx([20.0, 20.0], abs=0.2)


def busy_topology(contention: float, hosts: int = 1) -> Topology:
    machine = MACHINE.model_copy(update={"contention": contention})
    cores = tuple(2 // hosts for _ in range(hosts))
    return Topology((machine,), (0, 0), (0, 1) if hosts == 2 else (0, 0), cores)


def test_under_contention_ranks_of_a_host_draw_known_pieces() -> None:
    pieces = pieces_of([0.1] * 40 + [0.2] * 10)
    made = plan(pieces, busy_topology(1.5))
    assert made.dynamic
    assert sorted(made.order) == list(range(50))
    assert set(made.order[:10]) == set(range(40, 50))  # the longest first
    assert made.reason.startswith("other processes on this host")
    assert made.prediction is not None
    simulated = simulate(made, busy_topology(1.5))
    assert simulated.wall == pytest.approx(made.prediction.wall, rel=0.05)


@pytest.mark.parametrize(
    ("pieces", "topology", "can_draw"),
    [
        (pieces_of([0.1] * 40), busy_topology(1.0), True),  # nobody disturbs
        (pieces_of([0.1] * 2), busy_topology(1.5), True),  # the last piece would outlast the gain
        (pieces_of([1e-5] * 40), busy_topology(1.5), True),  # drawing would
        (pieces_of([0.1] * 40), busy_topology(1.5, hosts=2), True),
        (pieces_of([0.1] * 40), busy_topology(1.5), False),
    ],
)
def test_else_known_pieces_are_assigned(
    pieces: tuple[Piece, ...], topology: Topology, can_draw: bool
) -> None:
    assert not plan(pieces, topology, can_draw=can_draw).dynamic


def test_nobody_works_where_everything_is_known_from_a_record() -> None:
    for resources in (Resources(), Resources(shards=2)):
        made = plan((), busy_topology(1.5), resources=resources)
        assert made.active_ranks == ()


def test_what_is_known_from_a_record_is_not_drawn_again() -> None:
    left = pieces_of([0.1] * 60)[20:]
    assert sorted(plan(left, busy_topology(1.5)).order) == list(range(20, 60))


def test_work_that_messages_outweigh_stays_on_rank_0() -> None:
    made = plan(pieces_of([1e-7] * 4), Topology.uniform(MACHINE, 4))
    assert made.active_ranks == (0,)
    assert "all on rank 0" in explained(made)


def test_a_plan_explains_itself() -> None:
    made = plan(pieces_of([1.0] * 8), Topology.uniform(MACHINE, 4))
    text = explained(made)
    for part in ("alternatives considered", "-> 4 ranks", "core-seconds", "why: ", "efficiency"):
        assert part in text
    assert sum(each.chosen for each in made.alternatives) == 1


def test_more_ranks_than_pieces_rest_and_it_is_said() -> None:
    for pieces in (pieces_of([1.0] * 3), unknown(3)):
        made = plan(pieces, Topology.uniform(MACHINE, 5))
        assert len(made.active_ranks) == 3
        assert "2 ranks idle" in summary(made)


def test_memory_lets_some_ranks_rest() -> None:
    wide = Work("native", num_qubits=20, gradient=True, operations=(("gate", 1000.0),))
    pieces = tuple(Piece(k, "points", k, k + 1, work=wide) for k in range(8))
    topology = Topology((MACHINE,), (0,) * 4, (0,) * 4, (4,), memory_bytes=70_000_000)
    assert len(plan(pieces, topology).active_ranks) == 2
    assert len(plan(pieces, replace(topology, memory_bytes=10**12)).active_ranks) == 4


def test_plans_are_found_again() -> None:
    scheduler = Scheduler(Topology.uniform(MACHINE, 2))
    first = scheduler(pieces_of([1.0] * 4), 2)
    assert scheduler(pieces_of([1.0] * 4), 2).assignment is first.assignment


@given(
    st.lists(st.sampled_from([0.0, 0.1, 1.0, 30.0]), max_size=300),
    st.integers(1, 9),
    st.integers(1, 4),
    st.randoms(),
)
def test_counters_hand_out_each_number_once(costs, size: int, group: int, random) -> None:
    shared: dict[int, LocalCells] = {}

    class Cells:
        def fetch_add(self, owner: int, cell: int, amount: int) -> int:
            return shared.setdefault(owner, LocalCells()).fetch_add(owner, cell, amount)

        def put(self, owner: int, cell: int, value: int) -> None:
            shared.setdefault(owner, LocalCells()).put(owner, cell, value)

    counters = [SharedCounter(Cells(), rank, size, group) for rank in range(size)]
    bounds = chunks(costs, size, group)
    for _ in range(2):
        counters[0].reset()
        drawing = [counter.draw(bounds) for counter in counters]
        got = []
        while drawing:
            chosen = random.choice(drawing)
            number = next(chosen, None)
            if number is None:
                drawing.remove(chosen)
            else:
                got.append(number)
        assert sorted(got) == list(range(len(costs)))


def test_groups_seldom_ask_rank_0_and_no_chunk_outlasts_the_rest() -> None:
    ranks, costs = 10_000, np.sort(np.random.default_rng(0).uniform(0.05, 5.0, 10**6))[::-1]
    for weights in (costs, np.ones(10**6)):
        bounds = np.array(chunks(weights.tolist(), ranks))
        assert bounds[0] == 0
        assert bounds[-1] == 10**6
        assert len(bounds) < 10**6 / 100
        left = np.cumsum(weights[::-1])[::-1][bounds[:-1]]
        of_chunk = np.add.reduceat(weights, bounds[:-1])
        most_of_group = left / 157
        assert np.all((of_chunk <= most_of_group) | (np.diff(bounds) == 1))


def test_ten_thousand_ranks_keep_busy() -> None:
    random = np.random.default_rng(0)
    costs = random.uniform(0.02, 2.0, 50_000)
    topology = Topology.uniform(MACHINE, 500)
    made = Plan(unknown(50_000), ((),) * 500, tuple(range(500)), tuple(range(50_000)))
    assert simulate(made, topology, costs).efficiency > 0.95
    assert "partials" in simulate(made, topology, costs * 1e-4).why


def test_machine_files(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "deep" / "machine.json"
    assert save(MACHINE, path)
    assert load(path) == MACHINE
    path.write_text("{}")
    with pytest.raises(InputError, match="machine file"):
        load(path)
    with pytest.raises(InputError, match="No such file"):
        load(tmp_path / "none.json")
    monkeypatch.setenv("HYBRID_MACHINE", str(path))
    here.cache_clear()
    with pytest.raises(InputError, match="machine file"):
        here()
    here.cache_clear()


def test_a_damaged_cache_is_measured_again(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("HYBRID_MACHINE", raising=False)
    here.cache_clear()
    first = here()
    assert first.quick
    kept = next(tmp_path.rglob("*.json"))
    kept.write_text("no json")
    here.cache_clear()
    assert isinstance(here(), Machine)
    assert kept.read_text().startswith("{")
    here.cache_clear()


def test_predictions_grow_with_the_work() -> None:
    def of(**changes) -> float:
        base = {"num_qubits": 12, "operations": (("gate", 100.0),)} | changes
        found = seconds_of(Work("native", **base), MACHINE, 1)
        assert found is not None
        return found

    assert of() < of(gradient=True) < of(gradient=True, circuits=10)
    assert of() < of(num_qubits=16) < of(num_qubits=30)
    assert seconds_of(None, MACHINE, 1) is None


def test_pieces_run_on_the_device_that_they_need() -> None:
    work = Work("python", seconds=1.0, device="gpu")
    pieces = tuple(Piece(k, "points", k, k + 1, work=work) for k in range(2))
    with pytest.raises(InputError, match=r"device: got gpu, expected one of those .* have: cpu"):
        plan(pieces, Topology.uniform(MACHINE, 2))
    equipped = MACHINE.model_copy(update={"devices": ("cpu", "gpu")})
    assert plan(pieces, Topology.uniform(equipped, 2)).device == "gpu"
    mixed = (pieces[0], Piece(1, "points", 1, 2, work=Work("python", seconds=1.0)))
    with pytest.raises(InputError, match="got cpu and gpu"):
        plan(mixed, Topology.uniform(equipped, 2))
    assert plan(pieces_of([1.0, 2.0]), Topology.uniform(equipped, 2)).device == "cpu"

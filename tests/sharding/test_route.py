"""Routes distribute allowed qubits only, never clash, and move few qubits."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.sharding import Layout, most_distributed, plan_route

WIDTH = 6
stations = st.lists(st.integers(1, 2**WIDTH - 1), min_size=1, max_size=6)


def fewest_moves(allowed: list[int], distributed: int) -> int:
    """Return the minimum number of qubits that must move, by exhaustive search."""
    best = {0: 0}
    for station, mask in enumerate(allowed):
        qubits = [q for q in range(WIDTH) if mask >> q & 1]
        choices = [sum(1 << q for q in chosen) for chosen in combinations(qubits, distributed)]
        best = {
            choice: min(
                cost + (0 if station == 0 else (choice & ~before).bit_count())
                for before, cost in best.items()
            )
            for choice in choices
        }
    return min(best.values())


@given(stations, st.data())
def test_few_qubits_move(allowed: list[int], data: st.DataObject) -> None:
    distributed = data.draw(st.integers(1, most_distributed(allowed)))
    route = plan_route(WIDTH, allowed, distributed)
    moved = sum(len(move.slots) for move in route.moves if move is not None)
    assert moved == fewest_moves(allowed, distributed)


@given(stations, st.data())
def test_layouts_are_allowed_and_whole(allowed: list[int], data: st.DataObject) -> None:
    distributed = data.draw(st.integers(1, most_distributed(allowed)))
    route = plan_route(WIDTH, allowed, distributed)
    for mask, layout in zip(allowed, route.layouts, strict=True):
        assert layout.distributed_mask & ~mask == 0
        assert len(layout.distributed) == distributed
        local = sorted(place for place in layout.position if place >= 0)
        assert local == list(range(WIDTH - distributed))
        assert all(layout.position[qubit] == -1 for qubit in layout.distributed)


@given(stations, st.data())
def test_a_move_exchanges_what_it_says(allowed: list[int], data: st.DataObject) -> None:
    distributed = data.draw(st.integers(1, most_distributed(allowed)))
    route = plan_route(WIDTH, allowed, distributed)
    for k in range(1, len(allowed)):
        before, after, move = route.layouts[k - 1], route.layouts[k], route.moves[k]
        for basis in range(2**WIDTH):
            rank, index = before.rank(basis), index_of(before, basis)
            if move is not None:
                for slot, position in zip(move.slots, move.positions, strict=True):
                    if (rank >> slot ^ index >> position) & 1:
                        rank, index = rank ^ 1 << slot, index ^ 1 << position
            assert (rank, index) == (after.rank(basis), index_of(after, basis))


def index_of(layout: Layout, basis: int) -> int:
    return sum(1 << p for q, p in enumerate(layout.position) if p >= 0 and basis >> q & 1)


def test_too_few_qubits_may_be_distributed() -> None:
    with pytest.raises(ValueError, match="station 1 allows 1 qubits of 2"):
        plan_route(4, [0b1100, 0b0001], 2)

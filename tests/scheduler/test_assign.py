"""A plan runs every piece exactly once, is well balanced, and explains itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hybrid.core.piece import Piece, slices
from hybrid.scheduler import assign
from hybrid.scheduler.explain import explained

costs = st.lists(st.floats(0.01, 100.0), min_size=1, max_size=60)


def pieces_of(costs_of_pieces: list[float]) -> tuple[Piece, ...]:
    return tuple(Piece(k, "points", k, k + 1, cost) for k, cost in enumerate(costs_of_pieces))


@given(costs, st.integers(1, 20))
def test_every_piece_runs_exactly_once(costs_of_pieces: list[float], num_ranks: int) -> None:
    plan = assign(pieces_of(costs_of_pieces), num_ranks)
    everywhere = [index for indices in plan.assignment for index in indices]
    assert sorted(everywhere) == list(range(len(costs_of_pieces)))
    assert len(plan.assignment) == num_ranks
    assert all(list(indices) == sorted(indices) for indices in plan.assignment)


@given(costs, st.integers(1, 8))
def test_no_rank_ends_much_later_than_the_best_possible(
    costs_of_pieces: list[float], num_ranks: int
) -> None:
    plan = assign(pieces_of(costs_of_pieces), num_ranks)
    loads = [sum(costs_of_pieces[k] for k in indices) for indices in plan.assignment]
    lower_bound = max(sum(costs_of_pieces) / num_ranks, max(costs_of_pieces))
    assert max(loads) <= (4 / 3) * lower_bound * (1 + 1e-9) or max(loads) <= max(
        lower_bound, _third_largest_bound(costs_of_pieces, num_ranks)
    ) * (4 / 3 + 1e-9)


def _third_largest_bound(costs_of_pieces: list[float], num_ranks: int) -> float:
    """With more pieces than ranks, two of the first num_ranks + 1 pieces share a rank."""
    ordered = sorted(costs_of_pieces, reverse=True)
    return 2 * ordered[num_ranks] if len(ordered) > num_ranks else 0.0


def test_a_single_piece_leaves_the_other_ranks_at_rest() -> None:
    plan = assign(slices(1, 1, "points"), 4)
    assert plan.active_ranks == (0,)
    assert "3 of 4 ranks idle" in explained(plan)


def test_pieces_for_all_are_counted_and_balanced() -> None:
    plan = assign(slices(10, 1, "circuits"), 4)
    assert plan.active_ranks == (0, 1, 2, 3)
    text = explained(plan)
    assert "10 pieces along the circuits, 2-3 on each of 4 ranks" in text
    assert "balance of predicted work 83%" in text


def test_more_ranks_than_pieces() -> None:
    plan = assign(slices(3, 1, "points"), 5)
    assert plan.active_ranks == (0, 1, 2)
    assert "2 ranks idle: fewer pieces than ranks" in explained(plan)

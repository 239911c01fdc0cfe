"""The planner: equivalent orders, groups that fit, light cones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hybrid._kernels import gather_diagonals, plan_groups

Footprint = tuple[int, int]


@st.composite
def footprints(draw: st.DrawFn, num_qubits: int = 7) -> Footprint:
    active = draw(st.integers(0, 2**num_qubits - 1)) & draw(st.integers(0, 2**num_qubits - 1))
    return active, draw(st.integers(0, 2**num_qubits - 1)) & ~active


def commute(one: Footprint, other: Footprint) -> bool:
    return not (one[0] & (other[0] | other[1]) or one[1] & other[0])


def assert_equivalent(operations: list[Footprint], order: list[int]) -> None:
    """Check that operations are a permutation that keeps the order of non-commuting ones."""
    assert sorted(order) == list(range(len(operations)))
    place = {operation: k for k, operation in enumerate(order)}
    for later in range(len(operations)):
        for earlier in range(later):
            if not commute(operations[earlier], operations[later]):
                assert place[earlier] < place[later]


@given(st.lists(footprints(), max_size=40), st.integers(0, 7))
def test_groups_fit_and_are_equivalent_to_the_program(
    operations: list[Footprint], capacity: int
) -> None:
    groups = plan_groups(operations, capacity)
    assert_equivalent(operations, [k for _, members in groups for k in members])
    for active, members in groups:
        union = 0
        for k in members:
            union |= operations[k][0]
        assert active == union
        assert union.bit_count() <= capacity or len([k for k in members if operations[k][0]]) == 1


@given(st.lists(footprints(), max_size=40))
def test_gathered_diagonals_are_equivalent_to_the_program(operations: list[Footprint]) -> None:
    assert_equivalent(operations, gather_diagonals(operations))


def test_rotations_and_phases_of_a_layer_become_two_runs() -> None:
    layer = [footprint for q in range(5) for footprint in ((1 << q, 0), (0, 1 << q))]
    order = gather_diagonals(layer)
    assert [layer[k][0] == 0 for k in order] == [False] * 5 + [True] * 5


def test_layers_on_a_chain_are_cut_along_light_cones() -> None:
    layer = [(1 << q, 0) for q in range(20)] + [(2 << q, 1 << q) for q in range(19)]
    assert len(plan_groups(layer * 6, 11)) == 3


def test_nothing_to_plan() -> None:
    assert plan_groups([], 3) == []
    assert gather_diagonals([]) == []

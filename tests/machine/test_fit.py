"""Costs of kinds of work, fitted to the times of whole circuits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.machine.fit import costs_of


@given(st.lists(st.floats(1e-6, 1e-3), min_size=3, max_size=3))
def test_costs_are_found_again(costs: list[float]) -> None:
    kinds = ["call", "gate", "mask"]
    rows = [
        {"call": 1.0, "gate": float(gates), "mask": float(masks)}
        for gates, masks in ((1, 0), (20, 0), (1, 10), (40, 40))
    ]
    seconds = [
        sum(row.get(kind, 0.0) * cost for kind, cost in zip(kinds, costs, strict=True))
        for row in rows
    ]
    assert list(costs_of(rows, seconds, kinds).values()) == pytest.approx(costs, rel=1e-6)

"""The rates of the kernels, measured."""

from __future__ import annotations

from hybrid.simulators.native import cost as native_cost
from hybrid.simulators.native.cost import name_of
from hybrid.simulators.native.rates import (
    contention,
    native_rates,
    native_timings,
)


def test_rates_of_all_kinds_are_measured_on_both_sides_of_a_shape() -> None:
    timings = native_timings(widths=(4, 12), budget=1e-4)
    assert 1.0 <= contention(timings) < 100.0
    found = native_rates(timings)
    assert found.keys() == native_cost.NAMES
    assert found[name_of("gate", gradient=True)].widths == (4, 12)
    assert found[name_of("batch", gradient=True)].widths == (4,)

"""Spread over any number of shards a program gives the bits that it gives unspread."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid import _kernels
from hybrid.sharding import Passes, plan_route
from hybrid.sharding.answers import (
    amplitudes,
    metric,
    probabilities,
    shots,
    value_and_gradient,
)
from tests.kernels.arrays import pauli_sum, program
from tests.kernels.dense import Circuit, Terms
from tests.kernels.strategies import angles, circuits, terms

from .threads import ThreadGroup, on_threads


def route_for(loaded: _kernels.Program, last: int, spread: int):  # type: ignore[no-untyped-def]
    allowed = [mask for mask, _ in _kernels.sweeps(loaded)] + [last]
    if min(mask.bit_count() for mask in allowed) < spread:
        return None
    return plan_route(loaded.num_qubits, allowed, spread)


def passes_of(group: ThreadGroup, loaded, route, point, single: bool = False) -> Passes:  # type: ignore[no-untyped-def]
    return Passes(group, loaded, route, point, single=single, threads=1)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_values_and_gradients(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=7, max_qubits=10, max_operations=30))
    observable = data.draw(terms(circuit.num_qubits))
    loaded = program(circuit, block_rows=data.draw(st.integers(1, 3)))
    check_values(
        loaded,
        circuit.num_qubits,
        observable,
        angles(1, circuit.num_slots, data.draw(st.integers(0, 9))),
        data.draw(st.integers(1, 3)),
        single=data.draw(st.booleans()),
        direct=data.draw(st.booleans()),
    )


def check_values(  # type: ignore[no-untyped-def]
    loaded, num_qubits: int, observable: Terms, point, spread: int, *, single: bool, direct: bool
) -> None:
    route = route_for(loaded, _kernels.expectation_strips(num_qubits), spread)
    if route is None:
        return
    h = pauli_sum(num_qubits, observable)

    def work(group: ThreadGroup):  # type: ignore[no-untyped-def]
        passes = passes_of(group, loaded, route, point[0], single)
        return value_and_gradient(passes, h, observable.x, gradient=True)

    results = on_threads(1 << spread, work, direct=direct)
    values, gradients = loaded.evaluate(h, point, True, single=single, shape="blocked")
    for value, gradient in results:
        assert value == values[0]
        assert gradient.tobytes() == gradients[0].tobytes()

"""A program gives the same bits on any number of shards as on one rank."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid import _kernels, sharding
from hybrid.sharding import TwoStates, plan_route
from hybrid.sharding.answers import (
    amplitudes,
    metric,
    probabilities,
    shots,
    value_and_gradient,
)
from tests.kernels.arrays import pauli_sum, program
from tests.kernels.dense import Circuit, Evolution, Matrix, Terms
from tests.kernels.strategies import angles, circuits, terms

from .threads import ThreadGroup, on_threads


def route_for(loaded: _kernels.Program, last: int, distributed: int):  # type: ignore[no-untyped-def]
    allowed = [mask for mask, _ in _kernels.sweeps(loaded)] + [last]
    if min(mask.bit_count() for mask in allowed) < distributed:
        return None
    return plan_route(loaded.num_qubits, allowed, distributed)


def passes_of(group: ThreadGroup, loaded, route, point, single: bool = False) -> TwoStates:  # type: ignore[no-untyped-def]
    return TwoStates(group, loaded, route, point, single=single, threads=1)


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
    loaded,
    num_qubits: int,
    observable: Terms,
    point,
    distributed: int,
    *,
    single: bool,
    direct: bool,
) -> None:
    route = route_for(loaded, _kernels.expectation_strips(num_qubits), distributed)
    if route is None:
        return
    h = pauli_sum(num_qubits, observable)

    def work(group: ThreadGroup):  # type: ignore[no-untyped-def]
        passes = passes_of(group, loaded, route, point[0], single)
        return value_and_gradient(passes, h, observable.x, gradient=True)

    results = on_threads(1 << distributed, work, direct=direct)
    values, gradients = loaded.evaluate(h, point, True, single=single, shape="blocked")
    for value, gradient in results:
        assert value == values[0]
        assert gradient.tobytes() == gradients[0].tobytes()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_chunks_that_are_swept_while_others_travel(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=9, max_qubits=10, max_operations=30))
    observable = data.draw(terms(circuit.num_qubits))
    loaded = program(circuit, block_rows=data.draw(st.integers(1, 3)))
    point = angles(1, circuit.num_slots, data.draw(st.integers(0, 9)))
    distributed = data.draw(st.integers(1, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharding.passes, "SMALLEST_CHUNK", 1)
        check_values(
            loaded, circuit.num_qubits, observable, point, distributed, single=False, direct=False
        )


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_shots_and_amplitudes(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=11, max_qubits=12, max_operations=20))
    n, distributed = circuit.num_qubits, data.draw(st.integers(1, 2))
    loaded = program(circuit, block_rows=3).for_values
    point = angles(1, circuit.num_slots, data.draw(st.integers(0, 9)))[0]
    seed = data.draw(st.integers(0, 2**63))
    states = data.draw(st.lists(st.integers(0, 2**n - 1), max_size=5))
    route = route_for(loaded, _kernels.outcome_strips(n), distributed)
    if route is None:
        return

    def work(group: ThreadGroup):  # type: ignore[no-untyped-def]
        passes = passes_of(group, loaded, route, point)
        return shots(passes, 200, seed), amplitudes(passes, states)

    expected, state = loaded.sample(point, 200, seed), loaded.state(point)
    for drawn, found in on_threads(1 << distributed, work, direct=data.draw(st.booleans())):
        assert drawn.tobytes() == expected.tobytes()
        assert found.tobytes() == (state[states] + 0.0).tobytes()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_probabilities(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=7, max_qubits=11, max_operations=20))
    n, distributed = circuit.num_qubits, data.draw(st.integers(1, 3))
    loaded = program(circuit, block_rows=2).for_values
    point = angles(1, circuit.num_slots, data.draw(st.integers(0, 9)))[0]
    qubits = data.draw(st.integers(0, 2**n - 1))
    route = route_for(loaded, ((1 << distributed) - 1) << n - distributed, distributed)
    if route is None:
        return
    results = on_threads(
        1 << distributed,
        lambda group: probabilities(passes_of(group, loaded, route, point), qubits),
        direct=data.draw(st.booleans()),
    )
    assert results[0].tobytes() == loaded.probabilities(point, qubits).tobytes()


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_metric(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=7, max_qubits=9, max_operations=15))
    n, distributed = circuit.num_qubits, data.draw(st.integers(1, 2))
    loaded = program(circuit, block_rows=2)
    point = angles(1, circuit.num_slots, data.draw(st.integers(0, 9)))[0]
    route = route_for(loaded, _kernels.expectation_strips(n), distributed)
    if route is None:
        return

    def work(group: ThreadGroup):  # type: ignore[no-untyped-def]
        return metric(passes_of(group, loaded, route, point), circuit.num_slots)

    expected = loaded.metric(point).tobytes()
    for found in on_threads(1 << distributed, work, direct=data.draw(st.booleans())):
        assert found.tobytes() == expected


@pytest.mark.parametrize("distributed", [1, 3, 6])
def test_wide_states_in_the_blocks_that_they_get(distributed: int) -> None:
    n = 20
    loaded = program(layered_chain(n, 3))
    observable = Terms(
        [0, 1, 1 << 7, 1 << 19, 3 << 18, 1 << 14 | 1 << 3], [6, 1, 0, 1 << 19, 5, 8], [0.5] * 6
    )
    check_values(loaded, n, observable, angles(1, 4, 3), distributed, single=False, direct=False)


def layered_chain(n: int, layers: int) -> Circuit:
    """Rotations and entangling gates between neighbours."""
    operations: list[Matrix | Evolution] = []
    x = np.array([[0, 1], [1, 0]])
    for layer in range(layers):
        operations += [Evolution(1 << q, [1 << q], [0.5], (layer + q) % 4) for q in range(n)]
        operations += [Evolution(0, [1 << q], [0.5], (layer + q + 1) % 4) for q in range(n)]
        operations += [Matrix([q + 1], x, 1 << q, 1 << q) for q in range(n - 1)]
    return Circuit(n, 4, operations)

"""Traffic between members: equal to the prediction, and far below one exchange per gate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hybrid import _kernels
from hybrid.sharding import exchange
from hybrid.sharding.program import DistributedProgram, Reading, shardings
from tests.kernels.arrays import pauli_sum, program
from tests.kernels.dense import Evolution, Terms
from tests.kernels.strategies import angles, circuits, terms

from .test_passes import layered_chain
from .threads import ThreadGroup, on_threads


@settings(max_examples=30)
@given(st.data())
def test_members_send_what_was_predicted(data: st.DataObject) -> None:
    circuit = data.draw(circuits(min_qubits=8, max_qubits=10, max_operations=25))
    observable = data.draw(terms(circuit.num_qubits))
    loaded = program(circuit, block_rows=2)
    h = pauli_sum(circuit.num_qubits, observable)
    gradient = data.draw(st.booleans())
    point = angles(1, circuit.num_slots, 2)
    for sharding in shardings(loaded, Reading.EXPECTATION, h, gradient=gradient):

        def work(group: ThreadGroup) -> int:
            DistributedProgram(loaded, group).evaluate(h, point, gradient, threads=1)
            return group.sent_bytes

        assert set(on_threads(sharding.shards, work)) == {sharding.sent_bytes}


@pytest.mark.parametrize("gradient", [False, True])
def test_merged_runs_give_the_same_bits_on_shards(gradient: bool) -> None:
    n = 12
    chain = layered_chain(n, 3)
    chain.operations += [Evolution(1 << q, [0], [0.5], q % 4) for q in range(n) for _ in range(3)]
    loaded, h = program(chain, block_rows=3), pauli_sum(n, Terms([0, 5], [9, 2], [1.0, 0.5]))
    assert loaded.for_values is not loaded
    point = angles(1, chain.num_slots, 2)
    alone = loaded.evaluate(h, point, gradient, shape="blocked")[0]
    for found in on_threads(
        2, lambda group: DistributedProgram(loaded, group).evaluate(h, point, gradient, threads=1)
    ):
        assert found[0].tobytes() == alone.tobytes()


def naive_bytes(num_qubits: int, active: list[int], shards: int) -> float:
    """Return the bytes each rank sends if every gate on a distributed qubit moves it in and out."""
    distributed = ((shards - 1) << num_qubits) // shards  # the highest
    touched = sum((mask & distributed).bit_count() for mask in active)
    return 16 * 2**num_qubits / shards * touched * 3  # half a shard, two ways; one state, then two


@pytest.mark.parametrize("num_qubits", [22, 26])
def test_a_chain_sends_a_fifth_of_the_naive_scheme(num_qubits: int) -> None:
    chain = layered_chain(num_qubits, 5)
    loaded = program(chain)
    h = pauli_sum(num_qubits, Terms([0], [1], [1.0]))
    active = [op.x_mask if hasattr(op, "x_mask") else 1 << op.targets[0] for op in chain.operations]
    found = shardings(loaded, Reading.EXPECTATION, h, gradient=True)
    assert len(found) >= 5
    for sharding in found:
        assert sharding.sent_bytes <= naive_bytes(num_qubits, active, sharding.shards) / 5


def largest_message() -> int:
    """Return the bytes of the largest message of a gradient of 20 qubits on 4 shards."""
    loaded = program(layered_chain(20, 2))
    h = pauli_sum(20, Terms([0, 1 << 19], [1, 0], [1.0, 1.0]))
    largest = []

    class Watched(ThreadGroup):
        def start(self, sends, receives):  # type: ignore[no-untyped-def]
            largest.append(max((a.nbytes for _, a in [*sends, *receives]), default=0))
            return super().start(sends, receives)

    def work(group: ThreadGroup) -> None:
        group.__class__ = Watched
        DistributedProgram(loaded, group).evaluate(h, np.ones((1, 4)), True, threads=1)

    on_threads(4, work)
    return max(largest)


def test_buffers_are_an_eighth_of_a_shard() -> None:
    assert 0 < 4 * largest_message() <= (16 << 18) // 8


def test_no_message_is_longer_than_mpi_can_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "_LARGEST_CHUNK", 1 << 14)
    assert largest_message() == 1 << 14


def test_states_may_be_distributed_as_far_as_blocks_allow() -> None:
    loaded = program(layered_chain(20, 2))
    h = pauli_sum(20, Terms([1], [0], [1.0]))
    assert [each.shards for each in shardings(loaded, Reading.EXPECTATION, h)] == [
        2,
        4,
        8,
        16,
        32,
        64,
    ]
    assert _kernels.sweeps(loaded)[0][0].bit_count() >= 6

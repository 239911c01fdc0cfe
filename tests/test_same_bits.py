"""The same bits from any number of ranks and threads, for exact and for sampled runs."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import SparsePauliOp

import hybrid
import hybrid.collective.call
from hybrid.core.piece import Piece
from hybrid.core.plan import Plan
from hybrid.loop.result import Result
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.scheduler import assign
from hybrid.scheduler.assign import longest_first
from hybrid.simulators import Aer

CHAIN = SparsePauliOp(["ZZI", "IZZ", "XII", "IXI", "IIX"], [-1.0, -1.0, -0.7, -0.7, -0.7])


def native(threads: int) -> Result:
    problem = hybrid.VQE(real_amplitudes(3, reps=2), CHAIN)
    return hybrid.minimize(problem, "L-BFGS-B", seed=5, threads=threads)


def wide_native(threads: int) -> Result:
    """Wide enough that the kernels share the work among threads."""
    chain = SparsePauliOp.from_sparse_list(
        [("ZZ", [q, q + 1], -1.0) for q in range(13)] + [("X", [q], -0.7) for q in range(14)], 14
    )
    problem = hybrid.VQE(real_amplitudes(14, reps=1), chain)
    return hybrid.minimize(problem, "SPSA", seed=5, threads=threads, max_iterations=3)


def shots(threads: int) -> Result:
    """Parameter shift with shots: pieces along circuits."""
    problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XI"], [1.0, 0.5]))
    return hybrid.minimize(
        problem, "Adam", simulator=Aer(), shots=3000, seed=5, threads=threads, max_iterations=3
    )


def spsa_shots(threads: int) -> Result:
    problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XI"], [1.0, 0.5]))
    return hybrid.minimize(
        problem, "SPSA", simulator="aer", shots=6000, seed=5, threads=threads, max_iterations=3
    )


def device(threads: int) -> Result:
    """A noisy backend of Qiskit, which compiles and routes the circuit."""
    problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XI"], [1.0, 0.5]))
    backend = GenericBackendV2(3, coupling_map=[[0, 1], [1, 2]], seed=2)
    return hybrid.minimize(
        problem, "SPSA", simulator=backend, shots=200, seed=5, threads=threads, max_iterations=2
    )


def bits(result: Result) -> list[str]:
    return [float(number).hex() for number in [result.value, *result.x, *result.history.values]]


@pytest.mark.ranks
@pytest.mark.parametrize("run", [native, wide_native, shots, spsa_shots, device])
def test_bits_do_not_depend_on_ranks_or_threads(run, alone: World) -> None:
    on_all_ranks = {threads: bits(run(threads)) for threads in (1, 2)}
    with use(alone):
        on_one_rank = bits(run(1))
    assert on_all_ranks[1] == on_one_rank
    assert on_all_ranks[2] == on_one_rank


@pytest.mark.ranks
def test_samples_and_batches_too(alone: World) -> None:
    circuit = real_amplitudes(3, reps=1)
    points = np.random.default_rng(0).normal(size=(2500, 6))

    def everything() -> tuple[bytes, object]:
        values, gradients = hybrid.expectation(circuit, CHAIN, points, gradient=True)
        counts = hybrid.sample(circuit, points[:5], shots=300, seed=2)
        return values.tobytes() + gradients.tobytes(), counts

    together = everything()
    with use(alone):
        assert everything() == together


def everywhere(pieces: tuple[Piece, ...], num_ranks: int) -> Plan:
    """All ranks work, however little there is to do."""
    return assign(pieces, num_ranks)


def drawn(pieces: tuple[Piece, ...], num_ranks: int) -> Plan:
    order = tuple(reversed(range(len(pieces))))
    return Plan(pieces, ((),) * num_ranks, tuple(range(num_ranks)), order)


def slowed(pieces: tuple[Piece, ...], num_ranks: int) -> Plan:
    """The last rank is told to be a third as fast."""
    costs = [piece.cost for piece in pieces]
    speeds = [1.0] * (num_ranks - 1) + [1 / 3]
    return Plan(pieces, longest_first(costs, range(num_ranks), speeds))


@pytest.mark.ranks
@pytest.mark.parametrize("plan", [everywhere, drawn, slowed])
@pytest.mark.parametrize("run", [shots, spsa_shots])
def test_bits_do_not_depend_on_the_plan(
    run, plan, job: World, alone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = bits(run(1))
    with monkeypatch.context() as forced:
        forced.setattr(hybrid.collective.call, "planner_of", lambda *_: plan)
        if plan is not drawn or job.size > 1:
            assert bits(run(1)) == chosen
    with use(alone):
        assert bits(run(1)) == chosen


@pytest.mark.ranks
def test_a_slow_rank_takes_fewer_items_and_changes_nothing(
    job: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def item(number: int) -> list[int]:
        time.sleep(float(os.environ["PAUSE"]))
        return [number**2, 0]

    # In the environment, because the function must be the same on all ranks.
    is_slow = job.rank == job.size - 1 and job.size > 1
    monkeypatch.setenv("PAUSE", "0.004" if is_slow else "0.001")
    assert [each[0] for each in hybrid.map(item, range(60))] == [n**2 for n in range(60)]

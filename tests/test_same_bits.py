"""The same bits from any number of ranks and threads, for exact and for sampled runs."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
import hybrid.collective
from hybrid.result import Result
from hybrid.runtime import World
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
        problem, "Adam", simulator=Aer(), shots=50, seed=5, threads=threads, max_iterations=3
    )


def spsa_shots(threads: int) -> Result:
    problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XI"], [1.0, 0.5]))
    return hybrid.minimize(
        problem, "SPSA", simulator="aer", shots=100, seed=5, threads=threads, max_iterations=3
    )


def bits(result: Result) -> list[str]:
    return [float(number).hex() for number in [result.value, *result.x, *result.history.values]]


@pytest.mark.ranks
@pytest.mark.parametrize("run", [native, wide_native, shots, spsa_shots])
def test_bits_do_not_depend_on_ranks_or_threads(
    run, alone: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_all_ranks = {threads: bits(run(threads)) for threads in (1, 2)}
    monkeypatch.setattr(hybrid.collective, "world", lambda: alone)
    on_one_rank = bits(run(1))
    assert on_all_ranks[1] == on_one_rank
    assert on_all_ranks[2] == on_one_rank


@pytest.mark.ranks
def test_samples_and_batches_too(alone: World, monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = real_amplitudes(3, reps=1)
    points = np.random.default_rng(0).normal(size=(2500, 6))

    def everything() -> tuple[bytes, object]:
        values, gradients = hybrid.expectation(circuit, CHAIN, points, gradient=True)
        counts = hybrid.sample(circuit, points[:5], shots=300, seed=2)
        return values.tobytes() + gradients.tobytes(), counts

    together = everything()
    monkeypatch.setattr(hybrid.collective, "world", lambda: alone)
    assert everything() == together

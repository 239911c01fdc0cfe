"""Bits on any number of threads, distributions of samples, and module metadata."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare

from hybrid import _kernels

from .arrays import pauli_sum, program
from .dense import Circuit, Evolution, Matrix, Terms

H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


def layered(num_qubits: int) -> Circuit:
    """Hadamards, then rotations of every kind with shared slots."""
    operations: list[Matrix | Evolution] = [Matrix([q], H) for q in range(num_qubits)]
    for q in range(num_qubits):
        operations.append(Evolution(1 << q, [1 << q], [0.5], q % 5))
        operations.append(Evolution(0, [1 << q], [0.5], (q + 1) % 5))
        operations.append(Evolution(1 << q, [0], [0.5], 5, 1 << (q + 1) % num_qubits))
    operations.append(
        Evolution(0, [3 << q for q in range(num_qubits - 1)], [0.5] * (num_qubits - 1), 6)
    )
    return Circuit(num_qubits, 7, operations)


def ising(num_qubits: int) -> Terms:
    """A transverse-field Ising chain."""
    x = [0] * (num_qubits - 1) + [1 << q for q in range(num_qubits)]
    z = [3 << q for q in range(num_qubits - 1)] + [0] * num_qubits
    return Terms(x, z, [-1.0] * (num_qubits - 1) + [-0.7] * num_qubits)


@pytest.mark.parametrize("num_qubits", [2, 9, 13, 15])
@pytest.mark.parametrize("single", [False, True])
@pytest.mark.parametrize("points", [1, 3])
def test_the_same_bits_for_any_number_of_threads(
    num_qubits: int, single: bool, points: int
) -> None:
    loaded, observable = program(layered(num_qubits)), pauli_sum(num_qubits, ising(num_qubits))
    angles = np.random.default_rng(0).uniform(-3, 3, (points, 7))
    one = loaded.evaluate(observable, angles, True, threads=1, single=single)
    for threads in (0, 2, 3, 7):
        more = loaded.evaluate(observable, angles, True, threads=threads, single=single)
        assert one[0].tobytes() == more[0].tobytes()
        assert one[1].tobytes() == more[1].tobytes()
    state = loaded.state(angles[0], threads=1, single=single)
    assert state.tobytes() == loaded.state(angles[0], threads=3, single=single).tobytes()


def test_gradients_agree_with_finite_differences_on_a_larger_state() -> None:
    loaded, observable = program(layered(14)), pauli_sum(14, ising(14))
    angles = np.random.default_rng(1).uniform(-3, 3, 7)
    _, gradient = loaded.evaluate(observable, angles[None], True)
    step = 1e-5
    for k in range(7):
        shifted = np.array([angles, angles])
        shifted[0, k] += step
        shifted[1, k] -= step
        values, _ = loaded.evaluate(observable, shifted, False)
        assert gradient[0, k] == pytest.approx((values[0] - values[1]) / (2 * step), abs=1e-7)


def test_samples_follow_the_distribution() -> None:
    loaded = program(layered(5))
    angles = np.random.default_rng(2).uniform(-3, 3, 7)
    shots = 20_000
    counts = np.bincount(loaded.sample(angles, shots, 11).astype(np.int64), minlength=32)
    expected = np.abs(loaded.state(angles)) ** 2
    assert chisquare(counts, expected / expected.sum() * shots).pvalue > 1e-3
    wrong = np.roll(expected, 1)
    assert chisquare(counts, wrong / wrong.sum() * shots).pvalue < 1e-6


def test_samples_depend_on_the_seed_alone() -> None:
    loaded = program(layered(12))
    angles = np.random.default_rng(2).uniform(-3, 3, 7)
    one = loaded.sample(angles, 500, 2**64 - 1, threads=1)
    assert np.array_equal(one, loaded.sample(angles, 500, 2**64 - 1, threads=3))
    assert not np.array_equal(one, loaded.sample(angles, 500, 1, threads=1))
    assert loaded.sample(angles, 0, 1).shape == (0,)


def test_samples_of_a_basis_state() -> None:
    flipped = Circuit(12, 0, [Matrix([q], np.array([[0, 1], [1, 0]])) for q in (0, 5, 11)])
    assert set(program(flipped).sample(np.zeros(0), 50, 3).tolist()) == {1 | 32 | 2048}


def test_about_and_memory() -> None:
    facts = _kernels.about()
    assert str(facts["processor"]).startswith(("x86-64-v", "portable", "sanitized"))
    assert int(facts["threads"]) >= 1
    assert _kernels.memory_bytes(20, True, False) >= 2 * 16 * 2**20
    assert _kernels.memory_bytes(20, False, True) >= 8 * 2**20

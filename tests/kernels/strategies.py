"""Hypothesis strategies for circuits, observables and angles."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from scipy.stats import unitary_group

from .dense import Circuit, Evolution, Matrix, Terms


def mask(num_qubits: int) -> st.SearchStrategy[int]:
    """Masks over the qubits."""
    return st.integers(0, 2**num_qubits - 1)


@st.composite
def controls(draw: st.DrawFn, num_qubits: int, taken: int) -> tuple[int, int]:
    """A control mask off the taken qubits, often empty, and a value."""
    wanted = draw(st.one_of(st.just(0), st.just(0), mask(num_qubits), mask(num_qubits)))
    wanted &= draw(mask(num_qubits)) & ~taken
    return wanted, draw(mask(num_qubits)) & wanted


@st.composite
def matrices(draw: st.DrawFn, num_qubits: int) -> Matrix:
    """A random, permuting or diagonal unitary on one or two qubits, perhaps controlled."""
    width = draw(st.integers(1, min(2, num_qubits)))
    targets = draw(
        st.lists(st.integers(0, num_qubits - 1), min_size=width, max_size=width, unique=True)
    )
    seed = draw(st.integers(0, 2**31))
    size = 2**width
    random = np.random.default_rng(seed)
    kind = draw(st.sampled_from(["any", "permutation", "diagonal", "x"]))
    if kind == "any":
        matrix = unitary_group.rvs(size, random_state=random)
    elif kind == "permutation":
        matrix = np.eye(size)[random.permutation(size)]
    elif kind == "diagonal":
        matrix = np.diag(np.exp(1j * random.uniform(-3, 3, size)))
    else:
        matrix = np.fliplr(np.eye(size))
    return Matrix(targets, matrix, *draw(controls(num_qubits, sum(1 << q for q in targets))))


@st.composite
def evolutions(draw: st.DrawFn, num_qubits: int, num_slots: int) -> Evolution:
    """Commuting strings with one X mask, coefficients with cancellations and zeros."""
    x = draw(
        st.one_of(
            mask(num_qubits), st.just(0), st.sampled_from([1 << q for q in range(num_qubits)])
        )
    )
    odd = draw(st.booleans()) if x else False
    count = draw(st.integers(0, 9))
    narrow = draw(st.booleans())  # Z masks that differ on few bits give few patterns
    base = draw(mask(num_qubits))
    z_masks = []
    for _ in range(count):
        z = draw(mask(num_qubits))
        z = base ^ (z & x & draw(mask(num_qubits))) if narrow else z
        if bin(z & x).count("1") % 2 != odd:
            z ^= x & -x
        z_masks.append(z)
    coefficient = st.one_of(st.sampled_from([0.0, 0.125, -0.125, 0.5, -0.5, 1.0]), st.floats(-1, 1))
    coefficients = [draw(coefficient) for _ in z_masks]
    slot = draw(st.integers(0, num_slots - 1))
    return Evolution(x, z_masks, coefficients, slot, *draw(controls(num_qubits, x)))


@st.composite
def circuits(
    draw: st.DrawFn, min_qubits: int = 1, max_qubits: int = 6, max_operations: int = 14
) -> Circuit:
    """Circuits of every kind of operation; several operations share a slot."""
    n = draw(st.integers(min_qubits, max_qubits))
    slots = draw(st.integers(1, 5))
    operation = st.one_of(matrices(n), evolutions(n, slots), evolutions(n, slots))
    return Circuit(n, slots, draw(st.lists(operation, max_size=max_operations)))


@st.composite
def terms(draw: st.DrawFn, num_qubits: int) -> Terms:
    """Pauli sums with repeated X masks and repeated terms."""
    x_masks = draw(st.lists(mask(num_qubits), min_size=1, max_size=5))
    count = draw(st.integers(1, 20))
    x = [draw(st.sampled_from(x_masks)) for _ in range(count)]
    z = [draw(mask(num_qubits)) for _ in range(count)]
    return Terms(x, z, [draw(st.floats(-1, 1)) for _ in range(count)])


def angles(num_points: int, num_slots: int, seed: int) -> np.ndarray:
    """Angles (num_points, num_slots), uniform."""
    return np.random.default_rng(seed).uniform(-3, 3, (num_points, num_slots))

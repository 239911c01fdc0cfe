"""Dense matrices of Pauli terms by Kronecker products; qubit 0 is the least significant bit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

import numpy as np

LETTERS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def matrix(terms: Iterable[tuple[complex, Mapping[int, str]]], num_qubits: int) -> np.ndarray:
    """Return the matrix of a sum of terms, shape (2**n, 2**n)."""
    total = np.zeros((2**num_qubits,) * 2, dtype=complex)
    for coefficient, word in terms:
        factors = [LETTERS[word.get(q, "I")] for q in reversed(range(num_qubits))]
        total += coefficient * reduce(np.kron, factors)
    return total


def other_end_first(matrix: np.ndarray) -> np.ndarray:
    """Return a matrix with the order of the qubits reversed, most significant bit first."""
    n = int(np.log2(len(matrix)))
    axes = [*range(n)][::-1]
    both = matrix.reshape([2] * 2 * n).transpose([*axes, *(n + axis for axis in axes)])
    return both.reshape(matrix.shape)


def random_terms(num_qubits: int, count: int, seed: int) -> list[tuple[float, dict[int, str]]]:
    """Return random terms, the identity among them."""
    rng = np.random.default_rng(seed)
    terms: list[tuple[float, dict[int, str]]] = [(0.7, {})]
    for _ in range(count):
        letters = rng.choice(list("IXYZ"), num_qubits)
        word = {q: str(letter) for q, letter in enumerate(letters) if letter != "I"}
        terms.append((round(float(rng.normal()), 6), word))
    return terms

"""Exact diagonalisation from h and g alone: an oracle that imports nothing of hybrid."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import scipy.sparse as sp


def sector(num_orbitals: int, num_electrons: tuple[int, int]) -> list[int]:
    """The basis states of Jordan and Wigner with so many electrons of each spin, alpha lowest."""
    alpha, beta = (
        [sum(1 << p for p in occupied) for occupied in combinations(range(num_orbitals), count)]
        for count in num_electrons
    )
    return [b << num_orbitals | a for b in beta for a in alpha]


def excitation(states: list[int], num_orbitals: int, p: int, q: int) -> sp.csr_array:
    """The sum over both spins of a+_p a_q."""
    place = {state: k for k, state in enumerate(states)}
    rows, columns, signs = [], [], []
    for offset in (0, num_orbitals):
        high, low = p + offset, q + offset
        for column, state in enumerate(states):
            if not state >> low & 1 or (state >> high & 1 and high != low):
                continue
            removed = state ^ 1 << low
            parity = (state & (1 << low) - 1).bit_count() + (removed & (1 << high) - 1).bit_count()
            rows.append(place[removed | 1 << high])
            columns.append(column)
            signs.append(-1.0 if parity % 2 else 1.0)
    size = len(states)
    return sp.csr_array((signs, (rows, columns)), shape=(size, size))


def hamiltonian(
    h: np.ndarray, g: np.ndarray, core: float, num_electrons: tuple[int, int]
) -> sp.csr_array:
    """The Hamiltonian in one sector: sum h_pq E_pq + 1/2 (pq|rs) (E_pq E_rs - delta_qr E_ps)."""
    n = len(h)
    states = sector(n, num_electrons)
    one = h - 0.5 * np.einsum("prrq->pq", g)
    moves = [[excitation(states, n, p, q) for q in range(n)] for p in range(n)]
    total = core * sp.eye_array(len(states), format="csr")
    for p in range(n):
        for q in range(n):
            second = sum(g[p, q, r, s] * moves[r][s] for r in range(n) for s in range(n))
            total = total + one[p, q] * moves[p][q] + 0.5 * moves[p][q] @ second
    return sp.csr_array(total)


def ground_energy(
    h: np.ndarray, g: np.ndarray, core: float, num_electrons: tuple[int, int]
) -> float:
    """The lowest eigenvalue in a sector."""
    return float(np.linalg.eigvalsh(hamiltonian(h, g, core, num_electrons).toarray())[0])


def determinant_energy(
    h: np.ndarray, g: np.ndarray, core: float, occupation: tuple[tuple[int, ...], tuple[int, ...]]
) -> float:
    """The energy of one determinant, as a sum over its electrons and pairs of them."""
    electrons = [(p, spin) for spin in (0, 1) for p in occupation[spin]]
    energy = core + sum(h[p, p] for p, _ in electrons)
    for (p, spin), (q, other) in combinations(electrons, 2):
        energy += g[p, p, q, q] - (g[p, q, q, p] if spin == other else 0.0)
    return float(energy)

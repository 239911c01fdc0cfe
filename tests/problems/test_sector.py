"""Penalties against exact diagonalisation over all electron numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.linalg import eigsh

from hybrid.problems import Molecule
from hybrid.problems.fcidump import read_fcidump
from tests.problems import fermions

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
H2_PLUS = Path(__file__).parent / "data" / "h2_plus.fcidump"


@pytest.mark.parametrize(
    ("path", "electrons", "mapper"),
    [
        (H2_PLUS, (1, 0), "jordan_wigner"),
        (H2_PLUS, (1, 0), "parity"),
        (H2_PLUS, (2, 0), "bravyi_kitaev"),
        (H2_PLUS, (0, 1), "jordan_wigner"),
        (EXAMPLES / "h2.fcidump", (1, 1), "jordan_wigner"),
        (EXAMPLES / "h2.fcidump", (2, 1), "parity"),
        (EXAMPLES / "lih.fcidump", (2, 2), "jordan_wigner"),
        (EXAMPLES / "lih.fcidump", (2, 1), "jordan_wigner"),
        (EXAMPLES / "lih.fcidump", (3, 1), "jordan_wigner"),
        (EXAMPLES / "lih.fcidump", (1, 0), "jordan_wigner"),
        (EXAMPLES / "lih.fcidump", (1, 2), "parity"),
    ],
)
def test_the_penalised_ground_state_is_that_of_the_molecule(
    path: Path, electrons: tuple[int, int], mapper: str
) -> None:
    read = read_fcidump(path)
    arrays = read.one_body, read.two_body, read.core_energy
    molecule = Molecule(*arrays, electrons, mapper)
    sector = molecule.sector()
    penalised = (molecule.hamiltonian() + sector.penalty).to_matrix(sparse=True).real
    lowest = _lowest(sp.csr_array(penalised))
    assert lowest == pytest.approx(fermions.ground_energy(*arrays, electrons), abs=1e-7)


def _lowest(matrix: sp.csr_array) -> float:
    if matrix.shape[0] <= 64:
        return float(np.linalg.eigvalsh(matrix.toarray())[0])
    return float(eigsh(matrix, k=1, which="SA", v0=np.ones(matrix.shape[0]))[0][0])


def test_numbers_count_electrons() -> None:
    read = read_fcidump(EXAMPLES / "h2.fcidump")
    molecule = Molecule(read.one_body, read.two_body, 0.0, (1, 1))
    sector = molecule.sector()
    alpha, beta = (each.to_matrix().real.diagonal() for each in sector.numbers)
    deviation = sector.deviation.to_matrix().real.diagonal()
    for state in range(16):
        a, b = (state & 3).bit_count(), (state >> 2).bit_count()
        assert (alpha[state], beta[state]) == pytest.approx((a, b), abs=1e-12)
        assert deviation[state] == pytest.approx((a - 1) ** 2 + (b - 1) ** 2, abs=1e-12)


def test_spin_of_two_electrons() -> None:
    """Three states of spin 1 and three singlets, four of one or three electrons with spin 1/2."""
    read = read_fcidump(EXAMPLES / "h2.fcidump")
    spin = Molecule(read.one_body, read.two_body, 0.0, (1, 1)).sector().spin
    found = np.linalg.eigvalsh(spin.to_matrix())
    assert found == pytest.approx([0.0] * 5 + [0.75] * 8 + [2.0] * 3, abs=1e-12)

"""The reference determinant, whatever the order of the orbitals, against all determinants."""

from __future__ import annotations

import warnings
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from hybrid.core.errors import InputError
from hybrid.problems import Molecule
from hybrid.problems.fcidump import read_fcidump
from tests.problems import fermions

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
DATA = Path(__file__).parent / "data"

HARTREE_FOCK = {"h2": -1.1169990, "lih": -7.8620239, "water": -74.9630231, "n2": -107.4965005}
O2_HARTREE_FOCK, O2_FCI = -147.6321670, -147.7440354  # of PySCF: ROHF and FCI, 3 Sigma g -


def permuted(molecule: Molecule, order: np.ndarray, **options: object) -> Molecule:
    return Molecule(
        molecule.one_body[np.ix_(order, order)],
        molecule.two_body[np.ix_(order, order, order, order)],
        molecule.core_energy,
        molecule.num_electrons,
        **options,
    )


def nested(n: int, num_electrons: tuple[int, int]) -> list[tuple[tuple[int, ...], ...]]:
    """Every determinant whose minority spin occupies none but orbitals of the majority spin."""
    more, fewer = max(num_electrons), min(num_electrons)
    found = []
    for large in combinations(range(n), more):
        for small in combinations(large, fewer):
            found.append((large, small) if num_electrons[0] >= num_electrons[1] else (small, large))
    return found


@pytest.mark.parametrize("name", HARTREE_FOCK)
def test_the_reference_is_found_whatever_the_order_of_the_orbitals(name: str) -> None:
    molecule = Molecule.from_fcidump(EXAMPLES / f"{name}.fcidump")
    alpha, beta = molecule.num_electrons
    assert molecule.occupation == (tuple(range(alpha)), tuple(range(beta)))
    draw = np.random.default_rng(7)
    for _ in range(10):
        other = permuted(molecule, draw.permutation(molecule.num_spatial_orbitals))
        assert other.hartree_fock_energy() == pytest.approx(HARTREE_FOCK[name], abs=1e-6)
        assert other.warning() == ""


@pytest.mark.parametrize("spin", [-2, 0, 2, 4])
@pytest.mark.parametrize("name", ["lih", "water"])
def test_no_determinant_of_its_kind_lies_lower(name: str, spin: int) -> None:
    read = read_fcidump(EXAMPLES / f"{name}.fcidump")
    electrons = sum(read.num_electrons)
    counts = ((electrons + spin) // 2, (electrons - spin) // 2)
    h, g, core = read.one_body, read.two_body, read.core_energy
    lowest = min(fermions.determinant_energy(h, g, core, each) for each in nested(len(h), counts))
    molecule = Molecule(h, g, core, counts)
    assert molecule.hartree_fock_energy() == pytest.approx(lowest, abs=1e-8)


def test_random_orbitals() -> None:
    """Integrals with the positive repulsion of charge clouds, and no order at all."""
    draw = np.random.default_rng(1)
    for _ in range(60):
        n = int(draw.integers(2, 7))
        clouds = draw.normal(size=(2 * n, n, n))
        clouds += clouds.transpose(0, 2, 1) + 2.0 * np.eye(n)
        g = np.einsum("pij,pkl->ijkl", clouds, clouds) / (8 * n)
        h = draw.normal(size=(n, n)) - np.diag(draw.uniform(0.0, 10.0 * n, n))
        h = (h + h.T) / 2
        alpha = int(draw.integers(1, n + 1))
        counts = (alpha, int(draw.integers(0, alpha + 1)))
        lowest = min(fermions.determinant_energy(h, g, 0.0, each) for each in nested(n, counts))
        assert Molecule(h, g, 0.0, counts).hartree_fock_energy() == pytest.approx(lowest, abs=1e-9)


def test_a_triplet_of_oxygen_ordered_by_symmetry() -> None:
    """Orbitals of a symmetry side by side: the first ones are 200 mHa above the right ones."""
    oxygen = Molecule.from_fcidump(DATA / "o2_triplet.fcidump")
    assert oxygen.num_electrons == (9, 7)
    assert oxygen.hartree_fock_energy() == pytest.approx(O2_HARTREE_FOCK, abs=1e-6)
    arrays = oxygen.one_body, oxygen.two_body, oxygen.core_energy
    assert fermions.determinant_energy(*arrays, oxygen.occupation) == pytest.approx(
        O2_HARTREE_FOCK, abs=1e-6
    )
    first = (tuple(range(9)), tuple(range(7)))
    assert fermions.determinant_energy(*arrays, first) > O2_HARTREE_FOCK + 0.2
    assert fermions.ground_energy(*arrays, (9, 7)) == pytest.approx(O2_FCI, abs=1e-6)
    assert "lies" in Molecule(*arrays, (9, 7), occupation=first).warning()


@pytest.mark.parametrize("mapper", ["jordan_wigner", "parity", "bravyi_kitaev"])
def test_the_state_has_the_energy_of_the_reference(mapper: str) -> None:
    """Also with MS2 < 0, and with a reference that is not of the restricted kind."""
    read = read_fcidump(EXAMPLES / "lih.fcidump")
    h, g = read.one_body[1:4, 1:4], read.two_body[1:4, 1:4, 1:4, 1:4]
    for counts, occupation in [
        ((1, 1), None),
        ((1, 1), ((2,), (1,))),
        ((2, 1), ((1, 2), (0,))),
        ((1, 2), None),
        ((0, 2), None),
    ]:
        molecule = Molecule(h, g, 0.3, counts, mapper, occupation=occupation)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state, ansatz = molecule.hartree_fock(), molecule.uccsd()
        expected = fermions.determinant_energy(h, g, 0.3, occupation or molecule.occupation)
        assert molecule.hartree_fock_energy() == pytest.approx(expected, abs=1e-10)
        matrix = molecule.hamiltonian()
        assert Statevector(state).expectation_value(matrix).real == pytest.approx(
            expected, abs=1e-8
        )
        # Excitations stay within the sector: no energy is below its ground state.
        draw = np.random.default_rng(3)
        for scale in (0.0, 1.0):
            point = scale * draw.normal(size=ansatz.num_parameters)
            energy = Statevector(ansatz.assign_parameters(point)).expectation_value(matrix).real
            assert energy >= fermions.ground_energy(h, g, 0.3, counts) - 1e-8
            assert scale or energy == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("name", ["h2", "lih"])
def test_the_ground_energy_is_the_oracles(name: str) -> None:
    read = read_fcidump(EXAMPLES / f"{name}.fcidump")
    arrays = read.one_body, read.two_body, read.core_energy
    expected = {"h2": -1.1373060, "lih": -7.8824019}[name]
    assert fermions.ground_energy(*arrays, read.num_electrons) == pytest.approx(expected, abs=1e-6)


def test_a_determinant_below_by_one_swap_is_pointed_out() -> None:
    hydrogen = read_fcidump(EXAMPLES / "h2.fcidump")
    arrays = hydrogen.one_body, hydrogen.two_body, hydrogen.core_energy, (1, 1)
    excited = Molecule(*arrays, occupation=((1,), (0,)))
    assert "the determinant (alpha 0; beta 0) lies" in excited.warning()
    for make in (excited.hartree_fock, excited.uccsd):
        with pytest.warns(UserWarning, match="occupation= sets another reference"):
            make()
    assert Molecule(*arrays).warning() == ""


@pytest.mark.parametrize(
    "occupation",
    [0, (0, 0), ((0,),), ((0, 1), (0,)), ((0,), (2,)), ((-1,), (0,)), ((0.5,), (0,)), "00", [[0]]],
)
def test_bad_occupations(occupation: object) -> None:
    read = read_fcidump(EXAMPLES / "h2.fcidump")
    with pytest.raises(InputError, match="1 different orbitals of spin alpha and 1 of spin beta"):
        Molecule(read.one_body, read.two_body, read.core_energy, (1, 1), occupation=occupation)

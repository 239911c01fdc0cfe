"""Integrals that a molecule is made from: the right kind, or refused with what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hybrid.core.errors import InputError
from hybrid.problems import Molecule
from hybrid.problems.fcidump import Integrals, read_fcidump
from tests.problems import fermions

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


@pytest.fixture(params=["h2", "lih"])
def read(request: pytest.FixtureRequest) -> Integrals:
    return read_fcidump(EXAMPLES / f"{request.param}.fcidump")


def test_other_orders_are_told_with_the_cure(read: Integrals) -> None:
    chemists = read.two_body
    physicists = np.einsum("ikjl->ijkl", chemists)  # <ij|kl> = (ik|jl)
    openfermion = np.einsum("psqr->pqrs", chemists)  # a+_p a+_q a_r a_s has (ps|qr)
    for other, order, axes in [
        (physicists, "physicists' order", (0, 2, 1, 3)),
        (openfermion, "the order of OpenFermion", (0, 3, 1, 2)),
    ]:
        with pytest.raises(InputError, match=order) as caught:
            Molecule(read.one_body, other, read.core_energy, read.num_electrons)
        assert f"two_body.transpose{axes}" in str(caught.value)
        np.testing.assert_array_equal(other.transpose(axes), chemists)


def test_too_many_orbitals_are_refused_before_they_are_mapped() -> None:
    one, two = np.diag(np.arange(33.0)), np.zeros((33,) * 4)
    with pytest.raises(InputError, match="got 33 orbitals, expected 1 to 32 spatial orbitals"):
        Molecule(one, two, 0.0, (2, 2))


def test_integrals_without_symmetry_are_refused(read: Integrals) -> None:
    n = len(read.one_body)
    h, g = read.one_body.copy(), read.two_body.copy()
    h[0, 1] += 1e-3
    with pytest.raises(InputError, match="one_body of molecule: got a matrix that is not symm"):
        Molecule(h, read.two_body, 0.0, (1, 1))
    g[0, 0, 0, n - 1] += 1e-3
    with pytest.raises(InputError, match="without the symmetries"):
        Molecule(read.one_body, g, 0.0, (1, 1))
    antisymmetrised = read.two_body - read.two_body.transpose(0, 3, 2, 1)
    with pytest.raises(InputError, match="not antisymmetrised"):
        Molecule(read.one_body, antisymmetrised, 0.0, (1, 1))


def test_rounding_is_forgiven_and_made_symmetric(read: Integrals) -> None:
    noise = 1e-9 * np.random.default_rng(1).normal(size=read.two_body.shape)
    molecule = Molecule(read.one_body, read.two_body + noise, 0.0, (1, 1))
    g = molecule.two_body
    for axes in [(1, 0, 2, 3), (0, 1, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0)]:
        np.testing.assert_allclose(g, g.transpose(axes), rtol=0.0, atol=1e-15)
    exact = Molecule(read.one_body, read.two_body, 0.0, (1, 1))
    assert exact.two_body.tobytes() == read.two_body.tobytes()
    single = Molecule(read.one_body.astype(np.float32), read.two_body, 0, [1, 1])
    assert single.one_body.dtype == np.float64


def test_imaginary_parts_are_refused(read: Integrals) -> None:
    real = Molecule(read.one_body + 0j, read.two_body + 0j, 0.0, (1, 1))
    assert real.one_body.dtype == np.float64
    with pytest.raises(InputError, match="one_body of molecule: got complex numbers"):
        Molecule(read.one_body + 1e-3j, read.two_body, 0.0, (1, 1))
    with pytest.raises(InputError, match="two_body of molecule: got complex numbers"):
        Molecule(read.one_body, read.two_body * (1 + 1e-6j), 0.0, (1, 1))
    with pytest.raises(InputError, match="core_energy"):
        Molecule(read.one_body, read.two_body, 1j, (1, 1))


def spin_orbitals(read: Integrals, turn: np.ndarray, order: np.ndarray) -> tuple[np.ndarray, ...]:
    """Integrals over all spin orbitals; those of spin beta are turned among themselves."""
    n = len(read.one_body)
    spin = np.zeros((2, n, 2 * n))
    spin[0, :, :n], spin[1, :, n:] = np.eye(n), turn
    spin = spin[:, :, order]
    h = np.einsum("spi,pq,sqj->ij", spin, read.one_body, spin)
    half = [np.einsum("pi,qj,pqrs->ijrs", each, each, read.two_body) for each in spin]
    g = sum(np.einsum("ijrs,rk,sl->ijkl", first, each, each) for first in half for each in spin)
    return h, np.asarray(g)


@pytest.mark.parametrize("unrestricted", [False, True])
@pytest.mark.parametrize("order", ["alternating", "blocks", "mixed"])
def test_spin_orbitals_are_recognised(read: Integrals, order: str, unrestricted: bool) -> None:
    n = len(read.one_body)
    draw = np.random.default_rng(5)
    turn = np.linalg.qr(draw.normal(size=(n, n)))[0] if unrestricted else np.eye(n)
    places = {
        "blocks": np.arange(2 * n),
        "alternating": np.arange(2 * n).reshape(2, n).T.ravel(),
        "mixed": draw.permutation(2 * n),
    }[order]
    h, g = spin_orbitals(read, turn, places)
    with pytest.raises(InputError, match=f"got {2 * n} spin orbitals") as caught:
        Molecule(h, g, read.core_energy, (1, 1))
    assert f"over the {n} spatial orbitals" in str(caught.value)


def test_spatial_orbitals_apart_are_not_taken_for_spin_orbitals() -> None:
    """Two hydrogen atoms far apart, and lattices of sites: no exchange, but not the same place."""
    for repulsion in (0.0, 0.05, 0.5):
        g = np.zeros((2, 2, 2, 2))
        g[0, 0, 0, 0] = g[1, 1, 1, 1] = 0.77
        g[0, 0, 1, 1] = g[1, 1, 0, 0] = repulsion
        h = np.diag([-0.47, -0.47])
        molecule = Molecule(h, g, 0.0, (1, 1))
        energy = np.linalg.eigvalsh(molecule.hamiltonian().to_matrix())[0]
        states = [(a, b) for a in range(3) for b in range(3)]
        lowest = min(fermions.ground_energy(h, g, 0.0, each) for each in states)
        assert energy == pytest.approx(lowest, abs=1e-10)


@pytest.mark.parametrize("electrons", [2, None, (1,), (1, 1, 0), (1.5, 0.5), "11", (3, 0), (0, 0)])
def test_bad_electron_numbers(electrons: object) -> None:
    read = read_fcidump(EXAMPLES / "h2.fcidump")
    with pytest.raises(InputError, match="two whole numbers, 0 to 2 of each spin") as caught:
        Molecule(read.one_body, read.two_body, 0.0, electrons)
    assert electrons != 2 or "for the lowest spin (1, 1)" in str(caught.value)


@pytest.mark.parametrize("given", [None, "h", [[1.0, 2.0], [3.0]], [["a", "b"], ["c", "d"]], {}])
def test_what_are_no_numbers(given: object) -> None:
    with pytest.raises(InputError, match="one_body of molecule: got"):
        Molecule(given, np.zeros((2, 2, 2, 2)), 0.0, (1, 1))


@pytest.mark.parametrize("path", [None, 3, b"x", "", "no\0file", "x" * 5000])
def test_what_is_no_path(path: object) -> None:
    with pytest.raises(InputError):
        Molecule.from_fcidump(path)

"""Molecules from geometries and from PySCF, against FCIDUMP files and PySCF's own FCI and CASCI."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hybrid.core.errors import HybridError, InputError
from hybrid.problems import Molecule
from hybrid.problems.geometry import read_geometry
from tests.problems.test_molecule import DATA, sector_ground_energy

WATER = "O 0 0 0.1173; H 0 0.7572 -0.4692; H 0 -0.7572 -0.4692"
LITHIUM_HYDRIDE = "Li 0 0 0\nH 0 0 1.595"


def xyz(folder: Path, text: str, count: int | None = None) -> Path:
    lines = text.replace(";", "\n").split("\n")
    path = folder / "molecule.xyz"
    path.write_text("\n".join([str(len(lines) if count is None else count), "a comment", *lines]))
    return path


def of(text: str, spin: int = 0, **settings: Any) -> Any:
    """Return PySCF's mean field of a geometry."""
    pyscf = pytest.importorskip("pyscf")
    mole = pyscf.gto.M(atom=text.replace("\n", ";"), basis="sto-3g", spin=spin, verbose=0)
    return (pyscf.scf.ROHF if spin else pyscf.scf.RHF)(mole).set(conv_tol=1e-12).run()


def casci(mean_field: Any, orbitals: int, electrons: Any) -> float:
    space = pytest.importorskip("pyscf.mcscf").CASCI(mean_field, orbitals, electrons)
    space.verbose = 0
    return float(space.kernel()[0])


@pytest.mark.parametrize("name", ["h2", "lih", "water"])
def test_a_geometry_has_the_energies_of_its_fcidump_file(name: str) -> None:
    pytest.importorskip("pyscf")
    texts = {"h2": "H 0 0 0; H 0 0 0.735", "lih": LITHIUM_HYDRIDE, "water": WATER}
    found = Molecule.from_geometry(texts[name])
    read = Molecule.from_fcidump(DATA / f"{name}.fcidump")
    assert found.num_electrons == read.num_electrons
    assert found.core_energy == pytest.approx(read.core_energy, abs=1e-9)
    assert found.hartree_fock_energy() == pytest.approx(read.hartree_fock_energy(), abs=1e-8)
    if name != "water":
        lowest = sector_ground_energy(read)
        assert sector_ground_energy(found) == pytest.approx(lowest, abs=1e-8)
        assert lowest == pytest.approx(
            casci(of(texts[name]), read.num_spatial_orbitals, read.num_electrons), abs=1e-7
        )


def test_every_rank_and_run_gets_the_same_bits() -> None:
    pytest.importorskip("pyscf")
    first, second = (Molecule.from_geometry("N 0 0 0; N 0 0 1.1") for _ in range(2))
    assert first.two_body.tobytes() == second.two_body.tobytes()


ACTIVE = [
    ({"frozen_core": True}, 5, (1, 1)),
    ({"frozen_core": 1}, 5, (1, 1)),
    ({"active_space": (2, 3)}, 3, (1, 1)),
    ({"active_space": (4, 4)}, 4, (2, 2)),
    ({}, 6, (2, 2)),
]


@pytest.mark.parametrize(("settings", "orbitals", "electrons"), ACTIVE)
def test_active_spaces_have_the_energy_of_pyscfs_casci(
    settings: dict[str, Any], orbitals: int, electrons: tuple[int, int]
) -> None:
    mean_field = of(LITHIUM_HYDRIDE)
    for molecule in (
        Molecule.from_geometry(LITHIUM_HYDRIDE, **settings),
        Molecule.from_pyscf(mean_field, **settings),
        Molecule.from_pyscf(mean_field.mol, **settings),
    ):
        assert (molecule.num_spatial_orbitals, molecule.num_electrons) == (orbitals, electrons)
        assert molecule.name in ("LiH", "molecule")
        right = casci(mean_field, orbitals, electrons)
        assert sector_ground_energy(molecule) == pytest.approx(right, abs=1e-8)


@pytest.mark.parametrize("active", [None, (3, 3)])
def test_open_shells(active: tuple[int, int] | None) -> None:
    text = "O 0 0 0; O 0 0 1.2" if active is None else "N 0 0 0; O 0 0 1.15"
    spin = 2 if active is None else 1
    space = (6, 4) if active is None else active
    mean_field = of(text, spin)
    molecule = Molecule.from_geometry(text, spin=spin, active_space=space)
    half = (space[0] - spin) // 2
    assert molecule.num_electrons == (half + spin, half)
    right = casci(mean_field, space[1], (half + spin, half))
    assert sector_ground_energy(molecule) == pytest.approx(right, abs=1e-6)


def test_orbitals_of_a_mean_field_are_used_as_they_are() -> None:
    pyscf = pytest.importorskip("pyscf")
    mole = pyscf.gto.M(atom="H 0 0 0; H 0 0 0.9", basis="6-31g", verbose=0)
    functional = pyscf.scf.RKS(mole).run(xc="pbe")
    molecule = Molecule.from_pyscf(functional, active_space=(2, 2))
    assert sector_ground_energy(molecule) == pytest.approx(casci(functional, 2, 2), abs=1e-8)


def test_files_and_texts(tmp_path: Path) -> None:
    path = xyz(tmp_path, WATER)
    read = read_geometry(path)
    assert read.name == "molecule"
    assert read.atoms == read_geometry(WATER).atoms
    assert read_geometry(path.read_text()).atoms == read.atoms
    assert read_geometry("he 0, 0, 0").name == "He"
    bohr = read_geometry("H 0 0 0; H 0 0 1.889726", "bohr").atoms[1][1][2]
    assert bohr == pytest.approx(1.0, abs=1e-6)
    pytest.importorskip("pyscf")
    by_number = Molecule.from_geometry("1 0 0 0; 1 0 0 0.735")
    by_symbol = Molecule.from_geometry("h 0 0 0; H 0 0 0.735")
    assert by_number.hartree_fock_energy() == by_symbol.hartree_fock_energy()


BAD = [
    ("O 0 0 0", {"charge": 1}, "got 0 (a singlet) for 7 electrons, expected an odd number"),
    ("H 0 0 0", {}, "got 0 (a singlet) for 1 electrons, expected an odd number of unpaired"),
    ("O 0 0 0", {"spin": 1}, "got 1 for 8 electrons, expected an even number"),
    ("H 0 0 0; H 0 0 0.7", {"spin": 4}, "got 4 for 2 electrons"),
    ("H 0 0 0", {"charge": 1}, "got 1, which leaves 0 electrons"),
    ("Xq 0 0 0", {}, "geometry, line 1: got the element 'Xq'"),
    ("H 0 0 0; H 0 0", {}, "geometry, line 1: got 'H 0 0', expected an element and three"),
    ("H 0 0 0\nH 0 0 zero", {}, "geometry, line 2: got 'H 0 0 zero'"),
    ("H 0 0 0\nH 0 0 nan", {}, "geometry, line 2: got 'H 0 0 nan'"),
    ("H 0 0 0\nH 0 0 1 1", {}, "geometry, line 2: got 'H 0 0 1 1'"),
    ("H 0 0 0\nH 0 0 0.05", {}, "line 2: got an atom 0.05 angstrom from that of geometry, line 1"),
    ("3\n\nH 0 0 0\nH 0 0 1", {}, "got 2 atoms, expected 3, as the first line announces"),
    ("H 0 0 0; H 0 0 1", {"basis": "sto-33g"}, "basis: got 'sto-33g'"),
    ("H 0 0 0; H 0 0 1", {"unit": "nm"}, "unit: got 'nm', expected 'angstrom' or 'bohr'"),
    ("H 0 0 0; H 0 0 1", {"mapper": "partiy"}, "did you mean 'parity'"),
    (WATER, {"active_space": (3, 3)}, "got 3 electrons, expected from 2 to 10 in steps of 2"),
    (WATER, {"active_space": (4, 9)}, "got 9 orbitals for 4 electrons, expected 2 to 4"),
    (WATER, {"active_space": (12, 7)}, "got 12 electrons, expected from 2 to 10"),
    (WATER, {"active_space": 4}, "active_space: got 4, expected two positive numbers"),
    (WATER, {"active_space": (4, 4), "frozen_core": True}, "expected one of them"),
    (WATER, {"frozen_core": 6}, "got 6 orbitals, expected at most the 5"),
    (WATER, {"frozen_core": 5}, "got all electrons, expected an active electron"),
    (WATER, {"frozen_core": "core"}, "frozen_core: got 'core'"),
]


@pytest.mark.parametrize(("text", "settings", "message"), BAD, ids=[each[2] for each in BAD])
def test_what_is_no_molecule(text: str, settings: dict[str, Any], message: str) -> None:
    pytest.importorskip("pyscf")
    with pytest.raises(InputError) as caught:
        Molecule.from_geometry(text, **settings)
    assert message in str(caught.value)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        Molecule.from_geometry(tmp_path / "gone.xyz")
    with pytest.raises(InputError, match="no such file"):
        Molecule.from_geometry("gone.xyz")


def test_nothing_in_a_geometry_is_executed(tmp_path: Path, monkeypatch: Any) -> None:
    pytest.importorskip("pyscf")
    monkeypatch.chdir(tmp_path)
    for text in ("H 0 0 open('E','w')", "H 0 0 __import__('os').mkdir('E')"):
        with pytest.raises(InputError, match="expected an element and three coordinates"):
            Molecule.from_geometry(f"{text}; H 0 0 1")
    assert not (tmp_path / "E").exists()


def test_objects_of_pyscf_that_are_refused() -> None:
    pyscf = pytest.importorskip("pyscf")
    mole = pyscf.gto.M(atom="H 0 0 0; H 0 0 0.7", basis="sto-3g", verbose=0)
    for given, message in (
        (pyscf.scf.RHF(mole), "has not converged"),
        (pyscf.scf.UHF(mole).run(), "orbitals that differ between the spins"),
        (pyscf.scf.GHF(mole).run(), "orbitals that differ between the spins"),
        ("H 0 0 0", "got str, expected a pyscf"),
        (np.eye(2), "got ndarray, expected a pyscf"),
    ):
        with pytest.raises(InputError, match=message):
            Molecule.from_pyscf(given)


def test_a_mean_field_that_does_not_converge(monkeypatch: Any) -> None:
    pyscf = pytest.importorskip("pyscf")
    newton = pytest.importorskip("pyscf.soscf.newton_ah")
    for kind, name in ((pyscf.scf.hf.SCF, "scf"), (newton._CIAH_SOSCF, "kernel")):
        monkeypatch.setattr(kind, name, lambda *_, **__: None)
    with pytest.raises(HybridError, match="Hartree-Fock of H2 does not converge"):
        Molecule.from_geometry("H 0 0 0; H 0 0 0.7")


def test_without_pyscf(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "pyscf", None)
    with pytest.raises(InputError, match=r"pip install 'hybrid-hpc-quantum\[integrals\]'"):
        Molecule.from_geometry("H 0 0 0; H 0 0 0.7")

#!/usr/bin/env python
"""Write the FCIDUMP files of the examples, and those of your own molecules, with PySCF.

PySCF is needed for this script only: ``pip install 'hybrid-hpc-quantum[integrals]'``.

    python make_fcidump.py                        # all molecules of the table below, here
    python make_fcidump.py water lih --to /tmp    # some of them, elsewhere
    python make_fcidump.py --atoms "Li 0 0 0; H 0 0 1.7" --basis sto-3g --name stretched

For each file it prints a row of the table in README.md: geometry, basis, and the Hartree-Fock
and full-configuration-interaction energies that the file stands for.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pyscf import fci, gto, scf
from pyscf.tools import fcidump

CUT = 1e-10
"""Integrals smaller than this, in hartree, are rounding noise around a zero of symmetry."""

FCI_LIMIT = 12
"""Above so many orbitals the full configuration interaction takes too long to do in passing."""


@dataclass(frozen=True)
class Geometry:
    """A closed-shell molecule: atoms with positions in angstrom, and a basis set's name."""

    atoms: str
    basis: str = "sto-3g"
    charge: int = 0


MOLECULES = {
    "h2": Geometry("H 0 0 0; H 0 0 0.735"),
    "lih": Geometry("Li 0 0 0; H 0 0 1.595"),
    "water": Geometry("O 0 0 0.1173; H 0 0.7572 -0.4692; H 0 -0.7572 -0.4692"),
    "n2": Geometry("N 0 0 0; N 0 0 1.1"),
}


def hartree_fock(geometry: Geometry) -> scf.hf.RHF:
    """Return the converged restricted Hartree-Fock solution.

    Point-group symmetry is on so that degenerate orbitals (the pi pairs of N2) lie along the
    axes: otherwise any rotation among them is as good, and the file differs with every run.
    """
    molecule = gto.M(
        atom=geometry.atoms, basis=geometry.basis, charge=geometry.charge, symmetry=True, verbose=0
    )
    solution = scf.RHF(molecule)
    solution.conv_tol, solution.conv_tol_grad = 1e-12, 1e-9  # so that all printed digits hold
    solution.kernel()
    if not solution.converged:
        raise SystemExit(f"Hartree-Fock did not converge for {geometry.atoms}")
    return solution


def orbitals(solution: scf.hf.RHF) -> np.ndarray:
    """Return the orbital coefficients (atomic, molecular), the sign of each orbital fixed."""
    coefficients = np.array(solution.mo_coeff)
    largest = np.abs(coefficients).argmax(axis=0)
    return coefficients * np.sign(coefficients[largest, np.arange(coefficients.shape[1])])


def write(name: str, geometry: Geometry, folder: Path) -> str:
    """Write ``folder/name.fcidump`` and return its row of the table."""
    solution = hartree_fock(geometry)
    path = folder / f"{name}.fcidump"
    fcidump.from_mo(solution.mol, str(path), orbitals(solution), tol=CUT, float_format=" %.12f")
    count = solution.mo_coeff.shape[1]
    exact = f"{fci.FCI(solution).kernel()[0]:.7f}" if count <= FCI_LIMIT else "-"
    return (
        f"| `{path.name}` | {geometry.atoms} | {geometry.basis} | {count} | "
        f"{solution.mol.nelectron} | {solution.e_tot:.7f} | {exact} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Write FCIDUMP files with PySCF.")
    parser.add_argument("names", nargs="*", help=f"any of {', '.join(MOLECULES)}; default: all")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="folder to write to")
    parser.add_argument("--atoms", help='a molecule of your own, angstrom: "H 0 0 0; H 0 0 0.735"')
    parser.add_argument("--basis", default="sto-3g", help="its basis set (default: sto-3g)")
    parser.add_argument("--charge", type=int, default=0, help="its charge (default: 0)")
    parser.add_argument("--name", default="molecule", help="its file name, without .fcidump")
    given = parser.parse_args()

    unknown = [name for name in given.names if name not in MOLECULES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(MOLECULES)}")
    if given.atoms:
        wanted = {given.name: Geometry(given.atoms, given.basis, given.charge)}
    else:
        wanted = {name: MOLECULES[name] for name in given.names or MOLECULES}
    given.to.mkdir(parents=True, exist_ok=True)
    for name, geometry in wanted.items():
        print(write(name, geometry, given.to), flush=True)


if __name__ == "__main__":
    main()

"""The dissociation curve of lithium hydride, each bond length from its neighbour's amplitudes.

python examples/dissociation.py
mpiexec -n 2 python -m hybrid examples/dissociation.py
"""

import csv
from pathlib import Path

import hybrid
from hybrid.problems import Molecule

folder = Path(__file__).parent / "data" / "lih_curve"
exact = {
    row["distance"]: float(row["energy"]) for row in csv.DictReader((folder / "fci.csv").open())
}
molecules = [Molecule.from_fcidump(folder / f"{distance}.fcidump") for distance in exact]

scan = hybrid.Scan(
    [hybrid.VQE(molecule.uccsd(), molecule.hamiltonian()) for molecule in molecules],
    labels=list(exact),
)
result = hybrid.minimize(scan, seed=7)  # one run, one journal if it has one
print(scan.chart(result))
for distance, energy in zip(exact, result.values, strict=True):
    above = 1000 * (energy - exact[distance])
    print(f"{distance} angstrom: {energy:.6f} hartree, {above:.3f} mHa above FCI")

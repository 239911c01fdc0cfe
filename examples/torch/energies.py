"""Regression of molecular energies over geometries, with a training set of our own VQE scan.

H3+ is a triangle of three protons with two electrons: 6 qubits. Its ground state is found for a
grid of isosceles triangles; a model with a circuit then learns the energy from the two distances,
and is asked for triangles in between. PySCF computes the integrals (extra "integrals").

python examples/torch/energies.py
mpiexec -n 2 python -m hybrid examples/torch/energies.py
sbatch examples/slurm/train.sbatch examples/torch/energies.py energies.db
"""

import sys
import tempfile
from itertools import product
from pathlib import Path

import numpy as np
import torch
from pyscf import gto, scf
from pyscf.tools import fcidump
from qiskit.circuit.library import real_amplitudes

import hybrid
from hybrid.problems import Molecule
from hybrid.torch import QuantumLayer

journal = sys.argv[1] if len(sys.argv) > 1 else None
HARTREE_IN_MILLI = 1000.0


def energy(triangle: tuple[float, float]) -> float:
    """Return the energy of H3+ in hartree, for a base and a height in angstrom."""
    base, height = triangle
    atoms = f"H {-base / 2} 0 0; H {base / 2} 0 0; H 0 {height} 0"
    solution = scf.RHF(gto.M(atom=atoms, charge=1, basis="sto-3g", verbose=0)).run()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "h3.fcidump"
        fcidump.from_scf(solution, str(path), tol=1e-12)
        molecule = Molecule.from_fcidump(path)
        problem = hybrid.VQE(molecule.uccsd(), molecule.hamiltonian())
        return hybrid.minimize(problem, "L-BFGS-B").value


grid = list(product(np.linspace(0.7, 1.5, 7), np.linspace(0.5, 1.3, 7)))
energies = hybrid.map(energy, grid)  # the scan, split over the ranks
x = torch.tensor(grid, dtype=torch.float32)
y = torch.tensor(energies, dtype=torch.float32)[:, None]
mean, spread = y.mean(), y.std()
between = torch.arange(len(grid)) % 3 == 1

torch.manual_seed(7)
circuit = real_amplitudes(4, reps=3, parameter_prefix="w")
angles = circuit.parameters[:4]
model = torch.nn.Sequential(
    torch.nn.Linear(2, 4), QuantumLayer(circuit, features=angles), torch.nn.Linear(4, 1)
)
optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
result = hybrid.train(
    model,
    (x[~between], (y[~between] - mean) / spread),
    torch.nn.MSELoss(),
    optimizer,
    epochs=300,
    batch_size=len(grid),
    schedule=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 300),
    seed=7,
    journal=journal,
)
with torch.no_grad():
    away = HARTREE_IN_MILLI * (model(x[between]) * spread + mean - y[between]).abs()
print(f"energies from {float(y.min()):.4f} to {float(y.max()):.4f} hartree")
print(
    f"unseen triangles: off by {away.mean():.2f} millihartree on average, at most {away.max():.2f}"
)

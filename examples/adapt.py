"""ADAPT-VQE of lithium hydride: the ansatz grows by excitations, or by Pauli strings.

python examples/adapt.py
mpiexec -n 2 python -m hybrid examples/adapt.py
"""

from pathlib import Path

import hybrid
from hybrid.problems import Molecule

EXACT = -7.8824019  # full configuration interaction

data = Path(__file__).parent / "data"
molecule = Molecule.from_fcidump(data / "lih.fcidump")
for kind in ("fermionic", "qubit"):
    problem = hybrid.AdaptVQE(
        molecule.hartree_fock(), molecule.pool(kind), molecule.hamiltonian(), max_operators=20
    )
    result = hybrid.minimize(problem, seed=1)
    for operator, energy in zip(result.operators, result.values, strict=True):
        print(f"{operator:20} {energy:.6f} hartree, {1000 * (energy - EXACT):.3f} mHa above exact")
    print(result)

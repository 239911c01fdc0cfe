"""The two lowest states of lithium hydride with two electrons of each spin.

python examples/excited_states.py
mpiexec -n 2 python -m hybrid examples/excited_states.py
"""

from pathlib import Path

import hybrid
from hybrid.problems import Molecule

EXACT = [-7.88240193, -7.76641848]  # full configuration interaction

data = Path(__file__).parent / "data"
molecule = Molecule.from_fcidump(data / "lih.fcidump")
problem = hybrid.VQD(
    molecule.uccsd(layers=2), molecule.hamiltonian(), states=2, weight=0.5, starts=2
)

result = hybrid.minimize(problem, seed=1)
print(result)
for number, (energy, exact) in enumerate(zip(result.values, EXACT, strict=True)):
    print(f"state {number}: {energy:.6f} hartree, {1000 * (energy - exact):.3f} mHa above exact")

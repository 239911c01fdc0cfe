"""Ground state of water by UCCSD-VQE; the same file under python, mpiexec and srun.

python examples/vqe.py
mpiexec -n 2 python -m hybrid examples/vqe.py
"""

from pathlib import Path

import hybrid
from hybrid.problems import Molecule

data = Path(__file__).parent / "data"
water = Molecule.from_fcidump(data / "water.fcidump")
problem = hybrid.VQE(water.uccsd(), water.hamiltonian())

result = hybrid.minimize(problem, optimizer="L-BFGS-B", seed=7)
print(result)
print(f"error against FCI: {1000 * (result.value + 75.0125782):.3f} mHa")

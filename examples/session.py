"""A custom script: a quantum kernel, a classical fit, and a parallel hyperparameter search.

python examples/session.py
mpiexec -n 2 python -m hybrid examples/session.py
"""

import numpy as np
from qiskit.circuit.library import zz_feature_map

import hybrid

random = np.random.default_rng(7)
data = random.uniform(0.0, np.pi, (80, 3))
labels = np.where(np.sin(data).prod(axis=1) > 0.25, 1.0, -1.0)
train, test = slice(0, 60), slice(60, 80)

with hybrid.Session(seed=7) as session:
    circuit = zz_feature_map(3, reps=2)
    kernel = session.overlaps(circuit, data[train])
    cross = session.overlaps(circuit, data[test], data[train])

    def score(ridge):
        """Return the test accuracy of kernel ridge regression."""
        weights = np.linalg.solve(kernel + ridge * np.eye(len(kernel)), labels[train])
        return float(np.mean(np.sign(cross @ weights) == labels[test]))

    ridges = np.logspace(-4, 1, 24)
    scores = session.map(score, ridges)

best = int(np.argmax(scores))
print(f"best ridge {ridges[best]:.2g}: {scores[best]:.0%} of the test samples")

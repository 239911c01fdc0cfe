"""The shots workload as VQE of qiskit-algorithms, with gradients by parameter shift, on Aer."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from qiskit.circuit.library import real_amplitudes
from qiskit.primitives import BackendEstimatorV2
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import EstimatorV2
from qiskit_algorithms import VQE
from qiskit_algorithms.gradients import ParamShiftEstimatorGradient
from qiskit_algorithms.optimizers import ADAM

ITERATIONS = 2


def estimator(kind: str, shots: int, threads: int):
    """Return Aer's estimator, which adds noise to exact values, or one with real shots."""
    options = {"max_parallel_threads": threads, "max_parallel_experiments": threads}
    precision = 1 / np.sqrt(shots)
    if kind == "shots":
        backend = AerSimulator(seed_simulator=7, **options)
        return BackendEstimatorV2(backend=backend, options={"default_precision": precision})
    return EstimatorV2(options={"default_precision": precision, "backend_options": options})


def main() -> None:
    """Print seconds of an iteration of Adam: a value and a gradient of 240 circuits."""
    kind, shots, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    width, layers = 6, 19
    ansatz = real_amplitudes(width, reps=layers)
    chain = SparsePauliOp.from_sparse_list([("ZZ", [q, q + 1], 1.0) for q in range(5)], width)
    point = np.random.default_rng(0).normal(size=ansatz.num_parameters)
    values = estimator(kind, shots, threads)
    best = np.inf
    for _ in range(2):
        problem = VQE(
            values,
            ansatz.decompose(),
            ADAM(maxiter=ITERATIONS, lr=0.05),
            gradient=ParamShiftEstimatorGradient(values),
            initial_point=point,
        )
        start = time.perf_counter()
        found = problem.compute_minimum_eigenvalue(chain)
        best = min(best, (time.perf_counter() - start) / ITERATIONS)
    value = float(np.real(found.eigenvalue))
    print("RESULT " + json.dumps({"seconds": best, "value": value}), flush=True)


if __name__ == "__main__":
    main()

"""Measure the VQE of qiskit-algorithms with its own classes and with ours.

Both run in one process, one after the other, with L-BFGS-B from the same start, for the same number
of iterations. Two classes differ: the estimator and its gradient. Theirs are StatevectorEstimator
and one of three gradients: parameter shifts, the reverse mode, or none, which leaves the gradient
to SciPy's finite differences, as in their tutorials. Their ansatz is transpiled to basic gates
before the clock starts, which makes it several times as fast; ours is given as it is. No ratio is
printed unless the energies agree.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import efficient_su2
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp
from qiskit_algorithms import VQE
from qiskit_algorithms.gradients import ParamShiftEstimatorGradient, ReverseEstimatorGradient
from qiskit_algorithms.optimizers import L_BFGS_B

import hybrid
from hybrid.problems import Molecule

_GATES = ["h", "x", "y", "z", "s", "sdg", "sx", "sxdg", "rx", "ry", "rz", "p", "cx"]
_TARGET = 20.0
_AGREE = 1e-5
"""Of energies relative to their size; finite differences end at slightly other points."""


@dataclass(frozen=True)
class Row:
    """A problem of the table.

    Attributes:
        make: returns ansatz and observable.
        gradient: theirs, a name of ``GRADIENTS``.
        iterations: of L-BFGS-B.
        start: every parameter at the start.
    """

    make: Callable[[], tuple[QuantumCircuit, SparsePauliOp]]
    gradient: str
    iterations: int
    start: float


def hardware_efficient(num_qubits: int) -> tuple[QuantumCircuit, SparsePauliOp]:
    """Return an ansatz of three layers, and the Ising chain in a transverse field."""
    bonds = [("ZZ", [k, k + 1], -1.0) for k in range(num_qubits - 1)]
    fields = [("X", [k], -0.7) for k in range(num_qubits)]
    chain = SparsePauliOp.from_sparse_list(bonds + fields, num_qubits)
    return efficient_su2(num_qubits, reps=3), chain


def water() -> tuple[QuantumCircuit, SparsePauliOp]:
    """Return UCCSD and the Hamiltonian of water: 14 qubits, 140 parameters, 1086 terms."""
    molecule = Molecule.from_fcidump("examples/data/water.fcidump")
    return molecule.uccsd(), molecule.hamiltonian()


ROWS = {
    "hea4": Row(lambda: hardware_efficient(4), "reverse", iterations=2, start=0.1),
    "hea12-shifts": Row(lambda: hardware_efficient(12), "shifts", iterations=3, start=0.1),
    "hea12-differences": Row(
        lambda: hardware_efficient(12), "differences", iterations=3, start=0.1
    ),
    "hea12-reverse": Row(lambda: hardware_efficient(12), "reverse", iterations=10, start=0.1),
    "water-differences": Row(water, "differences", iterations=1, start=0.0),
}

GRADIENTS: dict[str, Callable[[StatevectorEstimator], Any]] = {
    "shifts": ParamShiftEstimatorGradient,
    "reverse": lambda estimator: ReverseEstimatorGradient(),
    "differences": lambda estimator: None,
}


def main() -> int:
    """Measure the selected rows, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=[*ROWS], default=[*ROWS][1:])
    parser.add_argument("--repeats", type=int, default=1, help="of each, alternately")
    chosen = parser.parse_args()
    print("| row | iterations | evaluations theirs | theirs, s | ours, s | ratio |")
    print("| --- | --- | --- | --- | --- | --- |")
    met = True
    for name in chosen.only:
        ratios = []
        for _ in range(chosen.repeats):
            theirs, ours = run(ROWS[name])
            ratios.append(theirs[0] / ours[0])
            print(
                f"| {name} | {ROWS[name].iterations} | {theirs[2]} | {theirs[0]:.2f} "
                f"| {ours[0]:.3f} | {ratios[-1]:.0f} |",
                flush=True,
            )
        met &= float(np.median(ratios)) >= _TARGET
    return 0 if met else 1


def run(row: Row) -> tuple[tuple[float, float, int], tuple[float, float, int]]:
    """Return seconds, energy and evaluations with their classes, and with ours."""
    ansatz, observable = row.make()
    flat = transpile(ansatz, basis_gates=_GATES, optimization_level=1, seed_transpiler=7)
    estimator = StatevectorEstimator()
    gradient = GRADIENTS[row.gradient](estimator)
    # A first call compiles, and loads what is loaded late.
    hybrid.EstimatorGradient().run([ansatz], [observable], [[0.2] * ansatz.num_parameters]).result()
    ours = _timed(row, hybrid.Estimator(), hybrid.EstimatorGradient(), ansatz, observable)
    theirs = _timed(row, estimator, gradient, flat, observable)
    if abs(ours[1] - theirs[1]) > _AGREE * abs(theirs[1]):
        sys.exit(f"the energies differ: {theirs[1]} with their classes, {ours[1]} with ours")
    return theirs, ours


def _timed(
    row: Row, estimator: Any, gradient: Any, ansatz: QuantumCircuit, observable: SparsePauliOp
) -> tuple[float, float, int]:
    point = np.full(ansatz.num_parameters, row.start)
    optimizer = L_BFGS_B(maxiter=row.iterations)
    vqe = VQE(estimator, ansatz, optimizer, gradient=gradient, initial_point=point)
    start = time.perf_counter()
    result = vqe.compute_minimum_eigenvalue(observable)
    seconds = time.perf_counter() - start
    return seconds, float(result.eigenvalue.real), int(result.cost_function_evals)


if __name__ == "__main__":
    sys.exit(main())

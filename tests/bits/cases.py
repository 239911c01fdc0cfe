"""Calculations whose results are recorded to the last bit.

``python -m tests.bits.cases`` prints them for the kernels in use, as ``recorded.json`` holds them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import numpy as np
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid import _kernels
from hybrid.loop.result import Result
from hybrid.problems import MaxCut, Molecule
from hybrid.simulators import Native

CHAIN = SparsePauliOp(["ZZI", "IZZ", "XII", "IXI", "IIX"], [-1.0, -1.0, -0.7, -0.7, -0.7])


def chain(num_qubits: int) -> SparsePauliOp:
    pairs = [("ZZ", [q, q + 1], -1.0) for q in range(num_qubits - 1)]
    singles = [("X", [q], -0.7) for q in range(num_qubits)]
    return SparsePauliOp.from_sparse_list(pairs + singles, num_qubits)


def points(count: int, num_parameters: int) -> np.ndarray:
    return np.random.default_rng(11).normal(size=(count, num_parameters))


def narrow() -> Iterable[float]:
    circuit = efficient_su2(3, reps=2)
    values, gradients = hybrid.expectation(
        circuit, CHAIN, points(21, circuit.num_parameters), gradient=True
    )
    return [*values, *gradients[::5].ravel()]


def blocked() -> Iterable[float]:
    circuit = efficient_su2(14, reps=1)
    values, gradients = hybrid.expectation(
        circuit, chain(14), points(2, circuit.num_parameters), gradient=True
    )
    return [*values, *gradients[0]]


def single_precision() -> Iterable[float]:
    circuit = efficient_su2(10, reps=1)
    values, gradients = hybrid.expectation(
        circuit,
        chain(10),
        points(2, circuit.num_parameters),
        gradient=True,
        simulator=Native(precision="complex64"),
    )
    return [*values, *gradients[0]]


def excitations() -> Iterable[float]:
    molecule = Molecule.from_fcidump("examples/data/h2.fcidump")
    problem = hybrid.VQE(molecule.uccsd(), molecule.hamiltonian())
    return steps(hybrid.minimize(problem, "Adam", seed=3, max_iterations=8))


def quasi_newton() -> Iterable[float]:
    problem = hybrid.VQE(real_amplitudes(3, reps=2), CHAIN)
    return steps(hybrid.minimize(problem, "L-BFGS-B", seed=5, max_iterations=10))


def perturbations() -> Iterable[float]:
    problem = hybrid.VQE(real_amplitudes(3, reps=2), CHAIN)
    return steps(hybrid.minimize(problem, "SPSA", seed=5, max_iterations=10))


def max_cut() -> Iterable[float]:
    problem = MaxCut.from_edge_list("examples/data/maxcut_12.edges")
    return steps(hybrid.minimize(hybrid.QAOA(problem.cost(), 2), "Adam", seed=1, max_iterations=5))


def counts() -> Iterable[float]:
    circuit = real_amplitudes(4, reps=1)
    found = hybrid.sample(circuit, points(2, 8), shots=500, seed=2)
    return [float(number) for each in found for _, number in sorted(each.items())]


def states() -> Iterable[float]:
    circuit = real_amplitudes(5, reps=1)
    some = points(2, 10)
    return [
        *hybrid.probabilities(circuit, some, qubits=[0, 3]).ravel(),
        *hybrid.metric(circuit, some)[0].ravel(),
        *hybrid.overlaps(circuit, some).ravel(),
    ]


def vector_jacobian_product() -> Iterable[float]:
    circuit = efficient_su2(4, reps=1)
    values, gradient = hybrid.pull_back(circuit, chain(4), points(9, 16), np.arange(9.0))
    return [*values, *gradient]


def steps(result: Result) -> Iterable[float]:
    return [result.value, *result.x, *result.history.values]


CASES: dict[str, Callable[[], Iterable[float]]] = {
    case.__name__: case
    for case in (
        narrow,
        blocked,
        single_precision,
        excitations,
        quasi_newton,
        perturbations,
        max_cut,
        counts,
        states,
        vector_jacobian_product,
    )
}


def found(name: str) -> list[str]:
    """Return a case's numbers in hexadecimal."""
    return [float(number).hex() for number in CASES[name]()]


if __name__ == "__main__":
    print(json.dumps({_kernels.about()["processor"]: {name: found(name) for name in CASES}}))

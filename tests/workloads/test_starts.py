"""Default starting points of workloads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.problems import Molecule

DATA = Path(__file__).parent.parent.parent / "examples" / "data"


def test_coupled_cluster_starts_at_its_reference() -> None:
    hydrogen = Molecule.from_fcidump(DATA / "h2.fcidump")
    problem = hybrid.VQE(hydrogen.uccsd(), hydrogen.hamiltonian())
    np.testing.assert_array_equal(problem.initial_point(7), 0.0)


def test_other_ansatzes_start_at_seeded_random_angles() -> None:
    problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp("ZZ"))
    first = problem.initial_point(7)
    assert first.shape == (4,)
    assert np.all(np.abs(first) <= np.pi)
    np.testing.assert_array_equal(first, problem.initial_point(7))
    assert np.any(first != problem.initial_point(8))


def test_qaoa_starts_on_a_ramp_that_ignores_the_unit_of_the_cost() -> None:
    cost = SparsePauliOp(["ZZI", "IZZ"], [1.0, 1.0])
    start = hybrid.QAOA(cost, 3).initial_point(0)
    betas, gammas = start[:3], start[3:]
    assert np.all(np.diff(betas) > 0)
    assert np.all(betas < 0)
    assert np.all(np.diff(gammas) > 0)
    scaled = hybrid.QAOA(10 * cost, 3).initial_point(0)
    np.testing.assert_allclose(scaled[3:], gammas / 10)


def test_descriptions_count_what_there_is() -> None:
    cost = SparsePauliOp(["ZZI", "IZZ", "ZZI"], [1.0, 1.0, 0.5])
    assert hybrid.QAOA(cost, 2).description == ("QAOA of depth 2: 3 qubits, 4 parameters, 2 terms")

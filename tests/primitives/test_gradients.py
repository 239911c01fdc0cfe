"""Gradients and metrics as Qiskit's algorithms take them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp
from qiskit_algorithms import VQE
from qiskit_algorithms.gradients import QFI, DerivativeType, LinCombQGT, ParamShiftEstimatorGradient
from qiskit_algorithms.optimizers import L_BFGS_B

import hybrid
from hybrid.core.errors import InputError
from hybrid.problems import Molecule

DATA = Path(__file__).parents[2] / "examples" / "data"
OPERATOR = SparsePauliOp(["ZZ", "XI", "IY"], [1.0, 0.5, -0.3])


def test_gradients_are_those_of_qiskit_for_all_and_for_some_parameters() -> None:
    circuits = [real_amplitudes(2, reps=1), efficient_su2(2, reps=1)]
    points = [
        np.random.default_rng(k).normal(size=c.num_parameters) for k, c in enumerate(circuits)
    ]
    some = [None, [circuits[1].parameters[k] for k in (5, 0, 2)]]
    theirs = ParamShiftEstimatorGradient(StatevectorEstimator())
    ours = hybrid.EstimatorGradient()
    for chosen in (None, some):
        a = theirs.run(circuits, [OPERATOR] * 2, points, chosen).result()
        b = ours.run(circuits, [OPERATOR] * 2, points, chosen).result()
        for x, y in zip(a.gradients, b.gradients, strict=True):
            np.testing.assert_allclose(x, y, atol=1e-10)


def test_the_metric_is_that_of_qiskit() -> None:
    circuit = efficient_su2(2, reps=1)
    point = np.random.default_rng(3).normal(size=circuit.num_parameters)
    chosen = [[circuit.parameters[k] for k in (4, 1, 0)]]
    theirs = LinCombQGT(StatevectorEstimator(), derivative_type=DerivativeType.REAL)
    for some in (None, chosen):
        a = theirs.run([circuit], [point], some).result().qgts[0]
        b = hybrid.QGT().run([circuit], [point], some).result().qgts[0]
        np.testing.assert_allclose(np.real(a), b, atol=1e-8)
    fisher = QFI(hybrid.QGT()).run([circuit], [point]).result().qfis[0]
    metric = hybrid.metric(circuit, point)
    np.testing.assert_allclose(fisher, 4 * metric, atol=1e-8)


def test_vqe_of_qiskit_algorithms_finds_the_ground_state() -> None:
    hydrogen = Molecule.from_fcidump(DATA / "h2.fcidump")
    operator, ansatz = hydrogen.hamiltonian(), hydrogen.uccsd()
    vqe = VQE(
        hybrid.Estimator(),
        ansatz,
        L_BFGS_B(),
        gradient=hybrid.EstimatorGradient(),
        initial_point=np.zeros(ansatz.num_parameters),
    )
    exact = float(np.linalg.eigvalsh(operator.to_matrix())[0])
    assert vqe.compute_minimum_eigenvalue(operator).eigenvalue.real == pytest.approx(
        exact, abs=1e-6
    )


def test_what_is_not_ours_is_refused() -> None:
    with pytest.raises(InputError, match="estimator"):
        hybrid.EstimatorGradient(StatevectorEstimator())
    tensor = hybrid.QGT()
    tensor.derivative_type = DerivativeType.IMAG
    with pytest.raises(InputError, match="derivative_type"):
        tensor.run([real_amplitudes(2, reps=1)], [np.zeros(4)])

"""A cost derived from another estimator's answers: penalties for overlaps, exact gradients.

Higgott, Wang and Brierley, Quantum 3, 156 (2019): minimise the energy plus penalties for the
overlaps with the states found before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.simulators import DerivedEstimator, Estimator
from hybrid.workloads import Sampling
from tests import oracle

PENALTY = 5.0


class Penalised(hybrid.VQE):
    """Minimise the energy with penalties for overlaps with the states at given points."""

    found: FloatArray

    @classmethod
    def above(
        cls, ansatz: QuantumCircuit, observable: SparsePauliOp, found: Sequence[FloatArray]
    ) -> Penalised:
        workload = cls(ansatz, observable)
        object.__setattr__(workload, "found", np.array(found))
        return workload

    def contents(self) -> Mapping[str, str]:
        return {**super().contents(), "states below": digest(self.found)}

    def prepare(self, sampling: Sampling) -> Estimator:
        return Deflated(super().prepare(sampling), self.found)


@dataclass(frozen=True)
class Deflated(DerivedEstimator):
    found: FloatArray

    def asked(self, ask: Ask) -> Ask:
        return replace(ask, others=self.found)

    def told(self, ask: Ask, told: Told) -> Told:
        values = told.values + PENALTY * told.overlaps.sum(axis=1)
        if not ask.gradient:
            return Told(values)
        return Told(values, told.gradients + PENALTY * told.overlap_gradients.sum(axis=1))


def _problem() -> tuple[QuantumCircuit, SparsePauliOp]:
    angles = iter(ParameterVector("a", 18))
    ansatz = QuantumCircuit(2)
    for layer in range(3):
        for qubit in range(2):
            ansatz.rz(next(angles), qubit)
            ansatz.ry(next(angles), qubit)
            ansatz.rz(next(angles), qubit)
        if layer < 2:
            ansatz.cx(0, 1)
    return ansatz, SparsePauliOp(["ZZ", "XI", "IX", "IZ"], [1.0, 0.4, -0.7, 0.3])


@pytest.mark.ranks
def test_all_energies_by_exact_gradients() -> None:
    ansatz, observable = _problem()
    start = np.random.default_rng(1).uniform(-1.0, 1.0, 18)
    found = [hybrid.minimize(hybrid.VQE(ansatz, observable), x0=start, seed=1)]
    while len(found) < 3:
        workload = Penalised.above(ansatz, observable, [each.x for each in found])
        found.append(hybrid.minimize(workload, x0=start[::-1], seed=1))
    exact = np.linalg.eigvalsh(observable.to_matrix())
    np.testing.assert_allclose([each.value for each in found], exact[:3], atol=1e-5)


def test_its_gradient_is_exact() -> None:
    ansatz, observable = _problem()
    rng = np.random.default_rng(2)
    below, point = rng.normal(size=(2, 18)), rng.normal(size=18)
    evaluation = Penalised.above(ansatz, observable, list(below)).prepare(Sampling())
    told = evaluation.answer(Ask(point[None], True), seed=0, threads=1)
    states = [oracle.state_of(ansatz, each) for each in below]

    def cost(x: FloatArray) -> float:
        state = oracle.state_of(ansatz, x)
        penalty = sum(abs(np.vdot(each, state)) ** 2 for each in states)
        return oracle.value(ansatz, observable, x) + PENALTY * penalty

    step = 1e-4
    slopes = [
        (8 * (cost(point + e) - cost(point - e)) - cost(point + 2 * e) + cost(point - 2 * e))
        / (12 * step)
        for e in step * np.eye(18)
    ]
    assert told.values[0] == pytest.approx(cost(point), abs=1e-12)
    np.testing.assert_allclose(told.gradients[0], slopes, atol=1e-9)


def test_a_simulator_without_overlaps_refuses_it() -> None:
    ansatz, observable = _problem()
    workload = Penalised.above(ansatz, observable, [np.zeros(18)])
    with pytest.raises(InputError, match="got overlaps, expected at most gradients, values"):
        hybrid.minimize(workload, x0=np.zeros(18), simulator="aer")

"""An optimizer that needs the metric, in a file of its own: natural gradient descent.

Stokes, Izaac, Killoran and Carleo, Quantum 4, 269 (2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.journal import open_journal
from hybrid.optimizers.base import Solution, Steps


@dataclass(frozen=True)
class NaturalGradient:
    """Steps along the gradient in the geometry of states."""

    rate: float = 0.2
    max_iterations: int = 40
    name: str = "natural gradient"

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        x = x0
        for iteration in range(self.max_iterations):
            told = yield Ask(x[None], gradient=True, iteration=iteration, metric=True)
            metric = told.metric[0] + 1e-6 * np.eye(len(x))
            x = x - self.rate * np.linalg.solve(metric, told.gradients[0])
        last = yield Ask(x[None], iteration=self.max_iterations)
        return Solution(x, float(last.values[0]), True, "Finished.", self.max_iterations)


def _task() -> hybrid.VQE:
    angles = iter(ParameterVector("a", 8))
    circuit = QuantumCircuit(2)
    for _ in range(2):
        for qubit in range(2):
            circuit.ry(next(angles), qubit)
            circuit.rz(next(angles), qubit)
        circuit.cx(0, 1)
    return hybrid.VQE(circuit, SparsePauliOp(["ZZ", "XI", "IX"], [1.0, 0.4, -0.7]))


X0 = np.linspace(-0.5, 0.7, 8)


@pytest.mark.ranks
def test_it_converges_in_few_steps() -> None:
    task = _task()
    found = hybrid.minimize(task, NaturalGradient(), x0=X0, seed=1)
    exact = np.linalg.eigvalsh(task.observable.operator.to_matrix())[0]
    assert found.value == pytest.approx(exact, abs=1e-4)


def test_it_resumes_from_its_journal_to_the_same_bits(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    whole = hybrid.minimize(_task(), NaturalGradient(), x0=X0, seed=1, journal=path)
    again = hybrid.minimize(_task(), NaturalGradient(), x0=X0, seed=1, journal=path)
    alone = hybrid.minimize(_task(), NaturalGradient(), x0=X0, seed=1)
    assert whole.x.tobytes() == again.x.tobytes() == alone.x.tobytes()
    with open_journal(path) as journal:
        answers = list(journal)
    assert answers[0].told.metric.shape == (1, 8, 8)
    assert answers[-1].told.metric is None


def test_a_simulator_without_the_metric_refuses_it_before_it_runs() -> None:
    with pytest.raises(InputError, match="got metric, expected at most gradients, values with Aer"):
        hybrid.minimize(_task(), NaturalGradient(), x0=X0, simulator="aer")

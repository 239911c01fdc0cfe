"""A start where the gradient vanishes is said, and left."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid import optimizers
from hybrid.core.outcome import Outcome
from tests.loop.test_units import GROUND, ISING

GRADIENT_METHODS = [
    *(name for name, method in optimizers.scipy_methods.METHODS.items() if method.gradient),
    "Adam",
]


def variational(*, together: bool) -> QuantumCircuit:
    """Two layers of evolutions by the parts of ISING, one angle for each part or each term."""
    circuit = QuantumCircuit(4)
    circuit.h(range(4))
    couplings, fields = ISING[:3], ISING[3:]
    for layer in range(2):
        for name, part in (("a", couplings), ("b", fields)):
            groups = [part] if together else list(part)
            for k, group in enumerate(groups):
                gate = PauliEvolutionGate(
                    SparsePauliOp(group.paulis), Parameter(f"{name}{layer}{k}")
                )
                circuit.append(gate, range(4))
    return circuit


@pytest.mark.parametrize("together", [False, True])
def test_hamiltonian_variational_ansatzes_do_not_start_at_zero(together: bool) -> None:
    problem = hybrid.VQE(variational(together=together), ISING)
    assert np.all(problem.initial_point(3) != 0.0)
    found = hybrid.minimize(problem, seed=3)
    assert found.history.values[0] != pytest.approx(-3.2)
    assert found.success
    if not together:
        assert found.value == pytest.approx(GROUND, abs=1e-3)


@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_a_run_leaves_a_start_that_is_stationary(name: str) -> None:
    problem = hybrid.VQE(variational(together=False), ISING)
    found = hybrid.minimize(problem, name, x0=np.zeros(14), seed=1, max_iterations=200)
    assert found.history.values[0] == pytest.approx(-3.2)
    assert found.value < -4.0
    assert found.message.startswith("The gradient vanishes at the start, so the run restarted")
    assert found.outcome in (Outcome.CONVERGED, Outcome.LIMIT)
    again = hybrid.minimize(problem, name, x0=np.zeros(14), seed=1, max_iterations=200)
    assert again.x.tobytes() == found.x.tobytes()


def one_rotation(operator: str) -> hybrid.VQE:
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("a"), 0)
    return hybrid.VQE(circuit, SparsePauliOp(operator))


def test_a_maximum_is_left_and_a_minimum_is_kept() -> None:
    top = hybrid.minimize(one_rotation("Z"), x0=[0.0], seed=1)
    assert top.value == pytest.approx(-1.0)
    assert top.outcome is Outcome.CONVERGED
    bottom = hybrid.minimize(one_rotation("Z"), x0=[np.pi], seed=1)
    assert bottom.value == pytest.approx(-1.0)
    assert bottom.success
    assert bottom.outcome is Outcome.STATIONARY_START
    assert "it found no lower value" in bottom.message


def test_a_flat_cost_is_no_success() -> None:
    flat = hybrid.minimize(one_rotation("Y"), x0=[0.4], seed=1)
    assert flat.outcome is Outcome.STATIONARY_START
    assert not flat.success
    assert flat.x.tolist() == [0.4]
    assert "the gradient vanishes there too" in flat.message


def test_a_start_that_is_good_enough_for_a_loose_tolerance_is_not_left() -> None:
    found = hybrid.minimize(one_rotation("Z"), x0=[np.pi + 1e-3], seed=1, tolerance=0.1)
    assert len(found.history) == 1
    assert found.outcome is Outcome.CONVERGED

"""The unit of the cost changes neither the path of a run nor its tests of convergence."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid import optimizers
from hybrid.optimizers.unit import unit_of

ISING = SparsePauliOp.from_sparse_list(
    [("ZZ", [q, q + 1], -1.0) for q in range(3)] + [("X", [q], -0.8) for q in range(4)], 4
)
GROUND = -4.145560913317091
ANSATZ = real_amplitudes(4, reps=2)


def run(name: str, factor: float, **options: object) -> hybrid.loop.result.Result:
    limit = {"SPSA": 30, "Adam": 30, "COBYLA": 60, "COBYQA": 60, "Powell": 2, "Nelder-Mead": 60}
    options.setdefault("max_iterations", limit.get(name, 12))
    return hybrid.minimize(hybrid.VQE(ANSATZ, factor * ISING), name, seed=1, **options)


@pytest.mark.parametrize("name", optimizers.names())
def test_every_optimizer_takes_the_same_path_in_any_unit(name: str) -> None:
    if name == "CMA-ES":
        pytest.importorskip("cma")
    plain = run(name, 1.0)
    for factor in (2.0**-20, 2.0**20):
        scaled = run(name, factor)
        assert (scaled.history.values / factor).tobytes() == plain.history.values.tobytes()
        assert scaled.x.tobytes() == plain.x.tobytes()
        assert scaled.value / factor == plain.value
        assert scaled.outcome is plain.outcome
    for factor in (1e-6, 1e6):  # within 5 % of a power of four: other steps, the same tests
        scaled = run(name, factor)
        assert len(scaled.history) > len(plain.history) / 2
        assert scaled.history.values[0] / factor == pytest.approx(plain.history.values[0])


@pytest.mark.parametrize("name", ["L-BFGS-B", "BFGS", "CG", "SLSQP", "trust-constr"])
@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_the_ground_state_is_found_in_any_unit(name: str, factor: float) -> None:
    found = run(name, factor, max_iterations=1000)
    assert found.value / factor == pytest.approx(GROUND, abs=2e-3)
    assert found.success


def test_usual_costs_have_the_unit_1() -> None:
    for scale in (1.0, 2.7, 3.0):
        assert unit_of(scale) == 1.0
    assert hybrid.VQE(ANSATZ, ISING).scale() == pytest.approx(2.8)
    shifted = ISING + 1e6 * SparsePauliOp("IIII")
    assert hybrid.VQE(ANSATZ, shifted).scale() == pytest.approx(2.8)
    assert hybrid.VQE(ANSATZ, SparsePauliOp("IIII", [5.0])).scale() == 0.0


class Bowl(hybrid.Workload):
    """A quadratic in a unit of the user's own."""

    num_parameters = 2

    def __init__(self, factor: float, offset: float = 0.0) -> None:
        self.factor, self.offset = factor, offset

    def run(self, piece, simulator):
        away = piece.points - np.array([0.3, -0.2])
        weights = self.factor * np.array([1.0, 30.0])
        return self.offset + (weights * away**2).sum(axis=1), 2.0 * weights * away


@pytest.mark.parametrize("factor", [1e-9, 1e-6, 1.0, 1e6])
def test_a_workload_without_a_scale_goes_by_its_first_gradient(factor: float) -> None:
    found = hybrid.minimize(Bowl(factor), x0=[1.0, 1.0])
    assert found.success
    np.testing.assert_allclose(found.x, [0.3, -0.2], atol=1e-4)


def test_a_good_start_of_a_workload_without_a_scale_is_an_end() -> None:
    found = hybrid.minimize(Bowl(1.0, offset=5.0), "BFGS", x0=[0.3 + 1e-8, -0.2])
    assert found.success
    assert found.value == pytest.approx(5.0)


def test_options_that_are_values_of_the_cost_keep_their_unit() -> None:
    for factor in (1.0, 1e-6):
        target = -3.0 * factor
        found = run("COBYLA", factor, max_iterations=2000, options={"f_target": target})
        assert found.value <= target
        assert found.history.values[:-1].min() > target
    rate = {"learning_rate": 0.1}
    plain = run("SPSA", 1.0, options=rate)
    scaled = run("SPSA", 2.0**-20, options={"learning_rate": 0.1 * 2.0**20})
    assert scaled.x.tobytes() == plain.x.tobytes()

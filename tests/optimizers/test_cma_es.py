"""CMA-ES: a generation is one Ask; its own random numbers; how it ends."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from optimizer_driver import drive

from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.optimizers import CMAES, make


def test_without_its_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cma", None)
    with pytest.raises(InputError, match=r"hybrid-hpc-quantum\[cma\]"):
        next(make("CMA-ES").steps(np.zeros(2), seed=1))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sigma": 0.0}, "sigma of CMAES: got 0.0"),
        ({"population": 2}, "population of CMAES: got 2"),
        ({"max_iterations": 0}, "max_iterations of CMAES"),
        ({"tolerance": -1.0}, "tolerance of CMAES"),
    ],
)
def test_bad_options(options, said):
    with pytest.raises(InputError, match=said):
        CMAES(**options)


def rastrigin(x):
    """Many local minima; the lowest, 0, at the origin."""
    return float(np.sum(x**2 + 10.0 * (1.0 - np.cos(2.0 * np.pi * x))))


def test_a_generation_is_one_ask():
    pytest.importorskip("cma")
    run = drive(make("cma_es", 4, population=9).steps(np.ones(5), seed=3), lambda x: float(x @ x))
    assert [ask.points.shape for ask in run.asks] == [(9, 5)] * 4 + [(1, 5)]
    assert [ask.iteration for ask in run.asks] == [0, 1, 2, 3, 4]
    assert run.solution.outcome is Outcome.LIMIT


def test_it_finds_the_lowest_of_many_minima():
    pytest.importorskip("cma")
    found = []
    for seed in range(4):
        steps = make("CMA-ES", population=60, sigma=2.0).steps(np.full(3, 3.0), seed)
        found.append(drive(steps, rastrigin).solution.value)
    assert np.sum(np.array(found) < 1e-6) >= 3


def test_it_tolerates_noise():
    pytest.importorskip("cma")
    noise = np.random.default_rng(1)

    def cost(x):
        return float(x @ x) + noise.normal(scale=0.05)

    optimizer = make("CMA-ES", 60, population=20)
    run = drive(optimizer.steps(np.full(4, 1.5), seed=5), cost, error=0.05)
    assert float(run.solution.x @ run.solution.x) < 0.05 < 0.01 * 4 * 1.5**2 + 1.0


def test_one_parameter():
    pytest.importorskip("cma")
    run = drive(make("CMA-ES").steps(np.array([2.0]), seed=1), lambda x: float((x[0] - 0.3) ** 2))
    assert run.solution.x[0] == pytest.approx(0.3, abs=1e-3)

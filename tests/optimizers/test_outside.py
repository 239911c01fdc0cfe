"""Minimisers of other libraries: functions, objects, ask and tell; seeded, copied, resumed."""
# ruff: noqa: NPY002, others use the global generators

from __future__ import annotations

import random
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.optimize
from optimizer_driver import drive, replay

from hybrid.core.errors import InputError
from hybrid.core.outcome import Outcome
from hybrid.optimizers import AskTell, Minimizer, SciPy, make, starts
from hybrid.optimizers.randomness import Randomness

CENTRE = np.array([0.4, -0.7, 1.1])


def bowl(x):
    return float(np.sum((x - CENTRE) ** 2)) - 2.0


def slope(x):
    return 2.0 * (x - CENTRE)


def blind_search(fun, x0, tries=40):
    """A random search with every global generator, in batches of four."""
    best = np.array(x0)
    for _ in range(tries):
        steps = np.random.normal(0, 0.3, (4, len(best))) * random.random()
        values = fun(best + steps)
        if min(values) < fun(best):
            best = best + steps[int(np.argmin(values))]
    return SimpleNamespace(x=best, nit=tries)


def downhill(fun, x0, jac):
    x = np.array(x0)
    for _ in range(60):
        fun(x)
        x = x - 0.2 * jac(x)
    return SimpleNamespace(x=x, fun=fun(x), success=True, message="Near enough.")


class Centred:
    """Asks for points about the best one, each time closer; a stop and a count as state."""

    def __init__(self, x0, batch=True):
        self.x, self.batch, self.width = np.array(x0, dtype=float), batch, 1.0
        self.lowest = np.inf

    def ask(self):
        points = self.x + self.width * np.random.normal(size=(6, len(self.x)))
        return list(points) if self.batch else points[0].tolist()

    def tell(self, points, values):
        assert isinstance(values, list) == self.batch
        for point, value in zip(np.atleast_2d(points), np.atleast_1d(values), strict=True):
            if value < self.lowest:
                self.x, self.lowest = np.array(point), value
        self.width *= 0.9

    def stop(self):
        return self.width < 1e-2


def test_a_function_that_knows_values_only():
    run = drive(make(blind_search).steps(np.zeros(3), seed=4), bowl)
    assert make(blind_search).name == "blind_search"
    assert run.solution.outcome is Outcome.FINISHED
    assert run.solution.value < -1.9
    assert {ask.points.shape for ask in run.asks} == {(4, 3), (1, 3)}
    assert not any(ask.gradient for ask in run.asks)


def test_a_function_with_gradients_asks_once_for_each_point():
    run = drive(make(downhill).steps(np.zeros(3), seed=4), bowl, slope)
    np.testing.assert_allclose(run.solution.x, CENTRE, atol=1e-6)
    assert run.solution.message == "downhill converged after 61 iterations (Near enough)."
    assert len(run.asks) == len(set(run.points)) == 61
    assert all(ask.gradient for ask in run.asks)


@pytest.mark.parametrize(("method", "gradient"), [("COBYLA", False), ("L-BFGS-B", True)])
def test_scipys_own_function_takes_the_path_of_our_method(method, gradient):
    theirs = make(partial(scipy.optimize.minimize, method=method, tol=1e-6))
    assert theirs.name == method
    one = drive(theirs.steps(np.zeros(3), seed=1), bowl, slope)
    other = drive(SciPy(method, tolerance=1e-6).steps(np.zeros(3), seed=1), bowl, slope)
    assert one.points == other.points
    assert all(ask.gradient is gradient for ask in one.asks)
    assert one.solution.success


@pytest.mark.parametrize("name", ["SPSA", "NFT", "COBYLA", "L_BFGS_B", "UMDA", "GradientDescent"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_optimizers_of_qiskit_algorithms(name):
    """Circuit-like costs, at least as low as the library reaches by itself."""
    library = pytest.importorskip("qiskit_algorithms.optimizers")
    utils = pytest.importorskip("qiskit_algorithms.utils")
    kind = getattr(library, name)
    own = {"SPSA": 120, "UMDA": 60, "GradientDescent": 200}.get(name)
    optimizer = kind() if own is None else kind(maxiter=own)

    def waves(x):
        return float(np.sum(1.0 - np.cos(x - CENTRE))) - 2.0

    def waves_slope(x):
        return np.sin(x - CENTRE)

    utils.algorithm_globals.random_seed = 5
    before = utils.algorithm_globals.random.bit_generator.state
    adopted = make(optimizer)
    assert adopted.name == name
    run = drive(adopted.steps(np.zeros(3), seed=9), waves, waves_slope)
    assert run.solution.value < -1.9
    assert utils.algorithm_globals.random.bit_generator.state == before
    again = replay(make(optimizer).steps(np.zeros(3), seed=9), lambda _, k: run.tolds[k])
    assert again.points == run.points
    gradients = {"L_BFGS_B", "GradientDescent"}
    assert all(ask.gradient is (name in gradients) for ask in run.asks)


@pytest.mark.parametrize("batch", [True, False])
def test_ask_and_tell(batch):
    given = Centred(np.zeros(3), batch)
    run = drive(make(given).steps(np.full(3, 9.0), seed=4), bowl)
    assert run.solution.success
    assert run.solution.value < -1.5
    assert run.solution.message == "Centred stopped by itself after 44 iterations."
    assert (given.width, given.lowest) == (1.0, np.inf)  # it was copied
    made = AskTell(lambda x0, seed: Centred(x0, batch), max_iterations=5)
    run = drive(made.steps(np.full(3, 9.0), seed=4), bowl)
    assert run.solution.outcome is Outcome.LIMIT
    assert np.all(np.abs(run.asks[0].points - 9.0) < 6.0)
    assert (made.starts_itself, make(given).starts_itself) == (False, True)


@pytest.mark.parametrize("given", [blind_search, Centred(np.zeros(3))], ids=["function", "object"])
def test_replay_does_not_depend_on_who_else_draws(given):
    first = drive(make(given).steps(np.zeros(3), seed=7), bowl)

    def reply(_, k):
        np.random.seed(k)  # another user of the global generators
        random.seed(k)
        return first.tolds[k]

    again = replay(make(given).steps(np.zeros(3), seed=7), reply)
    assert again.points == first.points
    other = drive(make(given).steps(np.zeros(3), seed=8), bowl)
    assert other.points != first.points


def test_the_global_generators_are_as_before():
    np.random.seed(1)
    random.seed(1)
    expected = np.random.rand(), random.random()
    np.random.seed(1)
    random.seed(1)
    with Randomness(3):
        inside = np.random.rand(), random.random()
    assert (np.random.rand(), random.random()) == expected != inside
    steps = make(blind_search).steps(np.zeros(3), seed=1)
    np.random.seed(1)
    random.seed(1)
    next(steps)
    assert (np.random.rand(), random.random()) == expected
    np.random.seed(1)
    random.seed(1)
    steps.close()
    assert (np.random.rand(), random.random()) == expected


def test_journals_tell_them_apart():
    one, other = Centred(np.zeros(3)), Centred(np.ones(3))
    assert repr(make(one)) == repr(make(Centred(np.zeros(3)))) != repr(make(other))
    assert repr(make(blind_search)) != repr(make(downhill))
    assert repr(make(partial(blind_search, tries=3))) != repr(make(partial(blind_search, tries=4)))


class Uncopied(Centred):
    def __deepcopy__(self, memo):
        raise TypeError("no copies")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda fun, x0: SimpleNamespace(x=x0[:2]), "2 parameters, expected 3"),
        (lambda fun, x0: fun(x0[:2]), r"shape \(2,\), expected shape \(3,\)"),
        (lambda fun, x0: SimpleNamespace(), "x of the result"),
        (Centred(np.zeros(2)), r"ask\(\) of Centred: got shape \(6, 2\)"),
        (Uncopied(np.zeros(3)), "cannot be copied: no copies"),
        (AskTell(lambda x0, seed: 5), "got int"),
    ],
)
def test_what_does_not_fit(given, said):
    with pytest.raises(InputError, match=said):
        drive(make(given).steps(np.zeros(3), seed=1), bowl)


def test_what_is_no_optimizer():
    for given in (Centred, 5, None, object()):
        with pytest.raises(InputError, match="an object with ask and tell, or a function"):
            make(given)
    with pytest.raises(InputError, match="that makes one"):
        AskTell(5)
    with pytest.raises(InputError, match="max_iterations of AskTell: got 0"):
        AskTell(Centred(np.zeros(2)), 0)
    with pytest.raises(InputError, match="True, False or None"):
        Minimizer(blind_search, "yes")


def test_starts():
    points = starts(6, 3, seed=2)
    assert points.shape == (6, 3)
    assert np.all(np.abs(points) <= np.pi)
    np.testing.assert_array_equal(points, starts(8, 3, seed=2)[:6])
    assert np.any(points != starts(6, 3, seed=3))
    even = starts(64, 1, seed=1, low=0.0, high=64.0)  # one in each of 64 intervals
    np.testing.assert_array_equal(np.sort(even[:, 0].astype(int)), np.arange(64))
    assert len(np.unique(starts(64, 1, 1, "random", low=0.0, high=64.0).astype(int))) < 60
    for arguments, said in [
        ((0, 2, 1), "count of starts"),
        ((2, 2, 1, "halton"), "'sobol' or 'random'"),
    ]:
        with pytest.raises(InputError, match=said):
            starts(*arguments)
    with pytest.raises(InputError, match="high"):
        starts(2, 2, 1, low=1.0, high=0.0)

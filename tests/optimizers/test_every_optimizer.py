"""What all optimizers promise: the minimum, the best point, replay, clean ends, no crash on NaN."""

import gc
import warnings

import numpy as np
import pytest
from greenlet import greenlet
from optimizer_driver import answer, drive, replay

from hybrid.core.ask import Ask, Told
from hybrid.optimizers import Optimizer, Solution, make, names

CENTRE = np.array([0.3, -1.2, 0.7])
CURVATURES = np.array([1.0, 2.0, 3.0])


def bowl(x):
    """A quadratic with its minimum, -5, at CENTRE."""
    return float(np.sum(CURVATURES * (x - CENTRE) ** 2)) - 5.0


def bowl_gradient(x):
    return 2.0 * CURVATURES * (x - CENTRE)


def waves(x):
    """A Fourier series with the minimum and curvatures of the bowl, for Rotosolve."""
    return 2.0 * float(np.sum(CURVATURES * (1.0 - np.cos(x - CENTRE)))) - 5.0


def waves_gradient(x):
    return 2.0 * CURVATURES * np.sin(x - CENTRE)


def cost_of(name):
    return (waves, waves_gradient) if name == "Rotosolve" else (bowl, bowl_gradient)


def landscape(x):
    """A product of cosines, as a circuit gives it; its minimum, -1, is at 0 (mod 2 pi)."""
    return -float(np.prod(np.cos(x / 2) ** 2))


def landscape_gradient(x):
    return -landscape(x) * np.tan(x / 2)


def made(name, **options):
    enough = {"Adam": 2000, "SPSA": 1000}
    return make(name, max_iterations=enough.get(name), **options)


@pytest.fixture(params=names())
def name(request):
    if request.param == "CMA-ES":
        pytest.importorskip("cma")
    return request.param


@pytest.fixture(autouse=True)
def _no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_it_is_an_optimizer(name):
    assert isinstance(made(name), Optimizer)
    assert made(name).name == name


def test_minimum_of_a_quadratic(name, capfd):
    cost, gradient = cost_of(name)
    run = drive(made(name).steps(np.zeros(3), seed=1), cost, gradient)
    assert run.solution.success, run.solution.message
    np.testing.assert_allclose(run.solution.x, CENTRE, atol=2e-3)
    assert run.solution.value == pytest.approx(-5.0, abs=1e-5)
    assert tuple(capfd.readouterr()) == ("", "")


def test_minimum_of_a_product_of_cosines(name):
    start = np.array([0.9, -0.7, 1.1, 0.4])
    run = drive(made(name).steps(start, seed=2), landscape, landscape_gradient)
    assert run.solution.success, run.solution.message
    assert landscape(start) > -0.5
    assert run.solution.value == pytest.approx(-1.0, abs=1e-5)


def test_the_start_is_not_modified_and_asks_are_not_shared(name):
    cost, gradient = cost_of(name)
    start = np.zeros(3)
    run = drive(made(name).steps(start, seed=1), cost, gradient)
    assert not np.any(start)
    for ask, told in zip(run.asks, run.tolds, strict=True):
        assert ask.points.dtype == np.float64
        assert ask.points.ndim == 2
        # would differ if the optimizer went on working in the array that it gave away
        np.testing.assert_array_equal(told.values, [cost(point) for point in ask.points])


def test_solution_is_the_lowest_point_evaluated(name):
    cost, gradient = cost_of(name)
    run = drive(made(name).steps(np.array([2.0, 2.0, -2.0]), seed=3), cost, gradient)
    assert run.solution.value == run.values.min()
    assert run.solution.value == cost(run.solution.x)


def test_iterations_do_not_go_back(name):
    cost, gradient = cost_of(name)
    run = drive(made(name).steps(np.zeros(3), seed=1), cost, gradient)
    counts = [ask.iteration for ask in run.asks]
    assert counts[0] == 0
    assert counts == sorted(counts)
    assert counts[-1] <= run.solution.iterations <= counts[-1] + 2


def test_replayed_answers_give_the_same_asks_bit_for_bit(name):
    first = drive(made(name).steps(np.zeros(4), seed=7), landscape, landscape_gradient)
    again = replay(made(name).steps(np.zeros(4), seed=7), lambda _, k: first.tolds[k])
    assert again.points == first.points
    assert [ask.gradient for ask in again.asks] == [ask.gradient for ask in first.asks]
    assert [ask.iteration for ask in again.asks] == [ask.iteration for ask in first.asks]
    assert again.solution.x.tobytes() == first.solution.x.tobytes()
    assert again.solution.message == first.solution.message


def suspended_greenlets():
    return sum(
        isinstance(it, greenlet) and bool(it) and it.parent is not None for it in gc.get_objects()
    )


@pytest.mark.parametrize("how", ["close", "throw"])
def test_ended_midway_leaves_nothing_running(name, how):
    cost, gradient = cost_of(name)
    before = suspended_greenlets()
    steps = made(name).steps(np.zeros(3), seed=1)
    ask = next(steps)
    for _ in range(3):
        ask = steps.send(answer(ask, cost, gradient, None))
    if how == "close":
        steps.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            steps.throw(KeyboardInterrupt())
    assert suspended_greenlets() == before
    # and the next run of the same optimizer is not disturbed
    assert drive(made(name).steps(np.zeros(3), seed=1), cost, gradient).solution.success


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("when", [0, 3])
def test_a_cost_that_is_not_finite_ends_the_run_and_keeps_the_best(name, bad, when):
    cost, gradient = cost_of(name)

    def reply(ask, k):
        told = answer(ask, cost, gradient, None)
        return told if k < when else Told(np.full_like(told.values, bad), told.gradients)

    run = replay(made(name).steps(np.zeros(3), seed=1), reply)
    assert len(run.asks) == when + 1
    assert not run.solution.success
    assert f"because the cost was {bad}" in run.solution.message
    if when:
        assert run.solution.value == run.values[np.isfinite(run.values)].min()
        assert run.solution.value == cost(run.solution.x)
    else:
        assert run.solution.x.tobytes() == run.points[0]
        np.testing.assert_equal(run.solution.value, bad)


def test_one_bad_value_of_a_batch_does_not_hide_the_good_one():
    def reply(ask, k):
        values = np.array([bowl(point) for point in ask.points])
        values[0] = np.nan
        return Told(values)

    run = replay(made("SPSA", learning_rate=0.1).steps(np.zeros(3), seed=1), reply)
    assert len(run.asks) == 1
    assert run.solution.x.tobytes() == run.points[1]


@pytest.mark.parametrize("name", ["L-BFGS-B", "trust-constr", "Adam"])
def test_a_gradient_that_is_not_finite_ends_the_run(name):
    cost, gradient = cost_of(name)

    def reply(ask, k):
        told = answer(ask, cost, gradient, None)
        if k == 1:
            told.gradients[0, 1] = np.nan
        return told

    run = replay(made(name).steps(np.zeros(3), seed=1), reply)
    assert len(run.asks) == 2
    assert "the gradient had a component that is not finite" in run.solution.message
    assert run.solution.value == run.values.min()


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("metric", "the metric"),
        ("variances", "the variance"),
        ("overlaps", "the overlaps"),
        ("overlap_gradients", "the gradient of the overlaps"),
    ],
)
def test_any_further_answer_that_is_not_finite_ends_the_run(part, what):
    def steps():
        yield Ask(np.zeros((1, 1)))
        raise AssertionError("the optimizer received it")

    run = replay(steps(), lambda ask, _: Told(np.ones(1), **{part: np.array([[0.0, np.nan]])}))
    assert run.solution.message.startswith(f"Stopped in iteration 0 because {what} had a component")
    assert run.solution.value == 1.0


@pytest.mark.parametrize("name", ["L-BFGS-B", "Adam", "SPSA"])
@pytest.mark.parametrize("error", [0.1, 0.0, None])
def test_a_lucky_value_is_kept_only_if_it_is_exact(name, error):
    """The second answer is told far too low: the truth if exact, luck if sampled."""
    cost, gradient = cost_of(name)

    def reply(ask, k):
        told = answer(ask, cost, gradient, error)
        if k == 1:
            told.values[0] = -1000.0
        return told

    run = replay(make(name, max_iterations=30).steps(np.zeros(3), seed=1), reply)
    if error:
        # the method's own end: a line search may not pass a point that looks like a pit
        lucky = run.asks[1].points[0]
        own = run.asks[-1].points[0]
        assert run.solution.x.tobytes() == (lucky if name == "L-BFGS-B" else own).tobytes()
    else:
        assert run.solution.value == -1000.0


def test_a_solution_is_a_value():
    with pytest.raises(AttributeError):
        Solution(np.zeros(1), 0.0, True, "Done.", 1).value = 2.0


@pytest.mark.parametrize("scale", [0.0, 1e250, 1e-250])
def test_flat_and_enormous_costs_end_quietly(name, scale, capfd):
    """Overflow in a method's own arithmetic is its affair: it stops or goes on, without noise."""
    cost, gradient = cost_of(name)
    limit = {"COBYLA": 20}.get(name, 8)

    def reply(ask, k):
        with np.errstate(all="ignore"):
            return answer(ask, lambda x: scale * cost(x), lambda x: scale * gradient(x), None)

    run = replay(make(name, max_iterations=limit).steps(np.zeros(3), seed=1), reply)
    assert all(np.all(np.isfinite(ask.points)) for ask in run.asks)
    assert run.solution.value == run.values[np.isfinite(run.values)].min()
    assert run.solution.message.endswith(".")
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_constant_slope_ends_quietly(name):
    """Two equal gradients, on which a quasi-Newton method cannot update its Hessian."""
    if name == "Rotosolve":
        pytest.skip("refuses a cost with other frequencies")
    limit = {"COBYLA": 20}.get(name, 8)
    run = drive(
        make(name, max_iterations=limit).steps(np.zeros(3), seed=1),
        lambda x: float(np.sum(x)) / 8,
        lambda x: np.full(3, 1 / 8),
    )
    assert run.solution.value == run.values.min() < 0


def test_a_next_point_that_is_not_finite_is_not_asked_for():
    def steps():
        yield Ask(np.array([[1.0], [0.5]]))
        yield Ask(np.array([[np.nan], [0.0]]), iteration=1)

    run = drive(steps(), lambda x: float(x[0]))
    assert len(run.asks) == 1
    assert run.solution.value == run.solution.x[0] == 0.5
    assert run.solution.message == (
        "Stopped in iteration 1 because the next point it chose was not finite; "
        "the best point so far is kept."
    )

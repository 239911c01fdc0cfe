"""SPSA: what it asks, its gains, its randomness, and that it finds the minimum under noise."""

import numpy as np
import pytest
from optimizer_driver import drive

from hybrid.core.errors import InputError
from hybrid.optimizers import SPSA


def bowl(x):
    return float(np.sum((x - 0.5) ** 2))


def test_a_step_is_one_ask_of_two_points_symmetric_about_the_iterate():
    spsa = SPSA(max_iterations=5, learning_rate=0.3, perturbation=0.1, stability=2.0)
    run = drive(spsa.steps(np.zeros(4), seed=3), bowl)
    assert [ask.points.shape for ask in run.asks] == [(2, 4)] * 5 + [(1, 4)]
    assert not any(ask.gradient for ask in run.asks)
    assert [ask.iteration for ask in run.asks] == [0, 1, 2, 3, 4, 5]
    iterates = [ask.points.mean(axis=0) for ask in run.asks]
    for k in range(5):
        offset = (run.asks[k].points[0] - run.asks[k].points[1]) / 2
        np.testing.assert_allclose(np.abs(offset), 0.1 / (k + 1) ** 0.101, rtol=1e-12)
        slope = (run.tolds[k].values[0] - run.tolds[k].values[1]) / (2 * abs(offset[0]))
        step = -0.3 / (k + 1 + 2.0) ** 0.602 * slope * np.sign(offset)
        np.testing.assert_allclose(iterates[k + 1] - iterates[k], step, rtol=1e-9)


def test_calibration_is_one_batch_and_sets_the_first_step():
    """On a slope of one parameter every direction gives the same, so the first step is exact."""
    spsa = SPSA(max_iterations=50, first_step=0.07, calibration_directions=10)
    run = drive(spsa.steps(np.zeros(1), seed=1), lambda x: 4.0 * float(x[0]))
    assert run.asks[0].points.shape == (20, 1)
    assert run.asks[1].points.mean() == pytest.approx(0.0, abs=1e-15)
    assert run.asks[2].points.mean() == pytest.approx(-0.07, rel=1e-9)


def test_calibration_on_a_flat_start_does_not_divide_by_zero():
    run = drive(SPSA(max_iterations=3).steps(np.zeros(2), seed=1), lambda x: 1.0)
    np.testing.assert_array_equal(run.solution.x.shape, (2,))
    assert np.all(np.isfinite(run.solution.x))


@pytest.mark.parametrize("rate", [None, 2.0])
def test_it_leaves_a_maximum_about_which_the_cost_is_even(rate):
    options = {"max_iterations": 150, "learning_rate": rate}
    run = drive(SPSA(**options).steps(np.zeros(3), seed=1), lambda x: float(np.sum(np.cos(x))))
    assert run.solution.value == pytest.approx(-3.0, abs=0.05)
    assert run.solution.message.endswith("so one step was random.")


def test_directions_are_averaged_in_one_batch():
    spsa = SPSA(max_iterations=2, learning_rate=0.1, directions=3)
    run = drive(spsa.steps(np.zeros(4), seed=3), bowl)
    assert [ask.points.shape for ask in run.asks] == [(6, 4), (6, 4), (1, 4)]


def test_average_of_the_last_iterates():
    options = {"max_iterations": 6, "learning_rate": 0.2}
    last = drive(SPSA(**options).steps(np.zeros(3), seed=4), bowl, error=0.1)
    mean = drive(SPSA(**options, average_last=3).steps(np.zeros(3), seed=4), bowl, error=0.1)
    centres = [ask.points.mean(axis=0) for ask in last.asks]  # x0 ... x5, and x6 itself
    np.testing.assert_allclose(mean.solution.x, np.mean(centres[4:7], axis=0), rtol=1e-12)
    np.testing.assert_allclose(last.solution.x, centres[6], rtol=1e-15)


def offsets(seed, **options):
    run = drive(SPSA(max_iterations=200, **options).steps(np.zeros(10), seed), lambda x: 0.0)
    steps = [ask.points for ask in run.asks if len(ask.points) == 2]
    return np.sign(np.array([points[0] - points[1] for points in steps]))


def test_directions_depend_on_seed_and_step_alone():
    one = offsets(11)
    np.testing.assert_array_equal(one, offsets(11, learning_rate=0.1))  # not on the calibration
    assert np.mean(one == offsets(12)) == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(one.size))
    assert abs(one.mean()) < 5 / np.sqrt(one.size)
    assert len({row.tobytes() for row in one}) > 150  # 200 draws of 1024


def ends(noise, informative):
    """Squared distances from the minimum after SPSA on a noisy bowl, for 20 seeds."""
    distances = []
    for seed in range(20):
        rng = np.random.default_rng(1000 + seed)

        def noisy(x, rng=rng):
            return informative * bowl(x) + rng.normal(0.0, noise)

        run = drive(SPSA(max_iterations=300).steps(np.full(5, -1.0), seed), noisy, error=noise)
        distances.append(bowl(run.solution.x))
    return np.array(distances)


def test_it_finds_the_minimum_of_a_noisy_quadratic():
    start = bowl(np.full(5, -1.0))
    found = ends(noise=0.1, informative=1.0)
    assert np.median(found) < start / 200
    assert np.max(found) < start / 20
    # negative control: told nothing but noise, it fails the same test
    assert np.median(ends(noise=0.1, informative=0.0)) > start / 20


def test_message_and_success_are_honest():
    run = drive(SPSA(max_iterations=7).steps(np.zeros(2), seed=0), bowl)
    assert run.solution.success
    assert run.solution.iterations == 7
    assert run.solution.message == "SPSA took its 7 steps; it has no convergence test."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_iterations": 0}, "max_iterations of SPSA: got 0"),
        ({"learning_rate": -1}, "learning_rate of SPSA: got -1"),
        ({"perturbation": 0.0}, "perturbation of SPSA: got 0.0"),
        ({"alpha": "big"}, "alpha of SPSA: got 'big'"),
        ({"gamma": 0}, "gamma of SPSA"),
        ({"stability": -3}, "stability of SPSA"),
        ({"directions": 0}, "directions of SPSA"),
        ({"average_last": 1.5}, "average_last of SPSA"),
        ({"calibration_directions": True}, "calibration_directions of SPSA"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError, match=message):
        SPSA(**options)


def test_blocking_refuses_steps_that_raise_the_cost():
    """With too large a gain every other step overshoots; blocked, the cost never rises."""
    options = {"max_iterations": 60, "learning_rate": 4.0, "perturbation": 0.1, "stability": 0.0}
    free = drive(SPSA(**options).steps(np.full(4, 0.2), seed=3), bowl)
    steps = SPSA(**options, blocking=True).steps(np.full(4, 0.2), seed=3)
    blocked = drive(steps, bowl)
    final = [bowl(run.asks[-1].points[0]) for run in (free, blocked)]
    assert final[1] < final[0]
    assert "Steps blocked because they raised the cost: " in blocked.solution.message
    centres = [ask.points.mean(axis=0) for ask in blocked.asks if len(ask.points) == 2][:1]
    centres += [ask.points.mean(axis=0) for ask in blocked.asks[2::2] if len(ask.points) == 2]
    values = [bowl(centre) for centre in centres]
    assert np.all(np.diff(values) <= 1e-12)


def test_blocking_allows_what_noise_may_explain():
    options = {"max_iterations": 30, "learning_rate": 1e-9, "blocking": True}
    noise = np.random.default_rng(2)

    def cost(x):
        return bowl(x) + noise.normal(scale=0.1)

    exact = drive(SPSA(**options, allowed_increase=0.0).steps(np.zeros(3), 1), cost, error=0.1)
    noisy = drive(SPSA(**options).steps(np.zeros(3), 1), cost, error=0.1)
    counts = [int(run.solution.message.split()[-1].rstrip(".")) for run in (exact, noisy)]
    assert counts[0] > 15 > 4 >= counts[1]
    assert SPSA(allowed_increase=3.0).in_unit(4.0).allowed_increase == 0.75

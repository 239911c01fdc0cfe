"""Adam against its paper's arithmetic, and its rule for stopping."""

import numpy as np
import pytest
from optimizer_driver import drive, replay

from hybrid.core.ask import Told
from hybrid.core.errors import InputError
from hybrid.optimizers import Adam


def reference(gradients, rate, beta1, beta2, epsilon):
    """Algorithm 1 with its moments written out as weighted sums, not as a recurrence."""
    x = np.zeros_like(gradients[0])
    for t in range(1, len(gradients) + 1):
        past = np.array(gradients[:t])
        ages = np.arange(t - 1, -1, -1)[:, None]
        mean = np.sum(beta1**ages * past, axis=0) / np.sum(beta1**ages)
        square = np.sum(beta2**ages * past**2, axis=0) / np.sum(beta2**ages)
        x = x - rate * mean / (np.sqrt(square) + epsilon)
    return x


def test_steps_are_those_of_the_paper():
    gradients = list(np.random.default_rng(3).normal(size=(12, 5)))
    adam = Adam(learning_rate=0.02, beta1=0.8, beta2=0.95, epsilon=1e-3, max_iterations=12)

    def reply(ask, k):
        return Told(np.zeros(1), gradients[k][None] if ask.gradient else None)

    run = replay(adam.steps(np.zeros(5), seed=0), reply)
    assert len(run.asks) == 13
    assert [ask.gradient for ask in run.asks] == [True] * 12 + [False]
    for t in (1, 5, 12):
        expected = reference(gradients[:t], 0.02, 0.8, 0.95, 1e-3)
        np.testing.assert_allclose(run.asks[t].points[0], expected, rtol=1e-12)


def test_it_stops_where_the_gradient_is_small_and_not_before():
    run = drive(
        Adam(max_iterations=5000, tolerance=1e-3).steps(np.array([1.0, -2.0]), seed=0),
        lambda x: float(x @ x),
        lambda x: 2 * x,
    )
    slopes = [np.max(np.abs(told.gradients)) for told in run.tolds]
    assert run.solution.success
    assert slopes[-1] <= 1e-3
    assert min(slopes[:-1]) > 1e-3
    assert run.solution.iterations == len(run.asks) - 1
    assert run.solution.message == (
        f"Adam converged after {len(run.asks) - 1} iterations: "
        "no component of the gradient is larger than 0.001."
    )


def test_out_of_steps_is_no_success():
    run = drive(
        Adam(max_iterations=3).steps(np.ones(2), 0), lambda x: float(x @ x), lambda x: 2 * x
    )
    assert not run.solution.success
    assert run.solution.iterations == 3
    assert run.solution.message.startswith("Adam used all its 3 iterations before it converged: ")
    np.testing.assert_allclose(run.solution.x, [0.85, 0.85], atol=1e-3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"learning_rate": 0.0},
            "learning_rate of Adam: got 0.0, expected a finite number above 0",
        ),
        ({"learning_rate": np.inf}, "expected a finite number"),
        ({"beta1": 1.0}, "beta1 of Adam: got 1.0, .*of at least 0 and below 1"),
        ({"beta2": -0.1}, "beta2 of Adam"),
        ({"epsilon": 0}, "epsilon of Adam"),
        ({"max_iterations": 0}, "max_iterations of Adam: got 0"),
        ({"tolerance": -1.0}, "tolerance of Adam"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError, match=message):
        Adam(**options)

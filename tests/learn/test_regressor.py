"""The regressor: scikit-learn's checks, functions it can represent, several targets, bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from hybrid.learn import Regressor
from hybrid.runtime import World
from hybrid.runtime.world import use

X = np.random.default_rng(2).uniform(-1.5, 1.5, (60, 2))
WAVES = 40.0 + 7.0 * np.sin(X[:, 0]) * np.cos(X[:, 1])


@parametrize_with_checks([Regressor(layers=1, max_iterations=15)])
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def test_waves_beside_linear_regression() -> None:
    model = Regressor(layers=3, random_state=1).fit(X[:40], WAVES[:40])
    assert model.score(X[40:], WAVES[40:]) > 0.99
    assert LinearRegression().fit(X[:40], WAVES[:40]).score(X[40:], WAVES[40:]) < 0.9


def test_several_targets_are_one_fit() -> None:
    targets = np.column_stack([WAVES, -1e-3 * WAVES, X[:, 0]])
    model = Regressor(layers=3, random_state=1).fit(X, targets)
    assert model.coef_.shape == (3, 2)
    assert model.predict(X).shape == targets.shape
    assert model.score(X, targets) > 0.97
    column = Regressor(random_state=1).fit(X, WAVES[:, None])
    assert column.predict(X).shape == (60, 1)
    flat = Regressor(random_state=1).fit(X, WAVES)
    assert (column.predict(X)[:, 0] == flat.predict(X)).all()


def test_a_loss_of_ones_own() -> None:
    def squared(outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return (outputs - targets) ** 2, 2 * (outputs - targets)

    own = Regressor(loss=squared, max_iterations=5, random_state=1).fit(X, WAVES)
    named = Regressor(max_iterations=5, random_state=1).fit(X, WAVES)
    assert own.result_.value == named.result_.value


@pytest.mark.ranks
def test_the_same_bits_on_any_number_of_ranks(alone: World) -> None:
    def bits() -> bytes:
        return Regressor(max_iterations=10, random_state=1).fit(X, WAVES).predict(X).tobytes()

    together = bits()
    with use(alone):
        assert bits() == together


@pytest.mark.parametrize(
    ("data", "targets", "settings", "expected"),
    [
        (X[:, 0], WAVES, {}, "Reshape your data"),
        (X, np.where(WAVES > 45, np.nan, WAVES), {}, "contains NaN"),
        (X, np.full(60, "a"), {}, "could not convert|Unable to convert"),
        (X, WAVES[:7], {}, "inconsistent numbers of samples"),
        (X, WAVES, {"loss": "logistic"}, "loss: got 'logistic', expected one of 'squared'"),
    ],
)
def test_bad_input(data: Any, targets: Any, settings: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Regressor(**settings).fit(data, targets)

"""Mini-batches: right on average, with the right standard error, the same bits on any ranks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hybrid
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import InputError
from hybrid.optimizers import Adam
from hybrid.runtime import World
from hybrid.runtime.world import use
from hybrid.workloads import Sampling, Supervised
from hybrid.workloads.batches import Batches
from tests.workloads.test_several_outputs import DATA, FEATURE, PAULIS, SIGNS, circuit

POINT = np.array([[0.4, -0.3, 0.9]])


def task(batch_size: int | None) -> Supervised:
    """Return a task with slices as small as those of wide circuits."""
    made = Supervised(circuit(), PAULIS, DATA, SIGNS, FEATURE, batch_size=batch_size)
    if batch_size is not None:
        made.batches = Batches(batch_size, len(DATA), 8)
        made.grain = made.batches.grain
    return made


def answer(batch_size: int | None, seed: int = 0, gradient: bool = True) -> Told:
    evaluation = task(batch_size).prepare(Sampling())
    return evaluation.answer(Ask(POINT, gradient=gradient), seed=seed, threads=1)


@pytest.mark.parametrize("size", [2, 20, 60])
def test_batches_are_right_on_average(size: int) -> None:
    """The mean of many is that of all samples, and their spread is the standard error."""
    whole = answer(None)
    drawn = [answer(size, seed) for seed in range(150)]
    values = np.array([each.values[0] for each in drawn])
    errors = np.array([each.standard_errors[0] for each in drawn])
    assert abs(values.mean() - whole.values[0]) < 4 * values.std() / 12
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(), rel=0.2)
    gradients = np.array([each.gradients[0] for each in drawn])
    away = np.abs(gradients.mean(axis=0) - whole.gradients[0])
    assert (away < 4 * gradients.std(axis=0) / 12).all()


def test_values_alone_are_those_beside_gradients() -> None:
    both, alone = answer(20), answer(20, gradient=False)
    assert both.values[0] == pytest.approx(alone.values[0], abs=1e-12)
    assert both.standard_errors[0] == pytest.approx(alone.standard_errors[0], abs=1e-12)


def test_a_batch_of_all_samples_has_no_error() -> None:
    told, whole = answer(200), answer(None)
    assert told.standard_errors[0] == 0.0
    assert told.values[0] == pytest.approx(whole.values[0], abs=1e-12)
    np.testing.assert_allclose(told.gradients, whole.gradients, atol=1e-12)


@pytest.mark.parametrize("least", [2, 8])
@pytest.mark.parametrize("total", [2, 3, 17, 64, 1000])
def test_each_slice_gives_its_share(total: int, least: int) -> None:
    for size in range(2, min(total, 120) + 1):
        batches = Batches(size, total, least)
        starts = range(0, total, batches.grain)
        drawn = [batches.drawn(s, min(s + batches.grain, total), 5) for s in starts]
        assert all(len(set(each)) == len(each) for each in drawn)
        assert all((each >= s).all() for each, s in zip(drawn, starts, strict=True))
        assert abs(sum(map(len, drawn)) - size) <= 2


def test_the_solution_is_adams_own() -> None:
    """The lowest of many noisy values is no better a point."""
    run = hybrid.minimize(task(16), Adam(learning_rate=0.1, max_iterations=60), seed=3)
    exact = hybrid.minimize(task(None), seed=3)
    assert run.standard_error is not None
    assert run.value > run.history.values.min()
    whole = task(None).prepare(Sampling())
    found = whole.answer(Ask(run.x[None]), seed=0, threads=1).values[0]
    assert found < exact.value + 0.1


@pytest.mark.ranks
def test_the_same_bits_on_any_number_of_ranks(alone: World) -> None:
    def run() -> Any:
        return hybrid.minimize(task(40), "Adam", seed=3, max_iterations=5)

    together = run()
    with use(alone):
        again = run()
    assert (together.value, together.x.tobytes()) == (again.value, again.x.tobytes())


def test_a_run_with_batches_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    whole = hybrid.minimize(task(16), "Adam", seed=3, max_iterations=6)
    with pytest.raises(KeyboardInterrupt):
        hybrid.minimize(
            task(16), "Adam", seed=3, max_iterations=6, journal=path, observer=StopsAt(3)
        )
    resumed = hybrid.minimize(task(16), "Adam", seed=3, max_iterations=6, journal=path)
    assert (resumed.value, resumed.x.tobytes()) == (whole.value, whole.x.tobytes())
    with pytest.raises(InputError, match="batch size"):
        hybrid.minimize(task(20), "Adam", seed=3, max_iterations=6, journal=path)


class StopsAt:
    """An observer that raises at an iteration."""

    def __init__(self, iteration: int) -> None:
        self.iteration = iteration

    def started(self, description: object) -> None:
        """Do nothing."""

    def progressed(self, progress: Any) -> None:
        if progress.iteration == self.iteration:
            raise KeyboardInterrupt

    def finished(self, result: object) -> None:
        """Do nothing."""


@pytest.mark.parametrize("size", [0, 1, 201, -3, 2.5, True, "all"])
def test_sizes_that_are_refused(size: Any) -> None:
    with pytest.raises(InputError, match=r"batch_size: got .*, expected an integer from 2 to 200"):
        task(size)

"""What the loop remembers of a run: its answers by number, and the errors of points."""

from __future__ import annotations

import numpy as np
import pytest

from hybrid.core.ask import Ask, Told
from hybrid.loop.trace import Trace

POINTS = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])


def test_the_least_value_of_an_answer_is_reported_with_its_point_and_gradient() -> None:
    trace = Trace(max_iterations=9)
    gradients = np.arange(6.0).reshape(3, 2)
    progress = trace.add(Ask(POINTS, True, 4), Told(np.array([0.5, -1.0, 0.0]), gradients))
    assert (progress.iteration, progress.max_iterations, progress.evaluations) == (4, 9, 3)
    assert (progress.value, progress.best_value) == (-1.0, -1.0)
    assert progress.point.tolist() == [2.0, 3.0]
    assert progress.gradient is not None
    assert progress.gradient.tolist() == [2.0, 3.0]
    progress = trace.add(Ask(POINTS[:1], False, 5), Told(np.array([0.25])))
    assert (progress.evaluations, progress.value, progress.best_value) == (4, 0.25, -1.0)
    assert progress.gradient is None
    assert trace.evaluations == [3, 4]
    assert trace.iterations == [4, 5]
    assert trace.values == [-1.0, 0.25]
    assert 0.0 <= trace.wall_times[0] <= trace.wall_times[1]


def test_what_is_reported_does_not_change_with_the_optimizers_arrays() -> None:
    points = POINTS.copy()
    progress = Trace().add(Ask(points), Told(np.array([1.0, 2.0, 3.0])))
    points[:] = 7.0
    assert progress.point.tolist() == [0.0, 1.0]


def test_values_that_are_nan_are_no_least_ones() -> None:
    trace = Trace()
    assert trace.add(Ask(POINTS), Told(np.array([np.nan, 2.0, 1.0]))).value == 1.0
    assert np.isnan(trace.add(Ask(POINTS[:1]), Told(np.array([np.nan]))).value)
    assert trace.best.value == 1.0
    trace = Trace()
    for value, best in ((-np.inf, -np.inf), (np.nan, -np.inf), (3.0, 3.0), (-np.inf, 3.0)):
        trace.add(Ask(POINTS[:1] + value), Told(np.array([value])))
        assert trace.best.value == best
    assert trace.add(Ask(POINTS), Told(np.array([-np.inf, 4.0, 2.0]))).best_value == 2.0


def test_standard_errors_are_found_by_the_point_and_the_latest_counts() -> None:
    trace = Trace()
    assert trace.standard_error(POINTS[0]) is None
    errors = np.array([0.1, 0.2, 0.3])
    trace.add(Ask(POINTS), Told(np.zeros(3), standard_errors=errors))
    trace.add(Ask(POINTS[1:2]), Told(np.zeros(1), standard_errors=np.array([0.9])))
    assert [trace.standard_error(point) for point in POINTS] == [0.1, 0.9, 0.3]
    assert trace.standard_error(np.nextafter(POINTS[0], 1.0)) is None


def test_the_longest_of_the_last_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, *np.cumsum([9.0] + [1.0] * 19 + [2.0, 1.0]).tolist()])
    monkeypatch.setattr("hybrid.loop.trace.time.perf_counter", lambda: next(now))
    trace = Trace(started=next(now))
    assert trace.longest == 0.0
    for count in range(22):
        trace.add(Ask(POINTS[:1]), Told(np.zeros(1)))
        if count == 19:
            assert trace.longest == 9.0
    assert trace.longest == 2.0  # the slow one is no longer among the last 20

"""Results and plans in notebooks: a figure and tables."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.elements import escaped
from hybrid.core.errors import InputError
from hybrid.core.piece import slices
from hybrid.core.plan import Alternative, Plan, Prediction
from tests.report.made import EVIL


@pytest.fixture
def result() -> hybrid.loop.result.Result:
    problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XX"]))
    return hybrid.minimize(problem, seed=7)


def test_a_figure_shows_the_history(result: hybrid.loop.result.Result) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    figure = result.plot(reference=-2.0)
    (axes,) = figure.axes
    values, best, line = axes.lines
    assert values.get_ydata().tolist() == result.history.values.tolist()
    assert best.get_ydata().tolist() == result.history.best_values.tolist()
    assert set(line.get_ydata()) == {-2.0}
    assert values.get_xdata().tolist() == result.history.evaluations.tolist()


def test_a_figure_on_given_axes(result: hybrid.loop.result.Result) -> None:
    figures = pytest.importorskip("matplotlib.figure", reason="matplotlib is not installed")
    axes = figures.Figure().add_subplot()
    assert result.plot(axes=axes) is axes.figure
    assert len(axes.lines) == 2
    with pytest.raises(InputError, match="axes of matplotlib"):
        result.plot(axes="x")


def test_without_matplotlib_the_extra_is_named(
    result: hybrid.loop.result.Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("matplotlib", "matplotlib.axes", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(InputError, match=r"hybrid-hpc-quantum\[report\]"):
        result.plot()


def test_a_result_is_a_table(result: hybrid.loop.result.Result) -> None:
    html = result._repr_html_()
    assert f"{result.value:.10f}" in html
    assert escaped(result.message) in html


def test_what_a_result_says_is_text(result: hybrid.loop.result.Result) -> None:
    from dataclasses import replace

    html = replace(result, message=EVIL, operators=(EVIL,), values=np.ones(2))._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_plan_is_a_table() -> None:
    pieces = slices(4, 1, "points")
    prediction = Prediction(np.full(4, 0.5), np.array([1.0, 1.0]), 1e-4, 2.0)
    others = (Alternative(2, 1, 1.0, True), Alternative(1, 1, 2.0, note=EVIL))
    html = Plan(
        pieces, ((0, 1), (2, 3)), prediction=prediction, alternatives=others, reason=EVIL
    )._repr_html_()
    assert "4 pieces on 2 ranks" in html
    assert html.count("1.0 s") == 3
    assert "<script" not in html
    assert "unknown" in Plan(pieces, ((0, 1), (2, 3)))._repr_html_()
    assert "draws" in Plan(pieces, ((), ()), workers=(0, 1), order=(0, 1, 2, 3))._repr_html_()
    assert "... and 136 more ranks" in Plan(pieces, ((),) * 200)._repr_html_()

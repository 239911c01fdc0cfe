"""The convergence of a run as a figure of matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def convergence_figure(
    evaluations: IntArray, values: FloatArray, reference: float | None, axes: Axes | None
) -> Figure:
    """Return a figure of the value of each answer and the lowest so far.

    Args:
        evaluations: shape (N,), int64; points evaluated so far.
        values: shape (N,), float64.
        reference: a value to draw as a line, or None.
        axes: where to draw, or None for a new figure, which no window shows by itself.

    Raises:
        InputError: matplotlib is not installed, or ``axes`` is something else.
    """
    try:
        from matplotlib.axes import Axes
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError(
            "plot()",
            got="no matplotlib",
            expected="the package matplotlib",
            advice="pip install 'hybrid-hpc-quantum[report]'",
        ) from None
    if axes is not None and not isinstance(axes, Axes):
        raise InputError("axes", got=repr(axes), expected="axes of matplotlib, or None")
    figure: Any = Figure(figsize=(6.4, 3.8), layout="constrained") if axes is None else axes.figure
    drawn: Any = figure.add_subplot() if axes is None else axes
    best = np.fmin.accumulate(values) if len(values) else values
    drawn.plot(evaluations, values, color="#0072b2", linewidth=0.8, label="value")
    drawn.step(evaluations, best, where="post", color="#d55e00", label="lowest so far")
    if reference is not None:
        drawn.axhline(reference, color="#8a5a9e", linestyle="--", label="reference")
    drawn.set_xlabel("evaluations")
    drawn.set_ylabel("value")
    drawn.legend(frameon=False)
    found: Figure = figure
    return found

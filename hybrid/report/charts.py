"""The curves of a report as plain data for the page."""

from __future__ import annotations

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.report.gather import Run

MOST_POINTS = 3000
_MOST_PARAMETERS = 16


def convergence(run: Run) -> dict[str, object]:
    """Return the value of each answer, the best so far, errors, and the distance from the target.

    The target is the reference, or else the lowest value of the run.
    """
    questions = run.questions
    evaluations = np.cumsum(questions.points)
    kept = thinned(questions.values, MOST_POINTS)
    values = questions.values
    best = np.fmin.accumulate(values) if len(values) else values
    target = run.reference.value if run.reference is not None else run.value
    errors = questions.errors[kept]
    distance = np.abs(best[kept] - target)
    distance[distance < 1e-14 * abs(target)] = np.nan  # rounding, which a logarithm would show
    return {
        "evaluations": evaluations[kept].tolist(),
        "iterations": questions.iterations[kept].tolist(),
        "values": _floats(values[kept]),
        "best": _floats(best[kept]),
        "errors": _floats(errors) if np.isfinite(errors).any() else None,
        "distance": _floats(distance),
        "reference": None
        if run.reference is None
        else {
            "value": run.reference.value,
            "name": run.reference.name,
            "accuracy": run.reference.accuracy,
        },
        "unit": "" if run.reference is None else run.reference.unit,
    }


def gradients(run: Run) -> dict[str, object] | None:
    """Return the norm of the gradient at sampled answers, or None without gradients."""
    known = np.isfinite(run.sample.gradients)
    if not known.any():
        return None
    return {
        "evaluations": _evaluations(run)[known].tolist(),
        "norms": _floats(run.sample.gradients[known]),
    }


def parameters(run: Run) -> dict[str, object] | None:
    """Return the parameters that moved most, at sampled answers; None if there are none."""
    points = run.sample.points
    if not points.size:
        return None
    finite = np.where(np.isfinite(points), points, np.nan)
    low, high = np.nan_to_num(np.fmin.reduce(finite)), np.nan_to_num(np.fmax.reduce(finite))
    chosen = np.sort(np.argsort(low - high, kind="stable")[:_MOST_PARAMETERS])
    rows = np.unique(np.linspace(0, len(points) - 1, min(len(points), 600)).astype(np.int64))
    return {
        "evaluations": _evaluations(run)[rows].tolist(),
        "indices": chosen.tolist(),
        "curves": [_floats(finite[rows, index]) for index in chosen],
        "all": int(points.shape[1]),
    }


def thinned(values: FloatArray, most: int) -> IntArray:
    """Return the places of at most so many values, with the lowest and highest of each stretch.

    Example:
        >>> thinned(np.array([0.0, 5.0, 1.0, 1.0, -3.0, 1.0, 1.0, 2.0]), 5).tolist()
        [0, 1, 4, 7]
    """
    count = len(values)
    if count <= most:
        return np.arange(count)
    stretches = np.array_split(np.arange(count), max((most - 1) // 2, 1))
    filled = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    places = [
        stretch[pick(filled[stretch])] for stretch in stretches for pick in (np.argmin, np.argmax)
    ]
    return np.unique([*places, count - 1])


def _evaluations(run: Run) -> IntArray:
    places = np.searchsorted(run.questions.numbers, run.sample.numbers)
    evaluations: IntArray = np.cumsum(run.questions.points)[places]
    return evaluations


def _floats(numbers: FloatArray) -> list[float | None]:
    """Return numbers with eight digits, enough for a picture, and None where there is none."""
    return [float(f"{x:.8g}") if np.isfinite(x) else None for x in numbers.tolist()]

"""Labels of two classes as -1 and +1."""

from __future__ import annotations

from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError

Classes = tuple[Any, Any]
"""The labels that stand for -1 and for +1."""


def class_labels(labels: object, count: int) -> tuple[FloatArray, Classes]:
    """Return labels as -1 and +1, shape (count,), and the original labels of these two.

    Two classes may be given as -1 and 1, 0 and 1, any other two whole numbers, booleans, or two
    strings; the larger one (True, the last in sorted order) becomes +1.

    Args:
        labels: one label per sample.
        count: the number of samples.

    Raises:
        InputError: wrong shape, more than two classes, a single class other than -1 or 1, or labels
            that are not whole numbers, booleans or strings.

    Example:
        >>> class_labels(["cat", "dog", "cat"], 3)
        (array([-1.,  1., -1.]), ('cat', 'dog'))
    """
    try:
        array = np.asarray(labels, dtype=object)  # otherwise [1, "a"] would become ["1", "a"]
    except (TypeError, ValueError):
        array = np.empty((0, 0))
    if array.shape != (count,):
        raise InputError(
            "labels",
            got=f"shape {array.shape}" if array.size else _short(labels),
            expected=f"shape ({count},), one label for each sample",
        )
    given = [label.item() if isinstance(label, np.generic) else label for label in array]
    wrong = next((k for k, label in enumerate(given) if not _is_class(label)), None)
    if wrong is not None or len({isinstance(label, str) for label in given}) != 1:
        place = wrong or 0
        raise InputError(
            "labels",
            got=f"{_short(given[place])} for sample {place}" if wrong is not None else "a mixture",
            expected="whole numbers, booleans or strings of two classes",
            advice="loss='squared' takes any real numbers",
        )
    found = sorted(set(given))
    if set(found) <= {-1, 1}:
        found = [-1, 1]
    if len(found) != 2:
        raise InputError(
            "labels",
            got=f"{len(found)} class{'es' * (len(found) != 1)}: {_short(found[:5])[1:-1]}",
            expected="two classes for this loss",
            advice="minimise one against the others" if len(found) > 2 else "add the other class",
        )
    return np.array([1.0 if label == found[1] else -1.0 for label in given]), (found[0], found[1])


def _is_class(label: object) -> bool:
    if isinstance(label, float):
        return label.is_integer()
    return isinstance(label, str | int)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

"""What users pass to ``fit`` and ``predict``, checked by scikit-learn, and labels as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_array, validate_data

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError

SHAPE = "shape (N, F), one sample a row"


class DataError(InputError):
    """Data that scikit-learn refuses, with its own words."""

    def __init__(self, words: str) -> None:
        super().__init__("X or y", got="what scikit-learn refuses", expected=SHAPE)
        self.args = (words,)


@contextmanager
def refusals() -> Iterator[None]:
    """Context in which a ValueError of scikit-learn becomes a DataError."""
    try:
        yield
    except InputError:
        raise
    except ValueError as error:
        raise DataError(str(error)) from error


def checked_rows(estimator: Any, X: object, *, reset: bool) -> FloatArray:  # noqa: N803
    """Return samples as an array of shape (N, F), float64.

    Args:
        estimator: remembers, or is compared with, the number of features and their names.
        X: array-like or data frame.
        reset: whether this is ``fit``.

    Raises:
        DataError: another shape, NaN or infinity, or other features than in ``fit``.
    """
    with refusals():
        rows: FloatArray = validate_data(estimator, X, reset=reset, dtype=np.float64, order="C")
    return rows


def checked_pair(
    estimator: Any,
    X: object,  # noqa: N803
    y: object,
    *,
    numeric: bool,
    several: bool,
) -> tuple[FloatArray, NDArray[Any]]:
    """Return samples and what is to be learned of them, shape (N,) or (N, M).

    Args:
        estimator: remembers the number of features and their names.
        X: array-like or data frame.
        y: array-like.
        numeric: whether ``y`` must be of numbers.
        several: whether ``y`` may have several columns.

    Raises:
        DataError: shapes that do not fit, NaN or infinity.
    """
    with refusals():
        rows, targets = validate_data(
            estimator,
            X,
            y,
            dtype=np.float64,
            order="C",
            y_numeric=numeric,
            multi_output=several,
        )
        if several and numeric:
            targets = check_array(targets, ensure_2d=False, dtype=np.float64, input_name="y")
    return rows, targets


def one_hot(y: NDArray[Any]) -> NDArray[Any]:
    """Return the column of the one in each row of one-hot labels, shape (N,).

    Raises:
        InputError: rows that are not one 1 among zeros.

    Example:
        >>> one_hot(np.array([[0, 1], [1, 0]]))
        array([1, 0])
    """
    rows = np.isin(y, (0, 1)).all(axis=1) & (np.sum(y == 1, axis=1) == 1)
    wrong = np.flatnonzero(~rows)
    if len(wrong):
        raise InputError(
            "y",
            got=f"{y[wrong[0]].tolist()} for sample {wrong[0]}",
            expected="one label for each sample, or one-hot rows: one 1, all else 0",
        )
    columns: NDArray[Any] = np.argmax(y, axis=1)
    return columns

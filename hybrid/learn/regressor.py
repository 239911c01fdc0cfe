"""A regressor with scikit-learn's interface: stretched expectation values."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin

from hybrid.core.arrays import FloatArray
from hybrid.learn.data import checked_pair
from hybrid.learn.model import Model


class Regressor(RegressorMixin, Model):
    """Predict numbers by the expectation values of a circuit; scikit-learn's interface.

    A prediction is ``offset_ + stretch_ * output``: an output of -1 is the least target of ``fit``,
    and one of 1 the largest. An output is a linear function of expectation values, whose
    coefficients are trained together with the circuit's weights. Several targets are several
    outputs, read from the same state. ``fit`` and ``predict`` are collective calls: every rank
    makes them, the samples are split over the ranks, and all ranks get the same bits, whatever
    their number.

    Args:
        loss: "squared", or a function from outputs and scaled targets, shape (k,) or (k, M), to
            losses and their slopes by the outputs.

    The other arguments are those of :class:`hybrid.learn.Classifier`.

    Attributes:
        offset_: the middle of the targets' range; shape () or (M,).
        stretch_: what an output of 1 adds to it; shape () or (M,).
        weights_: shape (P,), float64; the circuit's parameters that are no features, in its order.
        coef_: shape (M, number of observables), the coefficients of expectation values.
        intercept_: shape (M,).
        result_: the :class:`~hybrid.loop.result.Result` of the fit; its value is of scaled targets.
        encoding_: the circuit and its features.
        observables_: what is measured.
        n_features_in_: number of columns of the data.

    Raises:
        InputError: an argument or data that are not usable; raised before anything runs.

    Example:
        >>> X = np.linspace(-1.5, 1.5, 12)[:, None]
        >>> model = Regressor(layers=2, random_state=7).fit(X, np.sin(2 * X[:, 0]))
        >>> model.score(X, np.sin(2 * X[:, 0])) > 0.99
        True
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Find the weights with the least mean loss; collective.

        Args:
            X: shape (N, F), finite; one sample a row. An array or a data frame.
            y: shape (N,), finite; or (N, M) for M targets.

        Raises:
            InputError: data that are not usable.
        """
        self._fitted(lambda: self._checked(X, y), {"squared"})
        return self

    def _checked(self, X: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:  # noqa: N803
        """Return samples and scaled targets; keep the scale."""
        rows, targets = checked_pair(self, X, y, numeric=True, several=True)
        targets = targets.astype(np.float64)
        self.one_column_ = targets.ndim == 2 and targets.shape[1] == 1
        if self.one_column_:
            targets = targets[:, 0]
        low, high = targets.min(axis=0), targets.max(axis=0)
        self.offset_ = (low + high) / 2.0
        self.stretch_ = np.where(high > low, (high - low) / 2.0, 1.0)
        return rows, (targets - self.offset_) / self.stretch_

    def predict(self, X: ArrayLike) -> FloatArray:  # noqa: N803
        """Return predictions, in the shape of the targets that ``fit`` was given; collective."""
        values = self._outputs(X)
        if np.ndim(self.offset_) == 0 and not self.one_column_:
            values = values[:, 0]
        predicted: FloatArray = self.offset_ + self.stretch_ * values
        return predicted

    def __sklearn_tags__(self) -> object:
        """Return scikit-learn's tags: several targets are one fit."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

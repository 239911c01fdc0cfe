"""A classifier with scikit-learn's interface: one output of a circuit against the others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.core.resources import Auto
from hybrid.learn.data import checked_pair, one_hot, refusals
from hybrid.learn.model import Model
from hybrid.loop.observers import Observer
from hybrid.optimizers import Optimizer
from hybrid.simulators import Choice
from hybrid.workloads.supervised import Loss


def _has_probabilities(model: Any) -> bool:
    if model.loss in ("logistic", "squared"):
        return True
    raise AttributeError(
        f"predict_proba: loss {model.loss!r} does not give probabilities; 'logistic' and "
        "'squared' do"
    )


class Classifier(ClassifierMixin, Model):
    """Classify samples by the expectation values of a circuit; scikit-learn's interface.

    An output is a linear function of expectation values, whose coefficients are trained together
    with the circuit's weights. Two classes are told apart by the sign of one output; K > 2 by the
    largest of K outputs, each trained as its class against all others, and all read from the same
    state. ``fit`` and the
    predictions are collective calls: every rank makes them, the samples are split over the ranks,
    and all ranks get the same bits, whatever their number.

    Args:
        encoding: "angle" (RY of feature q on qubit q), "reuploading" (RX, before each layer),
            "zz" (the map of Havlicek et al., Nature 567, 209 (2019)), "amplitude" (2^n features
            on n qubits); or a circuit, whose parameters are features and weights. Features are
            angles in radians, so scale them, for instance with sklearn's StandardScaler.
        features: for a circuit its parameters that take a sample, or their names, in the order of
            the columns.
        observables: M of them. If None, Z of each qubit.
        layers: of rotations with weights and CNOT gates, for an encoding by name.
        loss: "logistic", "squared", "hinge", or a function from outputs and labels of -1 and +1,
            shape (k,) or (k, K), to losses and their slopes by the outputs.
        alpha: ``alpha / 2`` times the sum of the squared coefficients is added to the mean loss.
        batch_size: samples drawn anew for each step of optimizer "Adam"; None for all.
        optimizer: a name (``hybrid.optimizers.names()``) or an optimizer.
        max_iterations: limit of its steps; None for its own.
        tolerance: its tolerance; None for its own.
        options: further options of the optimizer, by name.
        x0: where to start: weights, then coefficients, then intercepts. If None, seeded random
            angles and coefficients.
        gradient: "finite-difference" replaces gradients that have no exact rule.
        simulator: "auto", a name, a simulator, or an estimator, sampler or backend of Qiskit.
        shots: measurements of each group of compatible terms. If None, values are exact.
        random_state: master seed; None for a fresh one, which ``result_.seed`` tells.
        threads: threads of each rank. If None, ranks share the cores of their host.
        shards: ranks that share one state, or "auto".
        groups: how many such groups work side by side, or "auto".
        observer: progress callbacks, as for :func:`hybrid.minimize`.
        journal: a file that records the fit; where it exists the fit goes on from its end.

    Attributes:
        classes_: shape (K,), the labels; the numbers of the columns for one-hot labels.
        weights_: shape (P,), float64; the circuit's parameters that are no features, in its order.
        coef_: shape (K, M), or (1, M) for two classes; the coefficients of M expectation values.
        intercept_: shape (K,), or (1,).
        result_: the :class:`~hybrid.loop.result.Result` of the fit.
        encoding_: the circuit and its features.
        observables_: what is measured.
        n_features_in_: number of columns of the data.
        feature_names_in_: their names, for a data frame.

    Raises:
        InputError: an argument or data that are not usable; raised before anything runs.

    Example:
        >>> X, y = [[0.1], [0.3], [2.9], [3.1]], ["cold", "cold", "warm", "warm"]
        >>> model = Classifier("angle", layers=1, random_state=7).fit(X, y)
        >>> model.predict([[0.0], [3.0]]).tolist(), model.score(X, y)
        (['cold', 'warm'], 1.0)
    """

    def __init__(
        self,
        encoding: str | QuantumCircuit = "reuploading",
        *,
        features: Iterable[Parameter | str] | None = None,
        observables: SparsePauliOp | Sequence[SparsePauliOp] | None = None,
        layers: int = 2,
        loss: str | Loss = "logistic",
        alpha: float = 1e-4,
        batch_size: int | None = None,
        optimizer: str | Optimizer = "L-BFGS-B",
        max_iterations: int | None = 100,
        tolerance: float | None = None,
        options: Mapping[str, Any] | None = None,
        x0: ArrayLike | None = None,
        gradient: str = "exact",
        simulator: Choice = "auto",
        shots: int | None = None,
        random_state: int | None = None,
        threads: int | None = None,
        shards: int | Auto = "auto",
        groups: int | Auto = "auto",
        observer: Observer | Sequence[Observer] | None = None,
        journal: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(
            encoding,
            features=features,
            observables=observables,
            layers=layers,
            loss=loss,
            alpha=alpha,
            batch_size=batch_size,
            optimizer=optimizer,
            max_iterations=max_iterations,
            tolerance=tolerance,
            options=options,
            x0=x0,
            gradient=gradient,
            simulator=simulator,
            shots=shots,
            random_state=random_state,
            threads=threads,
            shards=shards,
            groups=groups,
            observer=observer,
            journal=journal,
        )

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:  # noqa: N803
        """Find the weights with the least mean loss; collective.

        Args:
            X: shape (N, F), finite; one sample a row. An array or a data frame.
            y: shape (N,), labels of any kind; or shape (N, K), one-hot.

        Raises:
            InputError: data that are not usable, or labels of one class.
        """
        self._fitted(lambda: self._checked(X, y), {"logistic", "squared", "hinge"})
        return self

    def _checked(self, X: ArrayLike, y: ArrayLike) -> tuple[FloatArray, FloatArray]:  # noqa: N803
        """Return samples, and labels as -1 and +1; keep the classes."""
        rows, labels = checked_pair(self, X, y, numeric=False, several=True)
        self.one_hot_ = labels.ndim == 2 and labels.shape[1] > 1
        with refusals():
            labels = one_hot(labels) if self.one_hot_ else column_or_1d(labels, warn=True)
            check_classification_targets(labels)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise InputError(
                "y",
                got=f"labels of one class, {self.classes_.tolist()}",
                expected="two classes or more",
                advice="add samples of another class",
            )
        if self.one_hot_:
            self.classes_, numbers = np.arange(np.shape(y)[1]), labels
        targets = np.where(numbers[:, None] == np.arange(len(self.classes_)), 1.0, -1.0)
        return rows, targets[:, 1] if len(self.classes_) == 2 else targets

    def decision_function(self, X: ArrayLike) -> FloatArray:  # noqa: N803
        """Return the outputs, shape (N,) for two classes, else (N, K); collective.

        A larger one speaks for ``classes_[1]``, or for the class of its column.
        """
        values = self._outputs(X)
        return values[:, 0] if values.shape[1] == 1 else values

    def predict(self, X: ArrayLike) -> NDArray[Any]:  # noqa: N803
        """Return labels, in the form that ``fit`` was given; collective."""
        values = self._outputs(X)
        best = np.argmax(values, axis=1) if values.shape[1] > 1 else (values[:, 0] > 0) * 1
        names = np.eye(len(self.classes_), dtype=np.int64) if self.one_hot_ else self.classes_
        labels: NDArray[Any] = names[best]
        return labels

    @available_if(_has_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: ArrayLike) -> FloatArray:  # noqa: N803
        """Return the probabilities of the classes, shape (N, K), rows of sum 1; collective.

        Of the logistic loss 1 / (1 + exp(-output)), of the squared loss (1 + output) / 2, both
        divided by their sum where there are more than two classes.
        """
        values = self._outputs(X)
        if self.loss == "logistic":
            chances = 1.0 / (1.0 + np.exp(-values))
        else:
            chances = np.clip((1.0 + values) / 2.0, 0.0, 1.0)
        if values.shape[1] == 1:
            return np.hstack([1.0 - chances, chances])
        total = chances.sum(axis=1, keepdims=True)
        none = total == 0.0  # all clipped: nothing speaks for any class
        shared: FloatArray = np.where(none, 1.0, chances) / np.where(none, chances.shape[1], total)
        return shared

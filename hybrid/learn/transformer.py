"""Quantum kernels as scikit-learn takes them: a callable for SVMs, and a transformer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from hybrid.collective.call import checked_together
from hybrid.core.arrays import FloatArray
from hybrid.learn.data import checked_rows
from hybrid.learn.kernels import Kind, kernel
from hybrid.simulators import Choice


class Kernel(TransformerMixin, BaseEstimator):
    """A quantum kernel for ``SVC(kernel=Kernel("zz"))``, or before ``SVC(kernel="precomputed")``.

    As a function it returns the matrix of two sets of samples. As a transformer it is fitted to
    samples and returns the matrix of others with them, shape (N, N_fit). Collective, as
    :func:`hybrid.learn.kernel`, whose arguments it takes.

    Args:
        circuit: a name, or a circuit whose parameters are the features.
        kind: "fidelity" or "projected".
        features: for a circuit, its parameters in the order of the columns.
        gamma: of the projected kernel.
        simulator: of the projected kernel.
        shots: of the projected kernel.
        random_state: seed of the shots.
        threads: threads of each rank.

    Attributes:
        X_fit_: shape (N_fit, F), the samples of ``fit``.
        n_features_in_: number of columns of the data.

    Example:
        >>> from sklearn.svm import SVC
        >>> X, y = [[0.1], [0.3], [2.9], [3.1]], [0, 0, 1, 1]
        >>> SVC(kernel=Kernel("angle")).fit(X, y).predict([[0.0], [3.0]]).tolist()
        [0, 1]
        >>> Kernel("angle").fit(X).transform(X).shape
        (4, 4)
    """

    def __init__(
        self,
        circuit: str | QuantumCircuit = "zz",
        *,
        kind: Kind = "fidelity",
        features: Iterable[Parameter | str] | None = None,
        gamma: float = 1.0,
        simulator: Choice = "auto",
        shots: int | None = None,
        random_state: int | None = None,
        threads: int | None = None,
    ) -> None:
        self.circuit = circuit
        self.kind = kind
        self.features = features
        self.gamma = gamma
        self.simulator = simulator
        self.shots = shots
        self.random_state = random_state
        self.threads = threads

    def __call__(self, X: ArrayLike, Y: ArrayLike | None = None) -> FloatArray:  # noqa: N803
        """Return the kernel matrix, shape (A, B); half of it is computed where both are equal."""
        again = Y is None or Y is X or np.array_equal(X, Y)
        return kernel(
            self.circuit,
            X,
            None if again else Y,
            kind=self.kind,
            features=self.features,
            gamma=self.gamma,
            simulator=self.simulator,
            shots=self.shots,
            seed=self.random_state,
            threads=self.threads,
        )

    def fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: N803
        """Keep samples, shape (N_fit, F); ``y`` is not used."""
        self.X_fit_ = checked_rows(self, X, reset=True)
        return self

    def transform(self, X: ArrayLike) -> FloatArray:  # noqa: N803
        """Return the kernel matrix with the samples of ``fit``, shape (N, N_fit); collective."""

        def check() -> FloatArray:
            check_is_fitted(self)
            return checked_rows(self, X, reset=False)

        return self(checked_together("Kernel.transform()", check), self.X_fit_)

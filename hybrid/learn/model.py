"""What classifier and regressor share: a circuit, its weights, and their fit on all ranks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from hybrid.calls.expectation import expectation
from hybrid.collective.call import checked_together
from hybrid.core.arrays import FloatArray
from hybrid.core.checks import checked_row
from hybrid.core.errors import InputError
from hybrid.core.resources import Auto
from hybrid.learn.data import checked_rows, refusals
from hybrid.learn.encodings import Encoding, check_order, encoding_of, features_of
from hybrid.learn.readout import Readout, Weights
from hybrid.loop.minimize import minimize
from hybrid.loop.observers import Observer
from hybrid.optimizers import QNG, Optimizer, Rotosolve, SciPy, make
from hybrid.simulators import Choice
from hybrid.workloads.supervised import Loss


class Model(BaseEstimator):
    """Base of :class:`hybrid.learn.Classifier` and :class:`hybrid.learn.Regressor`."""

    def __init__(
        self,
        encoding: str | QuantumCircuit = "reuploading",
        *,
        features: Iterable[Parameter | str] | None = None,
        observables: SparsePauliOp | Sequence[SparsePauliOp] | None = None,
        layers: int = 2,
        loss: str | Loss = "squared",
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
        self.encoding = encoding
        self.features = features
        self.observables = observables
        self.layers = layers
        self.loss = loss
        self.alpha = alpha
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.options = options
        self.x0 = x0
        self.gradient = gradient
        self.simulator = simulator
        self.shots = shots
        self.random_state = random_state
        self.threads = threads
        self.shards = shards
        self.groups = groups
        self.observer = observer
        self.journal = journal

    def _fitted(self, check: Callable[[], tuple[FloatArray, FloatArray]], losses: set[str]) -> None:
        """Find the weights, and set the attributes that end with an underscore; collective.

        Args:
            check: returns samples, shape (N, F), and labels, shape (N,), or (N, K) for K outputs.
            losses: names that suit.
        """
        name = f"{type(self).__name__}.fit()"
        made, task, seed = checked_together(name, lambda: self._task(*check(), losses))
        result = minimize(
            task,
            self.optimizer,
            x0=self.x0,
            seed=seed,
            simulator=self.simulator,
            shots=self.shots,
            gradient=self.gradient,  # type: ignore[arg-type]
            max_iterations=self.max_iterations,
            tolerance=self.tolerance,
            options=self.options,
            threads=self.threads,
            shards=self.shards,
            groups=self.groups,
            observer=self.observer,
            journal=self.journal,
        )
        self.encoding_, self.observables_, self.result_ = made, task.observables, result
        self.weights_, self.coef_, self.intercept_ = task.split(result.x)

    def _task(
        self, rows: FloatArray, labels: FloatArray, losses: set[str]
    ) -> tuple[Encoding, Readout, int | None]:
        """Return the encoding, what a fit minimises, and its seed."""
        if isinstance(self.loss, str) and self.loss not in losses:
            raise InputError(
                "loss",
                got=repr(self.loss),
                expected=f"one of {', '.join(map(repr, sorted(losses)))}, or a "
                "function(outputs, labels) that returns losses and slopes",
            )
        alpha = checked_row([self.alpha], 1, "alpha", "penalty")[0]
        if alpha < 0.0:
            raise InputError("alpha", got=repr(self.alpha), expected="a number, at least 0")
        made = self._encoding(rows.shape[1])
        task = Readout(
            made.circuit,
            _observables(self.observables, made.circuit.num_qubits),
            made.angles(rows),
            labels,
            made.features,
            self.loss,
            float(alpha),
            self.batch_size,
        )
        if self.batch_size is not None and isinstance(
            make(self.optimizer), SciPy | QNG | Rotosolve
        ):
            raise InputError(
                "batch_size",
                got=f"{self.batch_size} with optimizer {make(self.optimizer).name}",
                expected="an optimizer that takes noisy values",
                advice="optimizer='Adam'",
            )
        return made, task, self._seed()

    def _encoding(self, columns: int) -> Encoding:
        if isinstance(self.encoding, QuantumCircuit):
            if self.features is None:
                raise InputError(
                    "features",
                    got="None",
                    expected="the parameters of the circuit that take a sample, or their names",
                    advice="the circuit's other parameters are the weights",
                )
            names = getattr(self, "feature_names_in_", ())
            check_order(names, features_of(self.encoding, self.features))
        made = encoding_of(self.encoding, columns, self.features, layers=self.layers)
        if len(made.features) == len(made.circuit.parameters):
            raise InputError(
                "encoding",
                got="a circuit without weights",
                expected="parameters that are no features, or layers of at least 1",
            )
        return made

    def _seed(self) -> int | None:
        if self.random_state is None or isinstance(self.random_state, int | np.integer):
            return self.random_state
        with refusals():
            return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _outputs(self, X: object) -> FloatArray:  # noqa: N803
        """Return the outputs for samples, shape (N, K); collective."""

        def points() -> FloatArray:
            check_is_fitted(self)
            rows = checked_rows(self, X, reset=False)
            return self.encoding_.points(rows, self.weights_)

        checked = checked_together(f"predictions of {type(self).__name__}", points)
        values = expectation(
            self.encoding_.circuit,
            self.observables_,
            checked,
            simulator=self.simulator,
            shots=self.shots,
            seed=self.result_.seed,
            threads=self.threads,
            shards=self.shards,
            groups=self.groups,
        )
        return Weights(self.weights_, self.coef_, self.intercept_).outputs(values)


def _observables(
    given: SparsePauliOp | Sequence[SparsePauliOp] | None, width: int
) -> list[SparsePauliOp]:
    """Return what is measured: Z of each qubit, if nothing is given."""
    if given is None:
        return [SparsePauliOp.from_sparse_list([("Z", [k], 1.0)], width) for k in range(width)]
    return list(given) if isinstance(given, list | tuple) else [given]

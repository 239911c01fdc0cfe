"""What classifier and regressor share: a circuit, its weights, and their fit on all ranks."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from hybrid.calls.expectation import expectation
from hybrid.core.arrays import FloatArray
from hybrid.core.errors import InputError
from hybrid.core.resources import Auto
from hybrid.learn.data import checked_rows
from hybrid.learn.encodings import Encoding, check_order, encoding_of, features_of
from hybrid.loop.minimize import minimize
from hybrid.loop.observers import Observer
from hybrid.optimizers import Optimizer
from hybrid.simulators import Choice
from hybrid.workloads import Supervised
from hybrid.workloads.supervised import Loss

try:
    from sklearn.base import BaseEstimator
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise ImportError(
        "hybrid.learn needs scikit-learn 1.6 or later: pip install 'hybrid-hpc-quantum[ml]'"
    ) from error


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

    def _fitted(self, rows: FloatArray, labels: FloatArray, unit: float, losses: set[str]) -> None:
        """Find the weights; sets ``encoding_``, ``observables_``, ``result_`` and ``weights_``.

        Args:
            rows: shape (N, F).
            labels: shape (N,), or (N, M) for M outputs.
            unit: coefficient of the observables that are made where the user gives none.
            losses: names that suit.
        """
        if isinstance(self.loss, str) and self.loss not in losses:
            raise InputError(
                "loss",
                got=repr(self.loss),
                expected=f"one of {', '.join(map(repr, sorted(losses)))}, or a "
                "function(outputs, labels) that returns losses and slopes",
            )
        outputs = 1 if labels.ndim == 1 else labels.shape[1]
        made = self._encoding(rows.shape[1], outputs)
        observables = _observables(self.observables, made.circuit.num_qubits, outputs, unit)
        task = Supervised(
            made.circuit,
            observables[0] if labels.ndim == 1 else observables,
            made.angles(rows),
            labels,
            made.features,
            self.loss,  # type: ignore[arg-type]
        )
        result = minimize(
            task,
            self.optimizer,
            x0=self.x0,
            seed=self._seed(),
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
        self.encoding_, self.observables_ = made, observables
        self.result_, self.weights_ = result, result.x
        self.num_outputs_ = outputs

    def _encoding(self, columns: int, outputs: int) -> Encoding:
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
        made = encoding_of(
            self.encoding, columns, self.features, layers=self.layers, outputs=outputs
        )
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
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _outputs(self, X: object) -> FloatArray:  # noqa: N803
        """Return the circuit's outputs for samples, shape (N, M)."""
        check_is_fitted(self)
        rows = checked_rows(self, X, reset=False)
        values: FloatArray = expectation(
            self.encoding_.circuit,
            self.observables_,
            self.encoding_.points(rows, self.weights_),
            simulator=self.simulator,
            shots=self.shots,
            seed=self.result_.seed,
            threads=self.threads,
            shards=self.shards,
            groups=self.groups,
        )
        return values


def _observables(
    given: SparsePauliOp | Sequence[SparsePauliOp] | None, width: int, outputs: int, unit: float
) -> list[SparsePauliOp]:
    """Return one observable for each output: Z of qubit k, times ``unit``, if none is given.

    Raises:
        InputError: another number of them, or a circuit with fewer qubits.
    """
    if given is None:
        if width < outputs:
            raise InputError(
                "observables",
                got=f"none, for {outputs} outputs of {width} qubits",
                expected="as many as outputs",
                advice="give them, or a circuit with a qubit for each output",
            )
        return [SparsePauliOp.from_sparse_list([("Z", [k], unit)], width) for k in range(outputs)]
    listed = list(given) if isinstance(given, list | tuple) else [given]
    if len(listed) != outputs:
        raise InputError(
            "observables",
            got=f"{len(listed)} of them",
            expected=f"{outputs}: one for two classes or a single target, else one for each",
        )
    return listed

"""The workload behind classifier and regressor: a linear readout of a circuit, trained with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.workloads import LocalSimulator, Partials, Supervised, Task
from hybrid.workloads.supervised import Loss, Samples


class Weights(NamedTuple):
    """The parts of a parameter point.

    Attributes:
        circuit: shape (P,), weights of the circuit.
        coefficients: shape (K, M), of M expectation values in K outputs.
        intercepts: shape (K,).
    """

    circuit: FloatArray
    coefficients: FloatArray
    intercepts: FloatArray

    def outputs(self, values: FloatArray) -> FloatArray:
        """Return outputs, shape (N, K), of expectation values, shape (N, M)."""
        made: FloatArray = values @ self.coefficients.T + self.intercepts
        return made


class Readout(Supervised):
    """Minimise the mean loss of K linear functions of M expectation values.

    The parameters are the circuit's weights, then coefficients and intercepts; ``alpha / 2`` times
    the sum of the squared coefficients is added to the mean loss.

    Args:
        circuit: unitary.
        observables: M of them.
        data: shape (N, F).
        labels: shape (N,) for one output, or (N, K).
        features: F parameters of the circuit.
        loss: of the outputs, see :class:`hybrid.Supervised`.
        alpha: weight of the penalty.
        batch_size: samples of an evaluation, or None for all.
    """

    def __init__(
        self,
        circuit: QuantumCircuit,
        observables: Sequence[SparsePauliOp],
        data: ArrayLike,
        labels: FloatArray,
        features: Sequence[Parameter],
        loss: Any | Loss,
        alpha: float,
        batch_size: int | None = None,
    ) -> None:
        self.alpha = alpha
        self.observables = list(observables)
        self._shape = (1 if labels.ndim == 1 else labels.shape[1], len(observables))
        super().__init__(circuit, self.observables, data, labels, features, loss, batch_size)
        self._circuit = self.num_parameters
        self.num_parameters += self._shape[0] * (self._shape[1] + 1)

    def split(self, point: FloatArray) -> Weights:
        """Return the parts of a parameter point."""
        circuit, rest = point[: self._circuit], point[self._circuit :]
        table = rest[: -self._shape[0]].reshape(self._shape)
        return Weights(circuit, table, rest[-self._shape[0] :])

    def initial_point(self, seed: int) -> FloatArray:
        """Return seeded random angles, seeded normal coefficients, and intercepts of zero."""
        random = np.random.default_rng(seed)
        angles = random.uniform(-np.pi, np.pi, self._circuit)
        outputs, values = self._shape
        table = random.normal(scale=values**-0.5, size=outputs * values)
        return np.concatenate([angles, table, np.zeros(outputs)])

    def contents(self) -> Mapping[str, str]:
        """Return digests of circuit, observables, data, loss and penalty."""
        return {**super().contents(), "penalty": repr(self.alpha)}

    def rows(self, weights: FloatArray, samples: Samples) -> FloatArray:
        """Return the circuit's parameter points of some samples, for a parameter point."""
        return super().rows(weights[: self._circuit], samples)

    def losses(
        self, samples: Samples, piece: Task, simulator: LocalSimulator
    ) -> tuple[FloatArray, FloatArray | None]:
        """Return the loss of each of some samples, and the gradient of their sum if wanted."""
        weights = self.split(piece.point)
        points = self.rows(piece.point, samples)
        labels = self.labels[samples]
        evaluation = self.evaluation(simulator.sampling)
        if not piece.gradient:
            told = evaluation.answer(Ask(points), seed=piece.seed, threads=piece.threads)
            values = told.values.reshape(len(points), -1)
            return self._losses(weights.outputs(values), labels)[0], None
        losses = np.empty(len(labels))
        by_coefficient = np.zeros(self._shape)
        by_intercept = np.zeros(self._shape[0])

        def slopes(values: FloatArray, which: slice) -> FloatArray:
            table = values.reshape(len(values), -1)
            losses[which], found = self._losses(weights.outputs(table), labels[which])
            by_output = found.reshape(len(values), -1)
            by_coefficient[:] += by_output.T @ table
            by_intercept[:] += by_output.sum(axis=0)
            return (by_output @ weights.coefficients).reshape(values.shape)

        pulled = evaluation.pull_back(points, slopes, seed=piece.seed, threads=piece.threads)
        by_angle = pulled.summed[self._weights]
        return losses, np.concatenate([by_angle, by_coefficient.ravel(), by_intercept])

    def combine(self, partials: Partials) -> Told:
        """Return the mean over all samples, and the penalty."""
        told = super().combine(partials)
        for k, point in enumerate(partials.ask.points):
            coefficients = self.split(point).coefficients
            told.values[k] += 0.5 * self.alpha * np.sum(coefficients**2)
            if told.gradients is not None:
                self.split(told.gradients[k]).coefficients[:] += self.alpha * coefficients
        return told

    def _table(self, labels: ArrayLike, outputs: int) -> FloatArray:
        """Return the labels of K outputs, whatever the number of observables."""
        return super()._table(np.reshape(labels, (-1, self._shape[0])), self._shape[0])

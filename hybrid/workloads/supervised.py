"""Supervised learning: the mean loss of a circuit's output over samples of data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.checks import checked_points
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece
from hybrid.core.work import Work
from hybrid.simulators import Estimator
from hybrid.workloads.base import Sampling
from hybrid.workloads.compiled import compiled_expectation
from hybrid.workloads.custom import CustomEvaluation, Workload, combined
from hybrid.workloads.local import LocalSimulator
from hybrid.workloads.task import Partials, Task

Loss: TypeAlias = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]
"""From outputs and labels, shape (k,) each, to losses and their slopes by the outputs, (k,)."""

_LANES = 8
"""Samples in a piece are a multiple of this, so that vector lanes are full."""
_PIECES = 48
_FULL = 11
"""From this width on full lanes are work enough for a piece ..."""
_NARROW = 14
"""... and from this one on a sample is."""
_AROUND_SECONDS = 6e-5
"""What losses, the chain rule and their Python take in a piece of samples."""


def squared(outputs: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (output - label)^2 and its slope."""
    away = outputs - labels
    return away**2, 2.0 * away


def logistic(outputs: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log(1 + exp(-label output)), for labels of +-1, and its slope."""
    margin = labels * outputs
    return np.logaddexp(0.0, -margin), -labels / (1.0 + np.exp(margin))


LOSSES: Mapping[str, Loss] = {"squared": squared, "logistic": logistic}


class Supervised(Workload):
    """Minimise the mean loss of ``<observable>`` over a data set, by the circuit's weights.

    The circuit takes a sample's features and the weights as parameters; those named in
    ``features`` are the features, in the order of the columns of ``data``, the others are the
    weights, in the order of ``circuit.parameters``. Pieces are slices of the samples: their
    circuits, then their losses and the chain rule to the weights, on the same rank.

    Args:
        circuit: unitary; for instance data re-uploading layers.
        observable: whose expectation value is the output.
        data: shape (N, F), one sample a row.
        labels: shape (N,).
        features: the F parameters of the circuit that take a sample.
        loss: "squared", "logistic" (labels of +-1), or a function from outputs and labels to
            losses and their slopes.

    Raises:
        InputError: shapes that do not fit, features the circuit has not, an unknown loss.

    Example:
        >>> import hybrid
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> x, w = Parameter("x"), Parameter("w")
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(x, 0), circuit.ry(w, 0)
        >>> task = Supervised(circuit, SparsePauliOp("Z"), [[0.0], [3.0]], [1.0, -1.0], [x])
        >>> hybrid.minimize(task, x0=[0.5]).value < 0.01
        True
    """

    axis = "samples"

    def __init__(
        self,
        circuit: QuantumCircuit,
        observable: SparsePauliOp,
        data: ArrayLike,
        labels: ArrayLike,
        features: Sequence[Parameter],
        loss: Literal["squared", "logistic"] | Loss = "squared",
    ) -> None:
        self._expectation = compiled_expectation(circuit, observable)
        parameters = list(circuit.parameters)
        named = list(features)
        unknown = [each for each in named if each not in parameters]
        if unknown or len(set(named)) != len(named):
            raise InputError(
                "features",
                got=f"{unknown[0]} that the circuit has not" if unknown else "one of them twice",
                expected="parameters of the circuit, each once",
            )
        self._columns = np.array([parameters.index(each) for each in named], dtype=np.int64)
        self._weights = np.setdiff1d(np.arange(len(parameters)), self._columns)
        self.data = checked_points(data, len(named), "data")
        self.labels = np.array(labels, dtype=np.float64)
        if self.labels.shape != (len(self.data),) or not np.all(np.isfinite(self.labels)):
            raise InputError(
                "labels",
                got=f"shape {self.labels.shape}",
                expected=f"shape ({len(self.data)},), one finite number for each sample",
            )
        self.loss = _loss(loss)
        self.num_parameters = len(self._weights)
        self.num_qubits = self._expectation.num_qubits
        self.sizes = {"samples": len(self.data)}
        self.grain = self._grain()

    @property
    def description(self) -> str:
        """One line: samples, width, weights and terms."""
        return (
            f"Supervised: {len(self.data)} samples, {self.num_qubits} qubits, "
            f"{self.num_parameters} weights, {self._expectation.observable.num_terms} terms"
        )

    def initial_point(self, seed: int) -> FloatArray:
        """Return weights drawn uniformly from [-pi, pi), seeded, shape (P,)."""
        return np.random.default_rng(seed).uniform(-np.pi, np.pi, self.num_parameters)

    def contents(self) -> Mapping[str, str]:
        """Return digests of circuit, observable, data and loss."""
        names = [self._columns, self.data, self.labels, getattr(self.loss, "__name__", "")]
        return {**self._expectation.contents(), "data": digest(*names)}

    def prepare(self, sampling: Sampling) -> CustomEvaluation:
        """Return the workload with its circuit compiled for the simulator."""
        self.evaluation(sampling)
        return super().prepare(sampling)

    def evaluation(self, sampling: Sampling) -> Estimator:
        """Return the circuit's expectation value, compiled once for the simulator."""
        return self._expectation.prepare(sampling)

    def run(self, piece: Task, simulator: LocalSimulator) -> Any:
        """Return the summed loss of the piece's samples, and its gradient by the weights."""
        points = self.rows(piece.point, piece.slice)
        labels = self.labels[piece.slice]
        evaluation = self.evaluation(simulator.sampling)
        if not piece.gradient:
            told = evaluation.answer(Ask(points), seed=piece.seed, threads=piece.threads)
            return self._losses(told.values, labels)[0].sum()
        losses = np.empty(len(labels))

        def slopes(values: FloatArray, which: slice) -> FloatArray:
            losses[which], slopes = self._losses(values, labels[which])
            return slopes

        _, summed = evaluation.pull_back(points, slopes, seed=piece.seed, threads=piece.threads)
        return losses.sum(), summed[self._weights]

    def _losses(self, outputs: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return losses and slopes, checked: one of each for each output."""
        losses, slopes = self.loss(outputs, labels)
        if np.shape(losses) != outputs.shape or np.shape(slopes) != outputs.shape:
            raise InputError(
                "loss",
                got=f"losses of shape {np.shape(losses)} and slopes of shape {np.shape(slopes)}",
                expected=f"shape {outputs.shape} for both",
            )
        return losses, slopes

    def combine(self, partials: Partials) -> Any:
        """Return the mean over all samples."""
        return combined(partials) / len(self.data)

    @property
    def combines_by_default(self) -> bool:
        """Partials are sums over samples."""
        return True

    def state_bytes(self, ask: Ask) -> int:
        """Return what the circuits of one piece allocate at most."""
        rows = np.zeros((1, len(self._columns) + self.num_parameters))
        return self.evaluation(Sampling()).memory_bytes(Ask(rows, ask.gradient))

    def work(self, ask: Ask, piece: Piece, sampling: Sampling) -> Work | None:
        """Return the work of the piece's circuits, which run one after the other."""
        inner = self.evaluation(sampling)
        rows = self.rows(ask.points[piece.point], slice(piece.start, piece.stop))
        asked = Ask(rows, ask.gradient)
        parts = [inner.work(asked, each) for each in inner.pieces(asked)]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        circuits = sum(part.circuits for part in known)
        return replace(known[0], circuits=circuits, seconds=_AROUND_SECONDS)

    def rows(self, weights: FloatArray, samples: slice) -> FloatArray:
        """Return the circuit's parameter points of some samples, shape (k, F + P)."""
        chosen = self.data[samples]
        points = np.empty((len(chosen), len(self._columns) + len(self._weights)))
        points[:, self._columns] = chosen
        points[:, self._weights] = weights
        return points

    def _grain(self) -> int:
        if self.num_qubits >= _NARROW:
            return 1
        # Narrow circuits are quick, and each piece costs some calls of Python.
        least = _LANES << max(0, _FULL - self.num_qubits)
        return min(max(_LANES * -(-len(self.data) // (_LANES * _PIECES)), least), 256)


def _loss(loss: object) -> Loss:
    if isinstance(loss, str) and loss in LOSSES:
        return LOSSES[loss]
    if callable(loss):
        return loss
    raise InputError(
        "loss",
        got=repr(loss),
        expected=f"one of {', '.join(map(repr, LOSSES))}, or a function(outputs, labels) that "
        "returns losses and slopes",
    )

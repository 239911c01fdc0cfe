"""Supervised learning: the mean loss of a circuit's output over samples of data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from hybrid import _kernels
from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import checked_points, checked_row, real_array
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece
from hybrid.core.seeds import derive
from hybrid.core.work import Work
from hybrid.simulators import Estimator
from hybrid.workloads.base import Sampling
from hybrid.workloads.batches import Batches
from hybrid.workloads.compiled import compiled_circuit, compiled_expectation, is_sequence
from hybrid.workloads.custom import CustomEvaluation, Workload, combined
from hybrid.workloads.identity import contents_of
from hybrid.workloads.labels import Classes, class_labels
from hybrid.workloads.local import LocalSimulator
from hybrid.workloads.task import Partials, Task

Loss: TypeAlias = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]
"""Maps outputs and labels, shape (k,) or (k, M), to losses and their derivatives by the outputs.

Derivatives have the shape of the outputs, losses that shape or (k,).
"""

Samples: TypeAlias = slice | IntArray
"""Indices of samples in the data set."""

_LANES = _kernels.limits()["lanes"]
"""The samples per piece are a multiple of this, so that all vector lanes are used."""
_PIECES = 48
_FULL = _kernels.limits()["batched_qubits"]
"""From this width on, one sample per lane is enough work for a piece ..."""
_NARROW = 14
"""... and from this width on, a single sample."""
_AROUND_SECONDS = 6e-5
"""Time of losses and chain rule in a piece, outside the kernels."""


def squared(outputs: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (output - label)^2 and its derivative."""
    away = outputs - labels
    return away**2, 2.0 * away


def logistic(outputs: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log(1 + exp(-label output)), for labels of +-1, and its derivative."""
    margin = labels * outputs
    return np.logaddexp(0.0, -margin), -labels / (1.0 + np.exp(margin))


def hinge(outputs: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return max(0, 1 - label output), for labels of +-1, and its slope; 0 where it has none."""
    lacking = 1.0 - labels * outputs
    return np.maximum(0.0, lacking), np.where(lacking > 0.0, -labels, 0.0)


LOSSES: Mapping[str, Loss] = {"squared": squared, "logistic": logistic, "hinge": hinge}
_OF_CLASSES = (logistic, hinge)
"""Losses whose labels are -1 and +1."""


class Supervised(Workload):
    """Minimise the mean loss of ``<observable>`` over a data set with respect to the weights.

    The circuit's parameters are the features of a sample and the weights. ``features`` names the
    features, in the order of the columns of ``data``; all others are weights, in the order of
    ``circuit.parameters``. Pieces are slices of the samples; a piece runs their circuits, losses
    and chain rule on one rank.

    Args:
        circuit: unitary; for instance data re-uploading layers.
        observable: its expectation value is the output. With a list of M observables, the M outputs
            are read from the same state and their losses are summed.
        data: shape (N, F), one sample a row; or (N,) for a single feature.
        labels: shape (N,), or (N, M) for a list of M observables. Real numbers; for the logistic
            and the hinge loss -1 and +1. Shape (N,) may hold two classes as 0 and 1, other whole
            numbers, booleans or strings; the larger one, or the last in sorted order, is +1.
        features: the F circuit parameters that hold a sample; or a single Parameter.
        loss: "squared", "logistic", "hinge", or a function from outputs and labels to losses and
            their derivatives by the outputs.
        batch_size: number of samples to draw for each evaluation, by stratified sampling, with the
            run's seed. If None, all samples. Values of batches have standard errors. Use it with
            optimizers that accept noisy gradients, such as Adam.

    Attributes:
        data: shape (N, F), float64.
        labels: shape (N,) or (N, M), float64; -1 and +1 for the logistic and the hinge loss.
        classes: the labels that stand for -1 and +1 with these two losses, else None; None also for
            a list of observables.

    Raises:
        InputError: inconsistent shapes, features that are not parameters of the circuit, labels of
            other than two classes, or an unknown loss.

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
        observable: SparsePauliOp | Sequence[SparsePauliOp],
        data: ArrayLike,
        labels: ArrayLike,
        features: Sequence[Parameter] | Parameter,
        loss: Literal["squared", "logistic", "hinge"] | Loss = "squared",
        batch_size: int | None = None,
    ) -> None:
        compiled_circuit(circuit)  # raises if it is not a unitary circuit
        parameters = list(circuit.parameters)
        named = _named(features)
        unknown = [each for each in named if each not in parameters]
        if unknown or len(set(named)) != len(named):
            raise InputError(
                "features",
                got=f"'{unknown[0]}', which is not a parameter of the circuit"
                if unknown
                else "a duplicate",
                expected="parameters of the circuit, each once",
            )
        self._columns = np.array([parameters.index(each) for each in named], dtype=np.int64)
        self._weights = np.setdiff1d(np.arange(len(parameters)), self._columns)
        self._expectation = compiled_expectation(circuit, observable, self._weights.tolist())
        self.data = checked_points(_in_rows(data, len(named)), len(named), "data")
        self.loss = _loss(loss)
        self.classes: Classes | None = None
        self._outputs = len(observable) if is_sequence(observable) else None
        if self._outputs is not None:
            self.labels = self._table(labels, self._outputs)
        elif self.loss in _OF_CLASSES:
            self.labels, self.classes = class_labels(labels, len(self.data))
        else:
            self.labels = checked_row(labels, len(self.data), "labels", "sample")
        self.num_parameters = len(self._weights)
        self.num_qubits = self._expectation.num_qubits
        self.sizes = {"samples": len(self.data)}
        self.batches = Batches.checked(batch_size, len(self.data), max(2, self._least()))
        self.grain = self._grain() if self.batches is None else self.batches.grain

    @property
    def description(self) -> str:
        """One line: samples, width, weights and terms."""
        return (
            f"Supervised: {len(self.data)} samples, {self.num_qubits} qubits, "
            f"{self.num_parameters} weights, "
            f"{sum(each.num_terms for each in self._expectation.observables)} terms"
            + ("" if self.classes is None else f"; +1 is {self.classes[1]!r}")
            + ("" if self.batches is None else f"; batches of {self.batches.size}")
        )

    def initial_point(self, seed: int) -> FloatArray:
        """Return weights drawn uniformly from [-pi, pi), shape (P,)."""
        return np.random.default_rng(seed).uniform(-np.pi, np.pi, self.num_parameters)

    def contents(self) -> Mapping[str, str]:
        """Return digests of circuit, observable, data and loss."""
        return {
            **self._expectation.contents(),
            "data": digest(self._columns, self.data, self.labels),
            **contents_of(self.loss, "loss", "Supervised"),
            **({} if self.batches is None else {"batch size": str(self.batches.size)}),
        }

    @property
    def written_in(self) -> object:
        """The loss."""
        return self.loss

    def prepare(self, sampling: Sampling) -> CustomEvaluation:
        """Compile the circuit for the simulator; return the workload as an evaluation."""
        self.evaluation(sampling)
        return super().prepare(sampling)

    def evaluation(self, sampling: Sampling) -> Estimator:
        """Return the estimator of the circuit's output, compiled once per simulator."""
        return self._expectation.prepare(sampling)

    def run(self, piece: Task, simulator: LocalSimulator) -> Any:
        """Return the summed loss of the piece's samples, and its gradient by the weights.

        With batches, return an array: both, estimated from drawn samples, and the variance of the
        sum.
        """
        if self.batches is None:
            losses, slopes = self.losses(piece.slice, piece, simulator)
            return losses.sum() if slopes is None else (losses.sum(), slopes)
        drawn = self.batches.drawn(piece.start, piece.stop, derive(piece.seed, 1))
        losses, slopes = self.losses(drawn, piece, simulator)
        each = (piece.stop - piece.start) / len(drawn)
        gradient = np.empty(0) if slopes is None else each * slopes
        variance = self.batches.variance(losses, piece.start, piece.stop)
        return np.concatenate([[each * losses.sum()], gradient, [variance]])

    def losses(
        self, samples: Samples, piece: Task, simulator: LocalSimulator
    ) -> tuple[FloatArray, FloatArray | None]:
        """Return the loss of each sample, and the gradient of their sum if wanted.

        Args:
            samples: the samples to evaluate.
            piece: gives the point, and whether a gradient is wanted.
            simulator: runs their circuits.
        """
        points = self.rows(piece.point, samples)
        labels = self.labels[samples]
        evaluation = self.evaluation(simulator.sampling)
        if not piece.gradient:
            told = evaluation.answer(Ask(points), seed=piece.seed, threads=piece.threads)
            return self._losses(told.values, labels)[0], None
        losses = np.empty(len(labels))

        def slopes(values: FloatArray, which: slice) -> FloatArray:
            losses[which], slopes = self._losses(values, labels[which])
            return slopes.reshape(values.shape)

        pulled = evaluation.pull_back(points, slopes, seed=piece.seed, threads=piece.threads)
        return losses, pulled.summed[self._weights]

    def _losses(self, outputs: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the loss of each sample and its derivatives by the outputs, validated."""
        outputs = outputs.reshape(labels.shape)
        made = self.loss(outputs, labels)
        if not isinstance(made, tuple | list) or len(made) != 2:
            raise InputError(
                "loss",
                got=f"a {type(made).__name__}",
                expected="a pair of arrays: losses and their derivatives by the outputs",
            )
        losses, slopes = real_array(made[0], "losses"), real_array(made[1], "loss derivatives")
        shapes = (outputs.shape, outputs.shape[:1])
        if losses.shape not in shapes or slopes.shape != outputs.shape:
            raise InputError(
                "loss",
                got=f"losses of shape {losses.shape} and derivatives of shape {slopes.shape}",
                expected=f"shape {outputs.shape} for both",
            )
        return losses.reshape(len(losses), -1).sum(axis=1), slopes

    def _table(self, labels: ArrayLike, outputs: int) -> FloatArray:
        """Return labels of several outputs, shape (N, M)."""
        table = real_array(labels, "labels")
        shape = (len(self.data), outputs)
        if table.shape != shape:
            raise InputError(
                "labels",
                got=f"shape {table.shape}",
                expected=f"shape {shape}, a row for each sample, a column for each observable",
            )
        checked_row(table.ravel(), table.size, "labels", "entry")
        if self.loss in _OF_CLASSES and not np.isin(table, (-1.0, 1.0)).all():
            wrong = table[~np.isin(table, (-1.0, 1.0))][0]
            raise InputError("labels", got=str(wrong), expected="-1 and +1 for this loss")
        return table

    def combine(self, partials: Partials) -> Told:
        """Return the mean over all samples, with a standard error if samples were drawn."""
        table = combined(partials) / len(self.data)
        end = partials.ask.components
        return Told(
            np.ascontiguousarray(table[:, 0]),
            np.ascontiguousarray(table[:, 1:end]) if partials.ask.gradient else None,
            None if self.batches is None else np.sqrt(table[:, -1] / len(self.data)),
        )

    @property
    def combines_by_default(self) -> bool:
        """Whether partials are plain sums over samples; with batches they include a variance."""
        return self.batches is None

    def state_bytes(self, ask: Ask) -> int:
        """Return the most bytes that the circuits of one piece allocate."""
        rows = np.zeros((1, len(self._columns) + len(self._weights)))
        return self.evaluation(Sampling()).memory_bytes(Ask(rows, ask.gradient))

    def work(self, ask: Ask, piece: Piece, sampling: Sampling) -> Work | None:
        """Return the work of the piece's circuits, which run in sequence."""
        inner = self.evaluation(sampling)
        stop = piece.stop
        if self.batches is not None:
            stop = piece.start + self.batches.count(piece.start, stop)
        rows = self.rows(ask.points[piece.point], slice(piece.start, stop))
        asked = Ask(rows, ask.gradient)
        parts = [inner.work(asked, each) for each in inner.pieces(asked)]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        circuits = sum(part.circuits for part in known)
        return replace(known[0], circuits=circuits, seconds=_AROUND_SECONDS)

    def rows(self, weights: FloatArray, samples: Samples) -> FloatArray:
        """Return the circuit's parameter points of some samples, shape (k, F + P)."""
        chosen = self.data[samples]
        points = np.empty((len(chosen), len(self._columns) + len(self._weights)))
        points[:, self._columns] = chosen
        points[:, self._weights] = weights
        return points

    def _grain(self) -> int:
        if self.num_qubits >= _NARROW:
            return 1
        return min(max(_LANES * -(-len(self.data) // (_LANES * _PIECES)), self._least()), 256)

    def _least(self) -> int:
        """Return the minimum number of samples per piece."""
        if self.num_qubits >= _NARROW:
            return 1
        # Narrow circuits are fast, and each piece has Python overhead.
        return min(_LANES << max(0, _FULL - self.num_qubits), 256)


def _named(features: object) -> list[Parameter]:
    """Return the feature parameters as a list.

    Raises:
        InputError: not a Parameter or a sequence of them.
    """
    if isinstance(features, Parameter):
        return [features]
    named = list(features) if isinstance(features, Iterable) else [features]
    if isinstance(features, str) or not all(isinstance(each, Parameter) for each in named):
        raise InputError(
            "features",
            got=repr(features)[:60],
            expected="Parameter objects of the circuit, one for each feature",
        )
    return named


def _in_rows(data: ArrayLike, num_features: int) -> ArrayLike:
    """Return data with one sample per row; reshape a single feature of shape (N,)."""
    try:
        array = np.asarray(data)
    except ValueError:
        return data
    return array.reshape(-1, 1) if num_features == 1 and array.ndim == 1 else data


def _loss(loss: object) -> Loss:
    if isinstance(loss, str) and loss in LOSSES:
        return LOSSES[loss]
    if callable(loss):
        return loss
    raise InputError(
        "loss",
        got=repr(loss),
        expected=f"one of {', '.join(map(repr, LOSSES))}, or a function(outputs, labels) that "
        "returns losses and derivatives",
    )

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
"""From outputs and labels, shape (k,) or (k, M) each, to losses and their slopes by the outputs.

Slopes have the shape of the outputs, losses that shape or (k,).
"""

Samples: TypeAlias = slice | IntArray
"""Which samples of a data set, by their numbers."""

_LANES = _kernels.limits()["lanes"]
"""Samples in a piece are a multiple of this, so that vector lanes are full."""
_PIECES = 48
_FULL = _kernels.limits()["batched_qubits"]
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


def hinge(outputs: FloatArray, labels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return max(0, 1 - label output), for labels of +-1, and its slope; 0 where it has none."""
    lacking = 1.0 - labels * outputs
    return np.maximum(0.0, lacking), np.where(lacking > 0.0, -labels, 0.0)


LOSSES: Mapping[str, Loss] = {"squared": squared, "logistic": logistic, "hinge": hinge}
_OF_CLASSES = (logistic, hinge)
"""Losses whose labels are -1 and +1."""


class Supervised(Workload):
    """Minimise the mean loss of ``<observable>`` over a data set, by the circuit's weights.

    The circuit takes a sample's features and the weights as parameters; those named in
    ``features`` are the features, in the order of the columns of ``data``, the others are the
    weights, in the order of ``circuit.parameters``. Pieces are slices of the samples: their
    circuits, then their losses and the chain rule to the weights, on the same rank.

    Args:
        circuit: unitary; for instance data re-uploading layers.
        observable: whose expectation value is the output; or a list of M observables, for M
            outputs read from the same state, whose losses are added up.
        data: shape (N, F), one sample a row; or (N,) for a single feature.
        labels: shape (N,), or (N, M) for a list of M observables. Real numbers; for the logistic
            and the hinge loss -1 and +1. Shape (N,) may hold two classes as 0 and 1, other whole
            numbers, booleans or strings; the larger one, or the later one of the alphabet, is +1.
        features: the F parameters of the circuit that take a sample; one Parameter alone is one.
        loss: "squared", "logistic", "hinge", or a function from outputs and labels to losses and
            their slopes by the outputs.
        batch_size: samples drawn anew for each evaluation, from each of several slices of the data,
            by the run's seed; None for all of them. A value then has a standard error. For
            optimizers that take noisy gradients, such as Adam.

    Attributes:
        data: shape (N, F), float64.
        labels: shape (N,) or (N, M), float64; of -1 and +1 for the logistic and the hinge loss.
        classes: for these two the labels that stand for -1 and for +1, else None; None also for a
            list of observables.

    Raises:
        InputError: shapes that do not fit, features the circuit has not, labels that are not of
            two classes, an unknown loss.

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
        compiled_circuit(circuit)  # refuses what is no circuit
        parameters = list(circuit.parameters)
        named = _named(features)
        unknown = [each for each in named if each not in parameters]
        if unknown or len(set(named)) != len(named):
            raise InputError(
                "features",
                got=f"{unknown[0]} that the circuit has not" if unknown else "one of them twice",
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
        """Return weights drawn uniformly from [-pi, pi), seeded, shape (P,)."""
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
        """Return the workload with its circuit compiled for the simulator."""
        self.evaluation(sampling)
        return super().prepare(sampling)

    def evaluation(self, sampling: Sampling) -> Estimator:
        """Return the circuit's expectation value, compiled once for the simulator."""
        return self._expectation.prepare(sampling)

    def run(self, piece: Task, simulator: LocalSimulator) -> Any:
        """Return the summed loss of the piece's samples, and its gradient by the parameters.

        With batches an array: both, estimated from samples that are drawn, and the variance of the
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
        """Return the loss of each of some samples, and the gradient of their sum if it is wanted.

        Args:
            samples: which.
            piece: at what point, and whether a gradient is wanted.
            simulator: what their circuits run on.
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
        """Return the loss of each sample and the slopes by its outputs, checked."""
        outputs = outputs.reshape(labels.shape)
        made = self.loss(outputs, labels)
        if not isinstance(made, tuple | list) or len(made) != 2:
            raise InputError(
                "loss",
                got=f"a {type(made).__name__}",
                expected="a pair of arrays: losses, and their slopes by the outputs",
            )
        losses, slopes = real_array(made[0], "losses"), real_array(made[1], "slopes of the loss")
        shapes = (outputs.shape, outputs.shape[:1])
        if losses.shape not in shapes or slopes.shape != outputs.shape:
            raise InputError(
                "loss",
                got=f"losses of shape {losses.shape} and slopes of shape {slopes.shape}",
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
        """Return the mean over all samples, with a standard error where some were drawn."""
        table = combined(partials) / len(self.data)
        end = partials.ask.components
        return Told(
            np.ascontiguousarray(table[:, 0]),
            np.ascontiguousarray(table[:, 1:end]) if partials.ask.gradient else None,
            None if self.batches is None else np.sqrt(table[:, -1] / len(self.data)),
        )

    @property
    def combines_by_default(self) -> bool:
        """Partials are sums over samples; with batches there is one number more."""
        return self.batches is None

    def state_bytes(self, ask: Ask) -> int:
        """Return what the circuits of one piece allocate at most."""
        rows = np.zeros((1, len(self._columns) + len(self._weights)))
        return self.evaluation(Sampling()).memory_bytes(Ask(rows, ask.gradient))

    def work(self, ask: Ask, piece: Piece, sampling: Sampling) -> Work | None:
        """Return the work of the piece's circuits, which run one after the other."""
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
        """Return how many samples are work enough for a piece."""
        if self.num_qubits >= _NARROW:
            return 1
        # Narrow circuits are quick, and each piece costs some calls of Python.
        return min(_LANES << max(0, _FULL - self.num_qubits), 256)


def _named(features: object) -> list[Parameter]:
    """Return the parameters that take features.

    Raises:
        InputError: something else.
    """
    if isinstance(features, Parameter):
        return [features]
    named = list(features) if isinstance(features, Iterable) else [features]
    if isinstance(features, str) or not all(isinstance(each, Parameter) for each in named):
        raise InputError(
            "features",
            got=repr(features)[:60],
            expected="the Parameter objects of the circuit that take a sample",
        )
    return named


def _in_rows(data: ArrayLike, num_features: int) -> ArrayLike:
    """Return data with one sample a row, also where a single feature is given without rows."""
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
        "returns losses and slopes",
    )

"""The vector-Jacobian product of one tape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.ask import Ask, Told
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.resources import Resources
from hybrid.pennylane.plans import Plan
from hybrid.simulators.together import Part
from hybrid.simulators.weighted import WeightedEvaluation


class Products(tuple[Any, ...]):
    """Products of a tape, one for each trainable parameter, of different shapes.

    PennyLane's interface to PyTorch squeezes them, to see whether there are any; NumPy cannot.
    """

    def squeeze(self) -> FloatArray:
        """Return an array that is empty if there are no products."""
        return np.zeros(len(self))


@dataclass(frozen=True)
class Pull:
    """What is asked for the vector-Jacobian product of one tape.

    Attributes:
        tape: of expectation values.
        plan: of the tape.
        points: shape (B, P), those of which the cotangents are not all zero.
        kept: indices of these points among all of the tape.
        num_points: B of the tape.
        weights: cotangents, shape (B, M, C), C the number of products at once.
        many: whether several products are asked, which then have an axis of length C.
        batched: whether the tape has a batch of parameters.
        columns: trainable angles whose derivatives are returned point by point.
        summed: whether the kernels sum over points, rather than return all gradients.
    """

    tape: Any
    plan: Plan
    points: FloatArray
    kept: IntArray
    num_points: int
    weights: FloatArray
    many: bool
    batched: bool
    columns: tuple[int, ...]
    summed: bool

    @classmethod
    def of(
        cls,
        tape: Any,
        cotangents: Any,
        plan: Plan,
        *,
        whole: bool,
        apart: bool,
        resources: Resources,
    ) -> Pull:
        """Prepare the product of one tape.

        Args:
            tape: of expectation values.
            cotangents: PennyLane's: one for each measurement, or a single one; of shape () or, for
                a tape with a batch, (B,); or of shape (C,) for several products at once.
            plan: of the tape.
            whole: whether points with zero cotangents are asked, too.
            apart: whether derivatives by shared parameters are returned point by point, too, as
                ``jax.vmap`` expects.
            resources: if they set shards, gradients are asked, which can be distributed.
        """
        points, batched = plan.circuit.points(tape)
        batch = (len(points),) if batched else ()
        weights, many = _checked(cotangents, len(plan.values.members), batch)
        kept = np.arange(len(points))
        if not whole:
            kept = np.flatnonzero(np.any(weights != 0.0, axis=(1, 2)))
        larger = weights.shape[1] > 1 or len(points) > 1  # than one gradient
        return cls(
            tape,
            plan,
            points[kept],
            kept,
            len(points),
            np.ascontiguousarray(weights[kept]),
            many,
            batched,
            _apart(tape, plan, shared=apart) if batched else (),
            larger and not many and resources.shards in (None, 1),
        )

    @cached_property
    def part(self) -> Part | None:
        """The part to evaluate; None if all cotangents are zero."""
        if not len(self.points):
            return None
        estimator, width = self.plan.estimator, self.plan.num_qubits
        ask = Ask(self.points, gradient=True)
        if not self.summed:
            return Part(estimator, ask, width)
        count = len(self.plan.values.members)
        weights = self.weights[:, :, 0]

        def weigh(values: FloatArray, which: slice) -> FloatArray:
            return weights[which].reshape(values.shape)

        return Part(WeightedEvaluation(estimator, weigh, self.columns, count), ask, width)

    def content(self) -> str:
        """Return a digest of everything that must be equal on all ranks."""
        return digest(self.plan.content, self.points, self.weights, str(self.columns))

    def told(self, answer: Any) -> Told:
        """Return the values in the answer to :attr:`part`."""
        return Told(answer[0] if self.summed else answer.values)

    def product(self, answer: Any, columns: Sequence[int | None]) -> Products:
        """Return the product for each trainable parameter, from the answer to :attr:`part`.

        Args:
            answer: of the evaluation, or None without a part.
            columns: the column of each trainable parameter, or None for none.
        """
        shape = (self.points.shape[1], self.weights.shape[2])
        by_point = np.zeros((len(self.points), *shape))
        total = np.zeros(shape)
        if answer is not None and self.summed:
            _, summed, by_input = answer  # other ranks receive a plain list
            total[:, 0] = summed
            by_point[:, list(self.columns), 0] = by_input
        elif answer is not None:
            gradients = answer.gradients.reshape(len(self.points), -1, self.points.shape[1])
            by_point = np.einsum("bmp,bmc->bpc", gradients, self.weights)
            total = by_point.sum(axis=0)
        return Products(self._of(column, by_point, total) for column in columns)

    def _of(self, column: int | None, by_point: FloatArray, total: FloatArray) -> FloatArray:
        found: FloatArray
        if column is None:
            found = np.zeros(self.weights.shape[2])
        elif column in self.columns:
            spread = np.zeros((self.num_points, self.weights.shape[2]))
            spread[self.kept] = by_point[:, column]
            found = spread
        else:
            found = total[column]
        return found if self.many else np.asarray(found[..., 0])


def _checked(cotangents: Any, count: int, batch: tuple[int, ...]) -> tuple[FloatArray, bool]:
    """Return cotangents of M measurements as an array of shape (B, M, C), and if C is an axis.

    Raises:
        InputError: another shape, or NaN or infinity.
    """
    given = [cotangents] if count == 1 else list(cotangents)
    stacked: Any = np.stack(np.broadcast_arrays(*(np.asarray(each, np.float64) for each in given)))
    if batch and stacked.shape == (count,):  # the same at all points
        stacked = np.asarray(np.broadcast_to(stacked[:, None], (count, *batch)))
    many = stacked.ndim == 2 + len(batch)
    shape = (count, *batch, *(stacked.shape[-1:] if many else ()))
    if stacked.shape != shape:
        raise InputError(
            "cotangents",
            got=f"shape {stacked.shape}",
            expected=f"shape {(count, *batch)}: one number for each measurement and point",
        )
    if not np.isfinite(stacked).all():
        raise InputError("cotangents", got="NaN or infinity", expected="finite numbers")
    weights = stacked.reshape(count, *(batch or (1,)), stacked.shape[-1] if many else 1)
    return weights.transpose(1, 0, 2), many


def _apart(tape: Any, plan: Plan, *, shared: bool) -> tuple[int, ...]:
    """Return the trainable angles that differ from point to point; with ``shared``, all."""
    arguments = [number for op in tape.operations for number in op.data]
    trainable = {k for k in tape.trainable_params if k < len(arguments)}
    return tuple(
        column
        for column, place in enumerate(plan.circuit.places)
        if place in trainable and (shared or np.ndim(arguments[place]) > 0)
    )

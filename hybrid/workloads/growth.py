"""Growing circuits: a reference followed by operators of a pool, each with its own angle.

A point of such a circuit also encodes its operators: the first half holds their indices in the
pool, the second half their angles. So an Ask is self-contained: any rank can answer it, and a
journal can identify it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from qiskit.circuit import ParameterVector
from scipy.sparse import csr_array

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told, Want
from hybrid.core.errors import InputError
from hybrid.programs import FlatCircuit, Observable, ParameterMap
from hybrid.programs.step import Step
from hybrid.simulators import Estimator
from hybrid.workloads.base import Sampling
from hybrid.workloads.expectation import Expectation
from hybrid.workloads.switching import SwitchingEstimator


@dataclass(frozen=True)
class Growth:
    """Steps of a reference and of the operators of a pool, from which circuits are composed.

    Attributes:
        whole: the reference and each operator of the pool once, with angles 0 to M - 1.
    """

    whole: FlatCircuit

    @property
    def num_operators(self) -> int:
        """M, the size of the pool."""
        return self.whole.angles.num_parameters

    def circuit(self, chosen: Sequence[int]) -> FlatCircuit:
        """Return the reference followed by chosen operators, in order; repetitions are allowed."""
        steps = list(self._reference)
        rows: list[int] = []
        columns: list[int] = []
        slopes: list[float] = []
        for column, number in enumerate(chosen):
            for step, slope in self._operators[number]:
                steps.append(step.on_slot(len(rows)))
                rows.append(len(rows))
                columns.append(column)
                slopes.append(slope)
        shape = (len(rows), len(chosen))
        matrix = csr_array((slopes, (rows, columns)), shape=shape, dtype=np.float64)
        parameters = tuple(ParameterVector("t", len(chosen)))
        angles = ParameterMap(parameters, matrix, np.zeros(len(rows)), ())
        return FlatCircuit(self.whole.num_qubits, tuple(steps), angles)

    @cached_property
    def _reference(self) -> tuple[Step, ...]:
        return tuple(step for step in self.whole.steps if step.slot is None)

    @cached_property
    def _operators(self) -> list[list[tuple[Step, float]]]:
        """The parametrised steps of each operator, with the factors of their angle."""
        found: list[list[tuple[Step, float]]] = [[] for _ in range(self.num_operators)]
        matrix = self.whole.angles.matrix.toarray()
        for step in self.whole.steps:
            if step.slot is not None:
                (column,) = np.flatnonzero(matrix[step.slot])
                found[column].append((step, float(matrix[step.slot, column])))
        return found


def point_of(chosen: Sequence[int], angles: FloatArray) -> FloatArray:
    """Return points of a circuit with some operators, shape (..., 2n), at angles (..., n)."""
    numbers = np.broadcast_to(np.array(chosen, dtype=np.float64), angles.shape)
    return np.concatenate([numbers, angles], axis=-1)


@dataclass(frozen=True)
class GrowingEstimator(SwitchingEstimator):
    """Expectation values of growing circuits, each compiled on first use.

    Derivatives by the indices of operators, the first half of a point, are zero.

    Attributes:
        growth: composes the circuits.
        observables: the observables to evaluate.
        sampling: simulator, shots and gradient rule.
    """

    answers: ClassVar[frozenset[Want]] = frozenset(Want) - {Want.OVERLAPS, Want.FORCES}
    growth: Growth
    observables: tuple[Observable, ...]
    sampling: Sampling

    @cached_property
    def whole(self) -> Estimator:
        """The estimator of a circuit with each operator of the pool once."""
        return self._of(tuple(range(self.growth.num_operators)))

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        """Return the answer, with zeros for derivatives by the indices of operators."""
        inner, asked = self.inner(ask)
        told, half = inner.combine(asked, partials), asked.points.shape[1]
        front = (half, 0)
        gradients, metric = told.gradients, told.metric
        return replace(
            told,
            gradients=None if gradients is None else np.pad(gradients, ((0, 0), front)),
            metric=None if metric is None else np.pad(metric, ((0, 0), front, front)),
        )

    def inner(self, ask: Ask) -> tuple[Estimator, Ask]:
        """Return the estimator of an Ask's circuit, and the Ask for its angles."""
        half = ask.points.shape[1] // 2
        numbers = ask.points[:, :half]
        if np.any(numbers != numbers[:1]):
            raise InputError(
                "points", got="points with different operators", expected="those of one circuit"
            )
        chosen = tuple(map(int, numbers[0]))
        return self._of(chosen), replace(ask, points=np.ascontiguousarray(ask.points[:, half:]))

    def _of(self, chosen: tuple[int, ...]) -> Estimator:
        return self.kept(
            chosen,
            lambda: Expectation(self.growth.circuit(chosen), self.observables).prepare(
                self.sampling
            ),
        )

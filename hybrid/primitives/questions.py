"""Translate pubs into one collective call, and its answers into arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.quantum_info import SparsePauliOp

from hybrid.collective.call import Prepared, answer_with_seed
from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import checked_points
from hybrid.core.content import operator_digest
from hybrid.core.digest import digest
from hybrid.core.resources import Resources
from hybrid.simulators.together import Part, Together
from hybrid.workloads import Sampling
from hybrid.workloads.compiled import compiled_expectation, pauli_operator
from hybrid.workloads.expectation import Expectation


@dataclass(frozen=True)
class Values:
    """Some observables of a pub, which are wanted at the same points, and so share their states.

    Attributes:
        workload: the circuit with these M observables.
        points: shape (B, P), the points at which they are wanted.
        places: for each observable, flat indices into the pub's result and, for each, the index of
            the point whose value goes there; shape (2, indices).
    """

    workload: Expectation
    points: FloatArray
    places: tuple[IntArray, ...]


@dataclass(frozen=True)
class Question:
    """The expectation values that one pub requests.

    Attributes:
        values: what is evaluated.
        shape: of the result.
        sampling: simulator and shots.
    """

    values: tuple[Values, ...]
    shape: tuple[int, ...]
    sampling: Sampling

    @classmethod
    def of_pub(cls, pub: EstimatorPub, sampling: Sampling) -> Question:
        """Compile the circuit and observables of a pub.

        Raises:
            InputError: the circuit cannot be run.
        """
        circuit = pub.circuit
        bound = pub.parameter_values.as_array(circuit.parameters)
        points = bound.reshape(pub.parameter_values.size, circuit.num_parameters)
        rows = np.arange(len(points)).reshape(pub.parameter_values.shape)
        observables, which = _distinct(pub.observables.sparse_observables_array())
        row_of, observable_of = (each.ravel() for each in np.broadcast_arrays(rows, which))
        places: dict[tuple[int, ...], dict[int, IntArray]] = {}  # by the rows that are wanted
        for number in range(len(observables)):
            flat = np.flatnonzero(observable_of == number)
            used, source = np.unique(row_of[flat], return_inverse=True)
            places.setdefault(tuple(used.tolist()), {})[number] = np.stack([flat, source])
        values = tuple(
            Values(
                compiled_expectation(circuit, [observables[number] for number in placed]),
                checked_points(points[list(used)], circuit.num_parameters, "parameter values"),
                tuple(placed.values()),
            )
            for used, placed in places.items()
            if used
        )
        return cls(values, np.broadcast_shapes(rows.shape, which.shape), sampling)

    def parts(self) -> tuple[Part, ...]:
        """Return the parts to evaluate."""
        return tuple(
            Part(each.workload.prepare(self.sampling), Ask(each.points), each.workload.num_qubits)
            for each in self.values
        )

    def arranged(self, told: Sequence[Told]) -> tuple[FloatArray, FloatArray]:
        """Return values and standard errors in the shape of the result; errors are 0 if exact."""
        found, errors = np.zeros(self.shape), np.zeros(self.shape)
        for each, answer in zip(self.values, told, strict=True):
            for column, (flat, source) in enumerate(each.places):
                found.ravel()[flat] = _column(answer.values, column)[source]
                if answer.standard_errors is not None:
                    errors.ravel()[flat] = _column(answer.standard_errors, column)[source]
        return found, errors

    def contents(self) -> str:
        """Return a digest of everything that must be equal on all ranks."""
        settings = str(sorted(self.sampling.contents().items()))
        return digest(
            *([str(sorted(v.workload.contents().items())), v.points] for v in self.values), settings
        )


@dataclass(frozen=True)
class Asked:
    """What one call evaluates, as one rank has prepared it.

    Attributes:
        parts: the parts to evaluate.
        content: returns a digest of everything that must be equal on all ranks.
        seed: seed of the run, or None for a fresh one.
    """

    parts: Sequence[Part]
    content: Callable[[], str]
    seed: int | None = 0


def answer_parts(
    name: str, ask: Callable[[], Asked], resources: Resources
) -> tuple[list[Any], int]:
    """Evaluate parts in one collective call; return their answers and the run's seed.

    Args:
        name: name of the public call, for messages.
        ask: checks the input of this rank and compiles it; if it raises on one rank, all ranks do.
        resources: resources of the call.
    """

    def prepare() -> Prepared:
        asked = ask()
        return Prepared(
            evaluation=Together(tuple(asked.parts)),
            first_ask=Ask(np.empty((len(asked.parts), 0))),
            num_qubits=max((part.num_qubits for part in asked.parts), default=0),
            contents=lambda: {"list of pubs": asked.content()},
            seed=asked.seed,
            resources=resources,
        )

    found, used = answer_with_seed(name, prepare)
    return list(found), used


def _column(values: FloatArray, number: int) -> FloatArray:
    """Return the values of one of M observables; of a single one there is no axis."""
    return values if values.ndim == 1 else values[:, number]


def _distinct(observables: Any) -> tuple[list[SparsePauliOp], IntArray]:
    """Return the distinct observables, and an array of indices into them."""
    number_of: dict[object, int] = {}
    found: list[SparsePauliOp] = []
    which = np.empty(np.shape(observables), dtype=np.int64)
    for place, observable in np.ndenumerate(observables):
        number = number_of.setdefault(operator_digest(observable) or place, len(found))
        if number == len(found):
            found.append(pauli_operator(observable))
        which[place] = number
    return found, which

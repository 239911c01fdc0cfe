"""Translate pubs into one collective call, and its answers into arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from hybrid.collective.call import Prepared, answer_with_seed
from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import checked_points
from hybrid.core.digest import digest
from hybrid.core.resources import Resources
from hybrid.simulators.together import Part, Together
from hybrid.workloads import Sampling
from hybrid.workloads.compiled import compiled_expectation
from hybrid.workloads.expectation import Expectation


@dataclass(frozen=True)
class Question:
    """The expectation values that one pub requests.

    Attributes:
        workloads: one per distinct observable.
        points: for each workload, the parameter points to evaluate, shape (B, P).
        places: for each workload, flat indices into the result and, for each, the index of the
            point whose value goes there; shape (2, indices).
        shape: of the result.
        sampling: simulator and shots.
    """

    workloads: tuple[Expectation, ...]
    points: tuple[FloatArray, ...]
    places: tuple[IntArray, ...]
    shape: tuple[int, ...]
    sampling: Sampling

    @classmethod
    def of_pub(cls, pub: EstimatorPub, sampling: Sampling) -> Question:
        """Compile the circuit and observables of a pub.

        Raises:
            InputError: the circuit cannot be run.
        """
        circuit = pub.circuit
        values = pub.parameter_values.as_array(circuit.parameters)
        points = values.reshape(pub.parameter_values.size, circuit.num_parameters)
        rows = np.arange(len(points)).reshape(pub.parameter_values.shape)
        observables, which = _distinct(pub.observables.sparse_observables_array())
        row_of, observable_of = (each.ravel() for each in np.broadcast_arrays(rows, which))
        chosen, places = [], []
        for number in range(len(observables)):
            flat = np.flatnonzero(observable_of == number)
            used, source = np.unique(row_of[flat], return_inverse=True)
            chosen.append(checked_points(points[used], circuit.num_parameters))
            places.append(np.stack([flat, source]))
        return cls(
            tuple(compiled_expectation(circuit, each) for each in observables),
            tuple(chosen),
            tuple(places),
            np.broadcast_shapes(rows.shape, which.shape),
            sampling,
        )

    def parts(self) -> tuple[Part, ...]:
        """Return the parts to evaluate, one per observable."""
        return tuple(
            Part(workload.prepare(self.sampling), Ask(points), workload.num_qubits)
            for workload, points in zip(self.workloads, self.points, strict=True)
        )

    def arranged(self, told: Sequence[Told]) -> tuple[FloatArray, FloatArray]:
        """Return values and standard errors in the shape of the result; errors are 0 if exact."""
        values, errors = np.zeros(self.shape), np.zeros(self.shape)
        for (flat, source), each in zip(self.places, told, strict=True):
            values.ravel()[flat] = each.values[source]
            if each.standard_errors is not None:
                errors.ravel()[flat] = each.standard_errors[source]
        return values, errors

    def contents(self) -> str:
        """Return a digest of everything that must be equal on all ranks."""
        workloads = [str(sorted(workload.contents().items())) for workload in self.workloads]
        return digest(workloads, list(self.points), str(sorted(self.sampling.contents().items())))


def ask_together(
    name: str, questions: Sequence[Question], seed: int | None, resources: Resources
) -> tuple[list[list[Told]], int]:
    """Answer all questions in one collective call; return their answers and the run's seed."""
    found, used = ask_parts(
        name,
        lambda: [part for question in questions for part in question.parts()],
        lambda: digest([question.contents() for question in questions]),
        seed,
        resources,
    )
    answers = iter(found)
    return [[next(answers) for _ in question.workloads] for question in questions], used


def ask_parts(
    name: str,
    parts: Callable[[], Sequence[Part]],
    content: Callable[[], str],
    seed: int | None,
    resources: Resources,
) -> tuple[list[Any], int]:
    """Evaluate all parts in one collective call; return their answers and the run's seed.

    Args:
        name: name of the public call, for messages.
        parts: makes the parts; raises InputError.
        content: returns a digest of everything that must be equal on all ranks.
        seed: seed of the run, or None for a fresh one.
        resources: resources of the call.
    """

    def prepare() -> Prepared:
        made = tuple(parts())
        return Prepared(
            evaluation=Together(made),
            first_ask=Ask(np.empty((len(made), 0))),
            num_qubits=max((part.num_qubits for part in made), default=0),
            contents=lambda: {"list of pubs": content()},
            seed=seed,
            resources=resources,
        )

    found, used = answer_with_seed(name, prepare)
    return list(found), used


def _distinct(observables: Any) -> tuple[list[SparsePauliOp], IntArray]:
    """Return the distinct observables, and an array of indices into them."""
    number_of: dict[bytes, int] = {}
    found: list[SparsePauliOp] = []
    which = np.empty(np.shape(observables), dtype=np.int64)
    for place, observable in np.ndenumerate(observables):
        key = _key(observable)
        if key not in number_of:
            number_of[key] = len(found)
            found.append(SparsePauliOp.from_sparse_observable(observable))
        which[place] = number_of[key]
    return found, which


def _key(observable: SparseObservable) -> bytes:
    parts = (
        observable.coeffs,
        observable.bit_terms,
        observable.indices,
        observable.boundaries,
    )
    return b"|".join(np.ascontiguousarray(part).tobytes() for part in parts)

"""Adjoint derivatives of tapes of expectation values, in PennyLane's form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.resources import Resources
from hybrid.pennylane.answers import Asked, Group, answered, arrange, content_of, grouped
from hybrid.pennylane.circuits import Circuit
from hybrid.pennylane.plans import Plans
from hybrid.pennylane.pullbacks import Pull
from hybrid.simulators.together import Part


def gradients(
    name: str, tapes: Sequence[Any], plans: Plans, resources: Resources
) -> list[tuple[Any, FloatArray, list[int | None]]]:
    """Return for each tape its result, its gradients by the angles, and its trainable columns.

    Gradients have shape (B, M, P).
    """
    groups: list[Group] = []

    def ask() -> Asked:
        groups[:] = grouped(tapes, plans)
        parts = [
            Part(g.plan.estimator, Ask(g.points, gradient=True), g.plan.num_qubits) for g in groups
        ]
        return Asked(parts, lambda: content_of(groups))

    found, _ = answered(name, ask, resources)
    arranged: list[Any] = [None] * len(tapes)
    for group, told in zip(groups, found, strict=True):
        several = len(group.plan.values.members)
        by_angle = told.gradients.reshape(len(group.points), several, group.points.shape[1])
        for number, rows, many in zip(group.tapes, group.rows, group.batched, strict=True):
            value = arrange(tapes[number], group.plan, [told], rows, many)
            columns = trainable_columns(tapes[number], group.plan.circuit)
            arranged[number] = value, by_angle[rows], columns
    return arranged


def jacobian(tape: Any, by_angle: FloatArray, columns: Sequence[int | None]) -> Any:
    """Return the derivatives of a tape: one for each trainable parameter and measurement.

    Args:
        tape: without a batch of parameters.
        by_angle: gradients by the angles, shape (1, M, P).
        columns: the column of each trainable parameter, or None for none.
    """
    if len(by_angle) > 1 or tape.batch_size is not None:
        raise InputError(
            "tape",
            got=f"a batch of {len(by_angle)} parameters",
            expected="no batch, for a Jacobian",
            advice="apply qml.transforms.broadcast_expand, or ask for a vector-Jacobian product",
        )
    rows = [tuple(np.array(0.0 if c is None else row[c]) for c in columns) for row in by_angle[0]]
    each = [row[0] if len(row) == 1 else row for row in rows]
    return each[0] if len(each) == 1 else tuple(each)


def pushed(
    tape: Any, by_angle: FloatArray, columns: Sequence[int | None], tangents: Sequence[Any]
) -> Any:
    """Return the Jacobian-vector product of a tape."""
    summed = np.zeros(by_angle.shape[:2])
    for column, tangent in zip(columns, tangents, strict=True):
        if column is not None:
            summed += by_angle[:, :, column] * np.reshape(np.asarray(tangent), (-1, 1))
    each = [np.array(row[0] if tape.batch_size is None else row) for row in summed.T]
    return each[0] if len(each) == 1 else tuple(each)


def pulled(
    name: str,
    tapes: Sequence[Any],
    cotangents: Sequence[Any],
    plans: Plans,
    resources: Resources,
    *,
    with_results: bool,
    apart: bool = False,
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the results of tapes, if wanted, and their vector-Jacobian products.

    Sums over the points of a batch are made in the kernels, without an array of all gradients.
    Points whose cotangents are zero are not run, unless results are wanted. With ``apart``,
    derivatives by parameters that all points share are returned point by point, too.
    """
    pulls: list[Pull] = []

    def ask() -> Asked:
        pulls[:] = [
            Pull.of(
                tape,
                weights,
                plans.of(tape),
                whole=with_results,
                apart=apart,
                resources=resources,
            )
            for tape, weights in zip(tapes, cotangents, strict=True)
        ]
        parts = [pull.part for pull in pulls if pull.part is not None]
        return Asked(parts, lambda: digest([pull.content() for pull in pulls]))

    found, _ = answered(name, ask, resources)
    answers = iter(found)
    given = [None if pull.part is None else next(answers) for pull in pulls]
    products = tuple(
        pull.product(answer, trainable_columns(pull.tape, pull.plan.circuit))
        for pull, answer in zip(pulls, given, strict=True)
    )
    if not with_results:
        return (), products
    results = tuple(
        arrange(pull.tape, pull.plan, [pull.told(answer)], slice(None), pull.batched)
        for pull, answer in zip(pulls, given, strict=True)
        if answer is not None
    )
    return results, products


def trainable_columns(tape: Any, circuit: Circuit) -> list[int | None]:
    """Return the column of each trainable parameter; None for one of an observable.

    Raises:
        InputError: a trainable parameter is an argument of an operation, but no angle.
    """
    columns = circuit.column_of
    found: list[int | None] = []
    for number in tape.trainable_params:
        if number >= len(columns):
            found.append(None)
            continue
        if columns[number] is None:
            raise InputError(
                f"trainable parameter {number} of the tape",
                got="a matrix or a state",
                expected="an angle",
                advice="leave it out of tape.trainable_params, or decompose its operation",
            )
        found.append(columns[number])
    return found

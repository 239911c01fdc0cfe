"""Vector-Jacobian products of many expectation values, distributed over the ranks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from hybrid.collective.call import Prepared, answer
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.checks import (
    WhetherSector,
    checked_points,
    checked_row,
    checked_sector,
    real_array,
)
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.resources import Resources
from hybrid.runtime import elsewhere
from hybrid.simulators import Native
from hybrid.simulators.base import CotangentsOf
from hybrid.simulators.weighted import WeightedEvaluation
from hybrid.workloads import Sampling
from hybrid.workloads.compiled import compiled_expectation, is_sequence
from hybrid.workloads.custom import failed
from hybrid.workloads.identity import contents_of


@overload
def pull_back(
    circuit: QuantumCircuit,
    observable: SparsePauliOp | Sequence[SparsePauliOp],
    points: ArrayLike,
    cotangents: ArrayLike | CotangentsOf,
    *,
    inputs: None = None,
    threads: int | None = None,
    sector: WhetherSector = "auto",
) -> tuple[FloatArray, FloatArray]: ...


@overload
def pull_back(
    circuit: QuantumCircuit,
    observable: SparsePauliOp | Sequence[SparsePauliOp],
    points: ArrayLike,
    cotangents: ArrayLike | CotangentsOf,
    *,
    inputs: Sequence[int | Parameter],
    threads: int | None = None,
    sector: WhetherSector = "auto",
) -> tuple[FloatArray, FloatArray, FloatArray]: ...


def pull_back(
    circuit: QuantumCircuit,
    observable: SparsePauliOp | Sequence[SparsePauliOp],
    points: ArrayLike,
    cotangents: ArrayLike | CotangentsOf,
    *,
    inputs: Sequence[int | Parameter] | None = None,
    threads: int | None = None,
    sector: WhetherSector = "auto",
) -> Any:
    """Return expectation values, and the sum of their gradients weighted by cotangents.

    This is a vector-Jacobian product. If ``cotangents`` are the derivatives of a function f with
    respect to the values, the sum is the derivative of f with respect to parameters that all
    points share (weights); ignore its entries for columns of data. The kernels accumulate the
    sum, so no (B, P) array of gradients is allocated. For ``inputs``, parameters that differ from
    point to point, derivatives are returned point by point, so that the circuit can follow other
    layers. If f is a sum over points, such as a loss over samples, pass ``cotangents`` as a
    function of the values: values and sum then take one forward and one backward pass.

    Collective: every rank makes the same call and gets the same bits, for any number of ranks.
    Points are split over the ranks.

    Args:
        circuit: unitary, from \\|0...0>; parameters in any expression.
        observable: Hermitian, with the circuit's width; or a list of M observables.
        points: shape (B, P), or (P,) for B = 1; columns in the order of ``circuit.parameters``.
        cotangents: shape (B,), or (B, M) for a list of observables, finite. Or a function that is
            called with the values of k points, shape (k,) or (k, M), and the slice of these points,
            and returns their cotangents, of the same shape as the values.
        inputs: columns of the points, as indices or as parameters of the circuit, for which
            derivatives are returned point by point.
        threads: threads of each rank. If None, ranks share the cores of their host.
        sector: "auto" to hold states in a symmetry sector where that pays, or False.

    Returns:
        values of shape (B,), or (B, M) for a list of observables, and the sum of the gradients
        times their cotangents, of shape (P,). With F ``inputs``, also the derivatives of f with
        respect to each point's inputs, of shape (B, F). All float64.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        MismatchError: the ranks were given different things.
        PieceError: ``cotangents`` raised, or returned an array that is not usable.
        RankError: another rank failed.

    Example:
        >>> from qiskit.circuit import Parameter
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("a"), 0)
        >>> values, slope = pull_back(circuit, SparsePauliOp("Z"), [[0.0], [np.pi / 2]], [1, 2])
        >>> values.round(6).tolist(), slope.round(6).tolist()
        ([1.0, 0.0], [-2.0])
        >>> labels = np.array([0.5, 0.5])
        >>> def slopes(values, which):  # of the sum of (value - label)^2
        ...     return 2 * (values - labels[which])
        >>> values, slope = pull_back(circuit, SparsePauliOp("Z"), [[0.0], [np.pi / 2]], slopes)
        >>> slope.round(6).tolist()
        [1.0]
        >>> both = [SparsePauliOp("Z"), SparsePauliOp("X")]
        >>> _, _, by_input = pull_back(circuit, both, [[0.0]], [[1.0, 3.0]], inputs=[0])
        >>> by_input.round(6).tolist()
        [[3.0]]
    """

    if (ranks := elsewhere()) is not None:
        return ranks.call("pull_back", locals())

    def prepare() -> Prepared:
        workload = compiled_expectation(circuit, observable)
        checked = checked_points(points, workload.num_parameters)
        sampling = Sampling(Native(), sector=checked_sector(sector))
        inner = workload.prepare(sampling)
        several = len(observable) if is_sequence(observable) else None
        weigh = _checked_function(cotangents, len(checked), several)
        columns = _checked_inputs(inputs, list(circuit.parameters))
        return Prepared(
            evaluation=WeightedEvaluation(inner, weigh, columns, several or 1),
            first_ask=Ask(checked, gradient=True),
            num_qubits=workload.num_qubits,
            contents=lambda: {
                **workload.contents(),
                "set of points": digest(checked),
                **_contents(cotangents),
                "inputs": str(columns),
                "sector": str(sector),
            },
            resources=Resources.checked(threads),
        )

    values, summed, by_input = answer("pull_back()", prepare)
    if is_sequence(observable):
        values = np.asarray(values).reshape(len(values), len(observable))
    return (values, summed) if inputs is None else (values, summed, by_input)


def _checked_function(
    cotangents: ArrayLike | CotangentsOf, num_points: int, several: int | None
) -> CotangentsOf:
    """Return the cotangents as a function that validates its result.

    Args:
        cotangents: the user's argument.
        num_points: B.
        several: M for a list of observables, else None.
    """

    def shape(count: int) -> tuple[int, ...]:
        return (count,) if several is None else (count, several)

    if not callable(cotangents):
        weights = _checked(cotangents, shape(num_points))
        return lambda values, which: weights[which].reshape(values.shape)

    def checked(values: FloatArray, which: slice) -> FloatArray:
        try:
            found = cotangents(values.reshape(shape(len(values))), which)
            return _checked(found, shape(len(values))).reshape(values.shape)
        except Exception as error:
            raise failed(
                f"cotangents of points {which.start} to {which.stop - 1}", error
            ) from error

    return checked


def _contents(cotangents: ArrayLike | CotangentsOf) -> Mapping[str, str]:
    if callable(cotangents):
        return contents_of(cotangents, "set of cotangents", "pull_back()")
    return {"set of cotangents": digest(real_array(cotangents, "cotangents"))}


def _checked(cotangents: ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    if len(shape) == 1:
        return checked_row(cotangents, shape[0], "cotangents", "point")
    array = real_array(cotangents, "cotangents")
    if array.shape != shape:
        raise InputError(
            "cotangents",
            got=f"shape {array.shape}",
            expected=f"shape {shape}, one finite number for each point and observable",
        )
    checked_row(array.ravel(), array.size, "cotangents", "point and observable")
    return array


def _checked_inputs(
    inputs: Sequence[int | Parameter] | None, parameters: Sequence[Parameter]
) -> tuple[int, ...]:
    """Return the columns of the inputs as indices, validated."""
    if inputs is None:
        return ()
    if not isinstance(inputs, Iterable) or isinstance(inputs, str | AbstractSet):
        raise InputError(
            "inputs",
            got=repr(inputs)[:60],
            expected="a list of parameters of the circuit, or of columns",
            advice="" if isinstance(inputs, Iterable) else "write [...] for a single one",
        )
    place = {parameter: column for column, parameter in enumerate(parameters)}
    columns = []
    for each in inputs:
        column = place.get(each) if isinstance(each, Parameter) else each
        is_integer = isinstance(column, int | np.integer) and not isinstance(column, bool)
        if column is None or not is_integer or not 0 <= column < len(parameters):
            raise InputError(
                "inputs",
                got=repr(each),
                expected=f"parameters of the circuit, or columns from 0 to {len(parameters) - 1}",
            )
        columns.append(int(column))
    if len(set(columns)) < len(columns):
        raise InputError("inputs", got="a duplicate", expected="each parameter once")
    return tuple(columns)

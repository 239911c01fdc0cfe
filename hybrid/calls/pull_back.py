"""Gradients of a function of many expectation values: vector-Jacobian products over the ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.collective.call import Prepared, answer
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.checks import checked_points, checked_row, real_array
from hybrid.core.digest import digest
from hybrid.core.fingerprint import identity_of
from hybrid.core.resources import Resources
from hybrid.simulators import Native
from hybrid.simulators.base import CotangentsOf
from hybrid.simulators.native import NativeEvaluation
from hybrid.simulators.weighted import WeightedEvaluation
from hybrid.workloads import Sampling
from hybrid.workloads.compiled import compiled_expectation
from hybrid.workloads.custom import failed


def pull_back(
    circuit: QuantumCircuit,
    observable: SparsePauliOp,
    points: ArrayLike,
    cotangents: ArrayLike | CotangentsOf,
    *,
    threads: int | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return expectation values, and the sum of their gradients weighted by cotangents.

    The reverse-mode derivative of any function f of the values: with ``cotangents`` the
    derivatives of f by the values, the sum is the derivative of f by parameters that all points
    share (columns of weights), and columns of data can be left out of it. The sum is taken in the
    kernels, so no (B, P) array of gradients is made. Where f is a sum over points, as a loss over
    samples is, its derivatives can be given as a function of the values; then values and sum take
    one way forward and one back.

    Collective: every rank makes the same call, the points are split over the ranks, and all ranks
    get the same bits, for any number of them.

    Args:
        circuit: unitary, from \\|0...0>; parameters in any expression.
        observable: Hermitian, on as many qubits.
        points: shape (B, P), or (P,) for B = 1; columns in the order of ``circuit.parameters``.
        cotangents: shape (B,), finite; or a function that returns them for some of the points,
            from their values, shape (k,), and the slice of the points that they are.
        threads: for each rank.

    Returns:
        values of shape (B,), and ``cotangents @ gradients`` of shape (P,); float64.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        MismatchError: the ranks were given different things.
        PieceError: ``cotangents`` raised, or returned something else.
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
    """

    def prepare() -> Prepared:
        workload = compiled_expectation(circuit, observable)
        checked = checked_points(points, workload.num_parameters)
        sampling = Sampling(Native())
        inner = workload.prepare(sampling)
        assert isinstance(inner, NativeEvaluation)
        return Prepared(
            evaluation=WeightedEvaluation(inner, _checked_function(cotangents, len(checked))),
            first_ask=Ask(checked, gradient=True),
            num_qubits=workload.num_qubits,
            contents=lambda: {
                **workload.contents(),
                "set of points": digest(checked),
                "set of cotangents": _content(cotangents),
            },
            resources=Resources.checked(threads),
        )

    found = answer("pull_back()", prepare)
    return np.asarray(found[0], dtype=np.float64), np.asarray(found[1], dtype=np.float64)


def _checked_function(cotangents: ArrayLike | CotangentsOf, num_points: int) -> CotangentsOf:
    """Return the cotangents as a function, which checks what it returns."""
    if not callable(cotangents):
        weights = _checked(cotangents, num_points)
        return lambda values, which: weights[which]

    def checked(values: FloatArray, which: slice) -> FloatArray:
        try:
            return _checked(cotangents(values, which), len(values))
        except Exception as error:
            raise failed(
                f"cotangents of points {which.start} to {which.stop - 1}", error
            ) from error

    return checked


def _content(cotangents: ArrayLike | CotangentsOf) -> str:
    if callable(cotangents):
        return identity_of(cotangents)
    return digest(real_array(cotangents, "cotangents"))


def _checked(cotangents: ArrayLike, num_points: int) -> FloatArray:
    return checked_row(cotangents, num_points, "cotangents", "point")

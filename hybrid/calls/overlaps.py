"""Matrices of squared overlaps between states: quantum kernels, deflation, fidelities."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit

from hybrid.collective.call import Prepared, answer
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.checks import checked_points
from hybrid.core.digest import digest
from hybrid.core.errors import InputError
from hybrid.core.resources import Resources
from hybrid.runtime import elsewhere
from hybrid.simulators.native.overlap import OverlapEvaluation
from hybrid.workloads.compiled import compiled_program


@overload
def overlaps(
    circuit: QuantumCircuit,
    points: ArrayLike,
    others: ArrayLike | None = None,
    *,
    other_circuit: QuantumCircuit | None = None,
    gradient: Literal[False] = False,
    threads: int | None = None,
) -> FloatArray: ...


@overload
def overlaps(
    circuit: QuantumCircuit,
    points: ArrayLike,
    others: ArrayLike | None = None,
    *,
    other_circuit: QuantumCircuit | None = None,
    gradient: Literal[True],
    threads: int | None = None,
) -> tuple[FloatArray, FloatArray]: ...


def overlaps(
    circuit: QuantumCircuit,
    points: ArrayLike,
    others: ArrayLike | None = None,
    *,
    other_circuit: QuantumCircuit | None = None,
    gradient: bool = False,
    threads: int | None = None,
) -> Any:
    """Return ``|<psi(a)|phi(b)>|^2`` for all pairs of points: a quantum kernel matrix.

    Collective: every rank makes the same call and gets the same bits. Tiles of the matrix are
    distributed over the ranks.

    Args:
        circuit: unitary, from \\|0...0>; prepares psi.
        points: shape (A, P), or (P,) for A = 1.
        others: shape (B, Q), or (Q,) for B = 1. If None, ``points``; without gradients, only half
            of the symmetric matrix is computed.
        other_circuit: prepares phi, with the same width. If None, ``circuit``.
        gradient: whether to return derivatives with respect to ``a`` too; exact, by the adjoint
            method. Exchange the two arguments for derivatives with respect to ``b``.
        threads: threads of each rank. If None, ranks share the cores of their host.

    Returns:
        shape (A, B), float64; with ``gradient`` also shape (A, B, P), float64.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        MismatchError: the ranks were given different things.
        RankError: another rank failed.

    Example:
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("a"), 0)
        >>> overlaps(circuit, [[0.0], [np.pi]]).round(6).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        >>> values, slopes = overlaps(circuit, [[np.pi / 2]], [[0.0]], gradient=True)
        >>> values.round(6).tolist(), slopes.round(6).tolist()
        ([[0.5]], [[[-0.5]]])
    """

    if (ranks := elsewhere()) is not None:
        return ranks.call("overlaps", locals())

    def prepare() -> Prepared:
        if not isinstance(gradient, bool):
            raise InputError("gradient", got=repr(gradient), expected="True or False")
        program = compiled_program(circuit)
        other = None if other_circuit is None else compiled_program(other_circuit)
        if other is not None and other.num_qubits != program.num_qubits:
            raise InputError(
                "other_circuit",
                got=f"{other.num_qubits} qubits",
                expected=f"the {program.num_qubits} qubits of the circuit",
            )
        rows = checked_points(points, program.angles.num_parameters)
        columns = None
        if others is not None or other is not None:
            width = (other or program).angles.num_parameters
            columns = checked_points(() if others is None else others, width, "others")
        return Prepared(
            evaluation=OverlapEvaluation(program, columns, other),
            first_ask=Ask(rows, gradient=gradient),
            num_qubits=program.num_qubits,
            contents=lambda: {
                "circuit": program.content(),
                "other circuit": "the same" if other is None else other.content(),
                "set of points": digest(rows, "none" if columns is None else columns),
            },
            resources=Resources.checked(threads),
        )

    found = [np.asarray(array) for array in answer("overlaps()", prepare)]
    return tuple(found) if gradient else found[0]

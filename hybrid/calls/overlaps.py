"""Matrices of squared overlaps between states: quantum kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit

from hybrid.collective.call import Prepared, answer
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.checks import (
    checked_points,
)
from hybrid.core.digest import digest
from hybrid.core.resources import Resources
from hybrid.simulators.overlap import OverlapEvaluation
from hybrid.workloads.compiled import compiled_program


def overlaps(
    circuit: QuantumCircuit,
    points: ArrayLike,
    others: ArrayLike | None = None,
    *,
    threads: int | None = None,
) -> FloatArray:
    """Return ``|<psi(a)|psi(b)>|^2`` for all pairs of points: a quantum kernel matrix.

    Collective: every rank makes the same call, tiles of the matrix are spread over the ranks, and
    all get the same bits.

    Args:
        circuit: unitary, from \\|0...0>.
        points: shape (A, P).
        others: shape (B, P); None for ``points`` again, of which half is computed.
        threads: for each rank.

    Returns:
        shape (A, B), float64.

    Raises:
        InputError: an argument is not usable; raised before anything runs.
        MismatchError: the ranks were given different things.

    Example:
        >>> from qiskit.circuit import Parameter, QuantumCircuit
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.ry(Parameter("a"), 0)
        >>> overlaps(circuit, [[0.0], [np.pi]]).round(6).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """

    def prepare() -> Prepared:
        program = compiled_program(circuit)
        rows = checked_points(points, program.angles.num_parameters)
        columns = None
        if others is not None:
            columns = checked_points(others, program.angles.num_parameters, "others")
        return Prepared(
            evaluation=OverlapEvaluation(program, columns),
            first_ask=Ask(rows),
            num_qubits=program.num_qubits,
            contents=lambda: {
                "circuit": program.content(),
                "set of points": digest(rows, "none" if columns is None else columns),
            },
            resources=Resources.checked(threads),
        )

    return np.asarray(answer("overlaps()", prepare))

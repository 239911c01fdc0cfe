"""``PauliEvolutionGate`` as exact exponentials, one for each X mask, without CNOT ladders."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from qiskit.circuit import ParameterExpression
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.errors import InputError

_COMMUTATION_LIMIT = 4000
"""Above so many strings commutation is not tested pair by pair: they count as not commuting."""


def exponentials(
    gate: PauliEvolutionGate,
) -> Iterator[tuple[SparsePauliOp, ParameterExpression | float]]:
    """Yield ``(G, angle)`` so that the product of ``exp(-i angle G)``, in order, is the gate.

    Each G holds strings of one X mask. Where all strings of the gate commute this is the exact
    evolution; where they do not, it is the product formula that the gate carries
    (``gate.synthesis``), one exponential for each of its factors.

    Raises:
        InputError: the operator has complex coefficients (not Hermitian) or free parameters.
    """
    operators = gate.operator if isinstance(gate.operator, list) else [gate.operator]
    operators = [_hermitian(operator) for operator in operators]
    if len(operators) == 1 and commute(operators[0]):
        for group in by_x_mask(operators[0]):
            yield group, gate.time
        return
    for label, qubits, angle in gate.synthesis.expand(gate):
        # A factor of a product formula is a rotation exp(-i angle/2 P).
        factor = SparsePauliOp.from_sparse_list([(label, qubits, 0.5)], gate.num_qubits)
        yield factor, angle


def by_x_mask(operator: SparsePauliOp) -> list[SparsePauliOp]:
    """Return the operator as sums of strings that flip the same qubits, in order of appearance."""
    groups: dict[bytes, list[int]] = {}
    for row, flips in enumerate(operator.paulis.x):
        groups.setdefault(flips.tobytes(), []).append(row)
    return [operator[rows] for rows in groups.values()]


def commute(operator: SparsePauliOp) -> bool:
    """Return whether all strings of the operator commute with one another."""
    if operator.size > _COMMUTATION_LIMIT:
        return False
    x = operator.paulis.x.astype(np.float32)
    z = operator.paulis.z.astype(np.float32)
    crossings = x @ z.T
    return not np.any((crossings + crossings.T) % 2)


def _hermitian(operator: object) -> SparsePauliOp:
    sparse = (
        operator
        if isinstance(operator, SparsePauliOp)
        else SparsePauliOp.from_sparse_observable(operator)
        if hasattr(operator, "bit_terms")
        else SparsePauliOp(operator)
    )
    if sparse.coeffs.dtype == object:
        raise InputError(
            "operator of a PauliEvolutionGate",
            got="coefficients with free parameters",
            expected="numbers as coefficients",
            advice="put the parameter into the gate's time",
        )
    if np.any(np.abs(sparse.coeffs.imag) > 1e-12):
        raise InputError(
            "operator of a PauliEvolutionGate",
            got="complex coefficients",
            expected="a Hermitian operator",
            advice="multiply an anti-Hermitian one by 1j",
        )
    return sparse

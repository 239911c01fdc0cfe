"""Operators of OpenFermion."""

from __future__ import annotations

from typing import Any

from qiskit.quantum_info import SparsePauliOp

from hybrid.core.errors import InputError
from hybrid.operators.words import checked_coefficient, checked_qubit, pauli_sum

_NAME = "openfermion.QubitOperator"


def converted(openfermion: Any, operator: Any, num_qubits: int | None) -> SparsePauliOp | None:
    """Return a QubitOperator as a SparsePauliOp; None for objects of other libraries.

    Raises:
        InputError: a coefficient is not a number, a qubit is beyond the width, or the operator is
            one of OpenFermion's on fermions or bosons.
    """
    if isinstance(operator, openfermion.QubitOperator):
        terms = [
            (
                checked_coefficient(_NAME, coefficient),
                {checked_qubit(_NAME, qubit, ""): letter for qubit, letter in factors},
            )
            for factors, coefficient in operator.terms.items()
        ]
        return pauli_sum(_NAME, terms, num_qubits)
    if type(operator).__module__.partition(".")[0] == "openfermion":
        raise InputError(
            "observable",
            got=f"openfermion.{type(operator).__name__}",
            expected="a QubitOperator",
            advice="openfermion.jordan_wigner(operator) maps fermions to qubits",
        )
    return None

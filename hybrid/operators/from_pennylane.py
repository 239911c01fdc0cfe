"""Operators of PennyLane."""

from __future__ import annotations

from typing import Any

import numpy as np
from qiskit.quantum_info import Operator, SparsePauliOp

from hybrid.core.errors import InputError
from hybrid.operators.words import checked_coefficient, checked_qubit, pauli_sum

_NAME = "PennyLane operator"
_RENAME = "qml.map_wires(operator, {wire: number, ...}) renames wires"
_WIDEST_MATRIX = 8
"""Qubits of operators that are no sum of Pauli words; their matrix is decomposed."""


def converted(pennylane: Any, operator: Any, num_qubits: int | None) -> SparsePauliOp | None:
    """Return an operator, Pauli word or sentence as a SparsePauliOp; None for other objects.

    Raises:
        InputError: wires that are no qubit numbers, coefficients that are no numbers, an operator
            on fermions, or a wide operator that is no sum of Pauli words.
    """
    pauli = pennylane.pauli
    if isinstance(operator, pauli.PauliWord):
        operator = pauli.PauliSentence({operator: 1.0})
    if isinstance(operator, pauli.PauliSentence):
        return _from_sentence(operator, num_qubits)
    if isinstance(operator, pennylane.operation.Operator):
        sentence = operator.pauli_rep
        if sentence is not None:
            return _from_sentence(sentence, num_qubits)
        return _from_matrix(pennylane, operator, num_qubits)
    if type(operator).__module__.partition(".")[0] == "pennylane":
        raise InputError(
            "observable",
            got=f"{type(operator).__name__} of PennyLane",
            expected="an operator on qubits",
            advice="qml.jordan_wigner(operator) maps fermions; of qml.expval(op), pass op",
        )
    return None


def _from_sentence(sentence: Any, num_qubits: int | None) -> SparsePauliOp:
    terms = [
        (
            checked_coefficient(_NAME, coefficient),
            {checked_qubit(_NAME, wire, _RENAME): letter for wire, letter in word.items()},
        )
        for word, coefficient in sentence.items()
    ]
    return pauli_sum(_NAME, terms, num_qubits)


def _from_matrix(pennylane: Any, operator: Any, num_qubits: int | None) -> SparsePauliOp:
    wires = [checked_qubit(_NAME, wire, _RENAME) for wire in operator.wires]
    if len(wires) > _WIDEST_MATRIX or not operator.has_matrix:
        raise InputError(
            "observable",
            got=f"{operator.name} of PennyLane on {len(wires)} wires",
            expected=f"a sum of Pauli words, or a matrix on at most {_WIDEST_MATRIX} wires",
            advice="qml.pauli_decompose(matrix) gives a sum of Pauli words",
        )
    matrix = np.asarray(pennylane.matrix(operator, wire_order=wires), dtype=np.complex128)
    # The first wire, and the first letter of a label, are the most significant bit of an index.
    found = SparsePauliOp.from_operator(Operator(matrix))
    terms = [
        (
            coefficient,
            {q: letter for q, letter in zip(wires, label, strict=True) if letter != "I"},
        )
        for label, coefficient in found.to_list()
    ]
    return pauli_sum(_NAME, terms, num_qubits)

"""Sums of Pauli words, each a set of letters on numbered qubits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.errors import InputError

Word: TypeAlias = Mapping[int, str]
"""The letter X, Y or Z on each qubit of a word; other qubits have the identity."""

MAX_QUBITS = 63


def pauli_sum(
    name: str, terms: Iterable[tuple[complex, Word]], num_qubits: int | None = None
) -> SparsePauliOp:
    """Return a sum of words as an operator.

    Args:
        name: of the operator, for messages.
        terms: coefficients and words; qubit k is qubit k of a circuit.
        num_qubits: width of the operator; None for the smallest that holds all words.

    Raises:
        InputError: a qubit beyond the width, or more qubits than any circuit has.

    Example:
        >>> pauli_sum("mine", [(0.5, {0: "X", 3: "Z"})]).paulis
        PauliList(['ZIIX'])
    """
    listed = list(terms)
    largest = max((qubit for _, word in listed for qubit in word), default=0)
    if num_qubits is None and largest < MAX_QUBITS:
        num_qubits = largest + 1
    if num_qubits is None or largest >= num_qubits:
        width = MAX_QUBITS if num_qubits is None else num_qubits
        raise InputError(
            name,
            got=f"a term on qubit {largest}",
            expected=f"qubits 0 to {width - 1}, like the circuit"
            if num_qubits
            else f"qubits 0 to {width - 1}",
            advice="qubits are counted from 0",
        )
    letters = [
        ("".join(word.values()), list(word), complex(coefficient)) for coefficient, word in listed
    ]
    if not letters:
        return SparsePauliOp("I" * num_qubits, np.zeros(1))
    return SparsePauliOp.from_sparse_list(letters, num_qubits)


def checked_qubit(name: str, label: object, advice: str) -> int:
    """Return a qubit's number.

    Raises:
        InputError: the label is not an integer from 0.
    """
    whole = isinstance(label, int | np.integer) and not isinstance(label, bool)
    if not whole or label < 0:  # type: ignore[operator]
        raise InputError(
            name,
            got=f"a term on {label!r}"[:80],
            expected="qubit numbers, counted from 0",
            advice=advice,
        )
    return int(label)  # type: ignore[call-overload, no-any-return]


def checked_coefficient(name: str, coefficient: object) -> complex:
    """Return a coefficient as a number.

    Raises:
        InputError: it is a symbol, or not a number.
    """
    try:
        return complex(coefficient)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError, RuntimeError):
        raise InputError(
            name,
            got=f"the coefficient {coefficient!r}"[:80],
            expected="numbers as coefficients",
            advice="put in the values of symbols",
        ) from None

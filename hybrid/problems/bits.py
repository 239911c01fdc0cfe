"""Bit strings of assignments, and counts of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hybrid.core.arrays import IntArray
from hybrid.core.errors import InputError


def bits_of(given: str | Sequence[int] | NDArray[Any], num_qubits: int, what: str) -> IntArray:
    """Return the bit of each qubit, shape (n,), int64.

    Args:
        given: a bitstring (qubit 0 rightmost), or an array whose entry k is qubit k.
        num_qubits: n.
        what: name of the argument, for messages.

    Raises:
        InputError: the wrong length, or values other than 0 and 1.

    Example:
        >>> bits_of("001", 3, "bits").tolist()
        [1, 0, 0]
    """
    text = isinstance(given, str)
    try:
        bits = np.array(["01".find(bit) for bit in reversed(given)] if text else given)
    except (TypeError, ValueError):  # rows of different lengths
        bits = np.array(None)
    if bits.shape != (num_qubits,) or not np.isin(bits, (0, 1)).all():
        raise InputError(
            what,
            got=repr(given),
            expected=f"{num_qubits} of 0 and 1",
            advice="a bitstring (qubit 0 rightmost) or an array (entry k for qubit k)",
        )
    return bits.astype(np.int64)


def label_of(index: int, num_qubits: int) -> str:
    """Return the bitstring of a basis state; qubit 0 is the last character."""
    return format(index, f"0{num_qubits}b")


def tally(counts: Mapping[str, int] | Mapping[int, int], num_qubits: int) -> dict[str, int]:
    """Return counts by bitstring.

    Args:
        counts: counts by bitstring (blanks are ignored) or by basis-state index.
        num_qubits: width of index labels.

    Raises:
        InputError: not counts, or none.
    """
    if not isinstance(counts, Mapping) or not all(
        isinstance(count, Real) for count in counts.values()
    ):
        raise InputError(
            "counts",
            got=repr(counts)[:60],
            expected="counts by bitstring or index",
            advice="pass what hybrid.sample returns for one point",
        )
    found: dict[str, int] = {}
    for outcome, count in counts.items():
        label = _label(outcome, num_qubits)
        found[label] = found.get(label, 0) + count
    if not found:
        raise InputError(
            "counts", got="no outcomes", expected="at least one", advice="sample with shots > 0"
        )
    return found


def _label(outcome: str | int, num_qubits: int) -> str:
    if isinstance(outcome, str):
        return outcome.replace(" ", "")
    if isinstance(outcome, int | np.integer) and outcome >= 0:
        return label_of(int(outcome), num_qubits)
    raise InputError(
        "counts",
        got=f"the outcome {outcome!r}"[:80],
        expected="bitstrings, or indices of basis states",
        advice="pass what hybrid.sample returns for one point",
    )

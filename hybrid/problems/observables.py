"""Read observables from text files."""

from __future__ import annotations

import os

from qiskit.quantum_info import SparsePauliOp

from hybrid.operators import parse_terms, pauli_sum
from hybrid.problems.files import read_text


def read_observable(path: str | os.PathLike[str], num_qubits: int | None = None) -> SparsePauliOp:
    """Return the observable of a text file.

    Terms are written as ``0.5 * X0 Z3``, one on each line or joined by ``+`` and ``-``, or as
    OpenFermion prints a QubitOperator, ``(0.5+0j) [X0 Z3] +``. The numbers are qubits, counted from
    0; comments start with ``#``. Labels without numbers (``XIIZ``) are refused, because packages
    disagree on which end is qubit 0.

    Args:
        path: the file.
        num_qubits: width of the observable. If None, the smallest that holds all terms.

    Raises:
        InputError: the file is missing or not of this notation (the message names the line), or a
            term acts on a qubit beyond the width.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder, "ising.txt")
        ...     _ = file.write_text("-1.0 * Z0 Z1\\n-0.5 * X0  # a field")
        ...     read_observable(file)
        SparsePauliOp(['ZZ', 'IX'],
                      coeffs=[-1. +0.j, -0.5+0.j])
    """
    name = str(path)
    return pauli_sum(name, parse_terms(name, read_text(path, "a file of terms")), num_qubits)

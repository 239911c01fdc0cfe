"""Convert observables of other libraries to Qiskit's SparsePauliOp.

A library is asked about an object only if it is loaded: an object of its classes cannot exist
before. So nothing is imported here, and an object is known by its class.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from qiskit.quantum_info import SparseObservable, SparsePauliOp

from hybrid.operators import from_openfermion, from_pennylane

_LIBRARIES: Mapping[str, Callable[[Any, Any, int | None], SparsePauliOp | None]] = {
    "openfermion": from_openfermion.converted,
    "pennylane": from_pennylane.converted,
}
"""For each library a function of the module, an object and a width; None for other objects."""


def as_pauli_sum(observable: Any, num_qubits: int | None = None) -> Any:
    """Return an observable as a SparsePauliOp; objects of unknown classes are returned as they are.

    Qiskit's SparseObservable, OpenFermion's QubitOperator, and PennyLane's operators, words and
    sentences are converted. Qubit k of OpenFermion, and the wire k of PennyLane, are qubit k.

    Args:
        observable: any object.
        num_qubits: width of operators that have none of their own; None for the smallest.

    Raises:
        InputError: an operator of a known library that is not a sum of Pauli strings on qubits
            0 to ``num_qubits`` - 1 with numbers as coefficients.

    Example:
        >>> as_pauli_sum(SparseObservable("ZX"))
        SparsePauliOp(['ZX'],
                      coeffs=[1.+0.j])
    """
    if isinstance(observable, SparsePauliOp):
        return observable
    if isinstance(observable, SparseObservable):
        return SparsePauliOp.from_sparse_observable(observable)
    for name, convert in _LIBRARIES.items():
        library = sys.modules.get(name)
        found = None if library is None else convert(library, observable, num_qubits)
        if found is not None:
            return found
    return observable

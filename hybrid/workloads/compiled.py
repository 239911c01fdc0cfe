"""Circuits and observables that were compiled before are found again by their content."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.programs import compile_observable, flatten
from hybrid.workloads.expectation import Expectation

T = TypeVar("T")

_KEPT = 8
"""How many compiled circuits are kept; the least recently used goes first."""


class _Recent(Generic[T]):
    """Values made from an input, found again while the input has not changed.

    Qiskit's circuits can be changed in place, so what is kept is a copy, and a hit is a copy
    that equals the circuit at hand.
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[int, tuple[QuantumCircuit, SparsePauliOp, T]] = OrderedDict()

    def get(self, circuit: QuantumCircuit, observable: SparsePauliOp, make: Callable[[], T]) -> T:
        """Return the value made before from equal input, or make it now."""
        key = id(circuit)
        entry = self._entries.pop(key, None)
        if entry is None or not _same(entry[0], entry[1], circuit, observable):
            entry = (circuit.copy(), observable.copy(), make())
        self._entries[key] = entry
        if len(self._entries) > _KEPT:
            self._entries.popitem(last=False)
        return entry[2]


_expectations: _Recent[Expectation] = _Recent()


def compiled_expectation(circuit: QuantumCircuit, observable: SparsePauliOp) -> Expectation:
    """Return the expectation of an observable in a circuit's state, compiled at most once."""

    def make() -> Expectation:
        flat = flatten(circuit)
        return Expectation(flat, compile_observable(observable, flat.num_qubits))

    if not isinstance(circuit, QuantumCircuit) or not isinstance(observable, SparsePauliOp):
        return make()
    return _expectations.get(circuit, observable, make)


def _same(
    kept: QuantumCircuit,
    kept_observable: SparsePauliOp,
    circuit: QuantumCircuit,
    observable: SparsePauliOp,
) -> bool:
    return bool(
        kept.num_qubits == circuit.num_qubits
        and kept.data == circuit.data
        and np.array_equal(kept_observable.coeffs, observable.coeffs)
        and kept_observable.paulis == observable.paulis
    )

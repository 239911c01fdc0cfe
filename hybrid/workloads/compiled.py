"""Circuits and observables that were compiled before are found again by their content."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from copy import deepcopy
from typing import Generic, TypeVar

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Operation
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp
from qiskit.synthesis import EvolutionSynthesis

from hybrid.programs import compile_observable, flatten
from hybrid.workloads.expectation import Expectation

T = TypeVar("T")

_KEPT = 8
"""How many compiled circuits are kept; the least recently used goes first."""


class _Recent(Generic[T]):
    """Values made from an input, found again while the input has not changed.

    Qiskit's circuits and operators can be changed in place, so what is kept is a copy, and a hit
    is a copy that equals the circuit and observable at hand.
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[int, tuple[_Copy, SparsePauliOp, T]] = OrderedDict()

    def get(self, circuit: QuantumCircuit, observable: SparsePauliOp, make: Callable[[], T]) -> T:
        """Return the value made before from equal input, or make it now."""
        key = id(circuit)
        entry = self._entries.pop(key, None)
        if (
            entry is None
            or not _same_operator(entry[1], observable)
            or not entry[0].equals(circuit)
        ):
            entry = (_Copy(circuit), observable.copy(), make())
        self._entries[key] = entry
        if len(self._entries) > _KEPT:
            self._entries.popitem(last=False)
        return entry[2]


class _Copy:
    """A circuit as it was.

    A copy of a ``PauliEvolutionGate`` shares its operator with the original, so operators are
    copied beside. And Qiskit compares such gates by what they decompose into, which for hundreds
    of excitations takes longer than to simulate them; they are compared by operator here.
    """

    def __init__(self, circuit: QuantumCircuit) -> None:
        self._circuit = circuit.copy()
        self._operators = [
            deepcopy(operation.operator) if isinstance(operation, PauliEvolutionGate) else None
            for operation in (instruction.operation for instruction in circuit.data)
        ]
        self._evolves = any(operator is not None for operator in self._operators)

    def equals(self, circuit: QuantumCircuit) -> bool:
        """Return whether a circuit has the instructions that were copied."""
        kept = self._circuit
        if kept.num_qubits != circuit.num_qubits or len(kept.data) != len(circuit.data):
            return False
        if not self._evolves:
            return bool(kept.data == circuit.data)
        return all(
            a.qubits == b.qubits
            and a.clbits == b.clbits
            and _same_operation(a.operation, operator, b.operation)
            for a, operator, b in zip(kept.data, self._operators, circuit.data, strict=True)
        )


_expectations: _Recent[Expectation] = _Recent()


def compiled_expectation(circuit: QuantumCircuit, observable: SparsePauliOp) -> Expectation:
    """Return the expectation of an observable in a circuit's state, compiled at most once."""

    def make() -> Expectation:
        flat = flatten(circuit)
        return Expectation(flat, (compile_observable(observable, flat.num_qubits),))

    if not isinstance(circuit, QuantumCircuit) or not isinstance(observable, SparsePauliOp):
        return make()
    return _expectations.get(circuit, observable, make)


def _same_operation(one: Operation, operator: object, other: Operation) -> bool:
    """Compare; ``operator`` is what a Pauli evolution ``one`` evolved by."""
    if operator is None or not isinstance(other, PauliEvolutionGate):
        return bool(one == other)
    return bool(
        one.params == other.params
        and _same_synthesis(one.synthesis, other.synthesis)
        and _same_operator(operator, other.operator)
    )


def _same_synthesis(one: EvolutionSynthesis, other: EvolutionSynthesis) -> bool:
    try:
        return type(one) is type(other) and bool(one.settings == other.settings)
    except NotImplementedError:  # a product formula with a function of the user's own
        return False


def _same_operator(one: object, other: object) -> bool:
    if isinstance(one, SparsePauliOp) and isinstance(other, SparsePauliOp):
        return (
            np.array_equal(one.coeffs, other.coeffs)
            and np.array_equal(one.paulis.z, other.paulis.z)
            and np.array_equal(one.paulis.x, other.paulis.x)
            and np.array_equal(one.paulis.phase, other.paulis.phase)
        )
    return bool(one == other)

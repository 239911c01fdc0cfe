"""Compiled circuits and observables, cached by content.

The only process-wide cache of compiled objects; all user circuits and observables are compiled
here. Keys are digests of content (:mod:`hybrid.core.content`), computed at each call: a circuit
changed in place misses the cache, an equal circuit built again hits it. Objects without a digest
are compiled at each call.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Generic, TypeGuard, TypeVar

from qiskit import QuantumCircuit
from qiskit.circuit import Operation
from qiskit.quantum_info import SparseObservable, SparsePauliOp

from hybrid.core.ask import Told
from hybrid.core.content import circuit_digest, is_known, operation_digest, operator_digest
from hybrid.core.errors import InputError
from hybrid.operators import as_pauli_sum
from hybrid.programs import (
    FlatCircuit,
    Observable,
    Program,
    compile_observable,
    flatten,
    refuse_changeable,
)
from hybrid.programs.copies import own_copy
from hybrid.simulators import Choice, Evaluation, content_of
from hybrid.simulators.base import Counts
from hybrid.simulators.registry import sampler
from hybrid.workloads.expectation import Expectation
from hybrid.workloads.layout import check_mapped

T = TypeVar("T")

_KEPT = 16
"""Capacity of each cache; the least recently used entry is evicted first."""


class Recent(Generic[T]):
    """A thread-safe LRU cache.

    Example:
        >>> squares = Recent(kept=2)
        >>> [squares.get(n, lambda: n**2) for n in (1, 2, 3)]
        [1, 4, 9]
        >>> len(squares)
        2
    """

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(
        self, key: Hashable, make: Callable[[], T], still: Callable[[T], bool] = lambda value: True
    ) -> T:
        """Return the cached value of a key if it is still valid, else make it.

        Args:
            key: None disables caching.
            make: makes the value.
            still: whether a cached value is still valid.
        """
        if key is None:
            return make()
        with self._lock:
            value = self._values.pop(key, None)
        if value is None or not still(value):
            value = make()
        with self._lock:
            self._values[key] = value
            if len(self._values) > self._kept:
                self._values.popitem(last=False)
        return value


@dataclass(frozen=True)
class _Flat:
    """A flat circuit that does not change when the user changes the circuit's gates in place.

    Simulators other than the kernels read gates later, so the steps belong to a copy. Gates of
    unknown classes may share state with their copies, so their digests are compared at each use.

    Attributes:
        circuit: the steps.
        gates: gates of unknown classes.
        digests: digests of these gates when the circuit was flattened.
    """

    circuit: FlatCircuit
    gates: tuple[Operation, ...]
    digests: tuple[str | None, ...]

    @classmethod
    def of(cls, circuit: QuantumCircuit) -> _Flat:
        """Flatten a copy of a circuit."""
        if not isinstance(circuit, QuantumCircuit):
            return cls(flatten(circuit), (), ())  # raises
        try:
            own = own_copy(circuit)
        except Exception:  # a user-defined gate that cannot be copied
            return cls(flatten(circuit), (), (None,))
        flat = flatten(own)
        gates = [instruction.operation for instruction in own.data]
        gates += [step.gate for step in flat.steps]
        others = tuple({id(gate): gate for gate in gates if not is_known(gate)}.values())
        return cls(flat, others, tuple(map(operation_digest, others)))

    def is_unchanged(self) -> bool:
        """Return whether no gate has changed."""
        return None not in self.digests and self.digests == tuple(map(operation_digest, self.gates))


_circuits: Recent[_Flat] = Recent(_KEPT)
_observables: Recent[Observable] = Recent(_KEPT)
_operators: Recent[SparsePauliOp] = Recent(_KEPT)
_samplers: Recent[tuple[FlatCircuit, Evaluation[list[Counts]]]] = Recent(_KEPT)
_expectations: Recent[tuple[FlatCircuit, Expectation]] = Recent(_KEPT)


def compiled_circuit(circuit: QuantumCircuit) -> FlatCircuit:
    """Return the flat circuit, cached; its program is compiled at most once too."""
    return _flat(circuit, _key(circuit, QuantumCircuit, _digest_of))


def compiled_program(circuit: QuantumCircuit) -> Program:
    """Return the kernels' program of a circuit, compiled and loaded at most once."""
    return compiled_circuit(circuit).program


def compiled_observable(observable: object, circuit: QuantumCircuit) -> Observable:
    """Return an observable compiled for a circuit, at most once.

    Args:
        observable: of any class that :func:`hybrid.operators.as_pauli_sum` converts.
        circuit: of the same width.

    Raises:
        InputError: it is of another class or width, complex, or was not mapped to the qubits of a
            transpiled circuit.
    """
    operator = _converted(observable, circuit)
    return _observable(operator, circuit.num_qubits, _key(operator, SparsePauliOp, operator_digest))


def compiled_expectation(
    circuit: QuantumCircuit,
    observables: SparsePauliOp | Sequence[SparsePauliOp],
    varied: Iterable[int] | None = None,
) -> Expectation:
    """Return the expectation values of observables in a circuit's state, compiled at most once.

    Args:
        circuit: unitary.
        observables: one, or a sequence of several, with the circuit's width.
        varied: columns of the parameters to differentiate by; None for all.
    """
    key = _key(circuit, QuantumCircuit, _digest_of)
    flat = _flat(circuit, key)  # raises if it is not a circuit
    given = tuple(observables) if is_sequence(observables) else (observables,)
    listed = tuple(_converted(each, circuit) for each in given)
    keys = (key, *(_key(each, SparsePauliOp, operator_digest) for each in listed))
    columns = None if varied is None else frozenset(varied)

    def make() -> tuple[FlatCircuit, Expectation]:
        compiled = tuple(
            _observable(each, flat.num_qubits, key)
            for each, key in zip(listed, keys[1:], strict=True)
        )
        angles = replace(flat.angles, varied=columns)
        chosen = flat if columns is None else replace(flat, angles=angles)
        return flat, Expectation(chosen, compiled)

    whole = None if None in keys else (*keys, columns)
    return _expectations.get(whole, make, lambda kept: kept[0] is flat)[1]


def pauli_operator(observable: SparseObservable) -> SparsePauliOp:
    """Return an observable as a sum of Pauli strings, converted at most once."""
    return _operators.get(
        operator_digest(observable), lambda: SparsePauliOp.from_sparse_observable(observable)
    )


def is_sequence(observables: object) -> TypeGuard[Sequence[SparsePauliOp]]:
    """Return whether the argument is a sequence of observables.

    Raises:
        InputError: the sequence is empty.
    """
    if not isinstance(observables, list | tuple):
        return False
    if not observables:
        raise InputError("observable", got="none", expected="at least one SparsePauliOp")
    return True


def with_axis(told: Told) -> Told:
    """Return the answer for a single observable with an axis for observables of length 1."""
    return replace(
        told,
        values=told.values[:, None],
        gradients=None if told.gradients is None else told.gradients[:, None],
        standard_errors=None if told.standard_errors is None else told.standard_errors[:, None],
        variances=None if told.variances is None else told.variances[:, None],
        forces=None if told.forces is None else told.forces[:, None],
    )


def compiled_sampler(
    circuit: QuantumCircuit, simulator: Choice, shots: int
) -> Evaluation[list[Counts]]:
    """Return the sampling of all qubits by a simulator, compiled at most once."""
    key = _key(circuit, QuantumCircuit, _digest_of)
    flat = _flat(circuit, key)
    return _samplers.get(
        None if key is None else (key, content_of(simulator), shots),
        lambda: (flat, sampler(simulator, flat, shots)),
        lambda kept: kept[0] is flat,
    )[1]


def _flat(circuit: QuantumCircuit, key: str | None) -> FlatCircuit:
    return _circuits.get(key, lambda: _Flat.of(circuit), _Flat.is_unchanged).circuit


def _converted(observable: object, circuit: QuantumCircuit) -> SparsePauliOp:
    """Return an observable as a SparsePauliOp, where its class is known; the only conversion."""
    if isinstance(observable, SparseObservable):
        operator = pauli_operator(observable)
    else:
        operator = as_pauli_sum(observable, circuit.num_qubits)
    if isinstance(operator, SparsePauliOp):
        check_mapped(circuit, operator)
    return operator


def _observable(observable: SparsePauliOp, num_qubits: int, key: str | None) -> Observable:
    return _observables.get(
        None if key is None else (key, num_qubits),
        lambda: compile_observable(observable, num_qubits),
    )


def _key(given: object, kind: type, digest: Callable[..., str | None]) -> str | None:
    return digest(given) if isinstance(given, kind) else None


def _digest_of(circuit: QuantumCircuit) -> str | None:
    """Return the digest of a circuit; refuse gates whose copies may differ."""
    refuse_changeable(circuit)
    return circuit_digest(circuit)

"""Circuits and observables compiled once, and found again by their content.

The one process-wide store of compiled things. Whoever compiles a circuit or an observable of the
user's does so here. Keys are digests of content (:mod:`hybrid.core.content`), taken anew at each
call, so a circuit that was changed in place is another circuit, and one that was built again is the
same. What cannot be digested is compiled at each call.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Generic, TypeGuard, TypeVar

from qiskit import QuantumCircuit
from qiskit.circuit import Operation
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.ask import Told
from hybrid.core.content import circuit_digest, is_known, operation_digest, operator_digest
from hybrid.core.errors import InputError
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

T = TypeVar("T")

_KEPT = 16
"""How many of each kind are kept; the least recently used goes first."""


class Recent(Generic[T]):
    """Values by key, the least recently used dropped when there are too many.

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
        """Return the value made before for a key, if it still holds, or make it now.

        Args:
            key: None where nothing is known to be the same.
            make: makes the value.
            still: whether a value that was kept may be used.
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
    """A circuit as steps that do not change when the user changes the circuit's gates in place.

    Simulators other than the kernels read gates later. So the steps are of a copy, and gates of
    classes that share what they hold with their copies are read again at each use.

    Attributes:
        circuit: the steps.
        gates: those of other classes.
        digests: what these were.
    """

    circuit: FlatCircuit
    gates: tuple[Operation, ...]
    digests: tuple[str | None, ...]

    @classmethod
    def of(cls, circuit: QuantumCircuit) -> _Flat:
        """Return the flat circuit, made of a copy."""
        if not isinstance(circuit, QuantumCircuit):
            return cls(flatten(circuit), (), ())  # which refuses it
        try:
            own = own_copy(circuit)
        except Exception:  # a gate of the user's that cannot be copied
            return cls(flatten(circuit), (), (None,))
        flat = flatten(own)
        gates = [instruction.operation for instruction in own.data]
        gates += [step.gate for step in flat.steps]
        others = tuple({id(gate): gate for gate in gates if not is_known(gate)}.values())
        return cls(flat, others, tuple(map(operation_digest, others)))

    def is_unchanged(self) -> bool:
        """Return whether all gates are what they were."""
        return None not in self.digests and self.digests == tuple(map(operation_digest, self.gates))


_circuits: Recent[_Flat] = Recent(_KEPT)
_observables: Recent[Observable] = Recent(_KEPT)
_samplers: Recent[tuple[FlatCircuit, Evaluation[list[Counts]]]] = Recent(_KEPT)
_expectations: Recent[tuple[FlatCircuit, Expectation]] = Recent(_KEPT)


def compiled_circuit(circuit: QuantumCircuit) -> FlatCircuit:
    """Return a circuit as steps, flattened at most once; its program is made at most once too."""
    return _flat(circuit, _key(circuit, QuantumCircuit, _digest_of))


def compiled_program(circuit: QuantumCircuit) -> Program:
    """Return a circuit as the kernels take it, compiled and loaded at most once."""
    return compiled_circuit(circuit).program


def compiled_observable(observable: SparsePauliOp, num_qubits: int) -> Observable:
    """Return an observable for circuits of a width, compiled at most once."""
    return _observable(observable, num_qubits, _key(observable, SparsePauliOp, operator_digest))


def compiled_expectation(
    circuit: QuantumCircuit,
    observables: SparsePauliOp | Sequence[SparsePauliOp],
    varied: Iterable[int] | None = None,
) -> Expectation:
    """Return the expectations of observables in a circuit's state, compiled at most once.

    Args:
        circuit: unitary.
        observables: one, or several in a sequence; as wide.
        varied: the columns of the parameters by which derivatives are wanted; None for all.
    """
    listed = tuple(observables) if is_sequence(observables) else (observables,)
    keys = (
        _key(circuit, QuantumCircuit, _digest_of),
        *(_key(each, SparsePauliOp, operator_digest) for each in listed),
    )
    flat = _flat(circuit, keys[0])
    columns = None if varied is None else frozenset(varied)

    def make() -> tuple[FlatCircuit, Expectation]:
        compiled = tuple(
            _observable(each, flat.num_qubits, key)
            for each, key in zip(listed, keys[1:], strict=True)
        )
        angles = replace(flat.angles, varied=columns)
        chosen = flat if columns is None else replace(flat, angles=angles)
        return flat, Expectation(chosen, compiled)

    key = None if None in keys else (*keys, columns)
    return _expectations.get(key, make, lambda kept: kept[0] is flat)[1]


def is_sequence(observables: object) -> TypeGuard[Sequence[SparsePauliOp]]:
    """Return whether several observables are given, not one.

    Raises:
        InputError: a sequence of none.
    """
    if not isinstance(observables, list | tuple):
        return False
    if not observables:
        raise InputError("observable", got="none", expected="at least one SparsePauliOp")
    return True


def with_axis(told: Told) -> Told:
    """Return the answer for the only one of a list of observables, with the axis of the list."""
    return replace(
        told,
        values=told.values[:, None],
        gradients=None if told.gradients is None else told.gradients[:, None],
        standard_errors=None if told.standard_errors is None else told.standard_errors[:, None],
        variances=None if told.variances is None else told.variances[:, None],
    )


def compiled_sampler(
    circuit: QuantumCircuit, simulator: Choice, shots: int
) -> Evaluation[list[Counts]]:
    """Return the measurement of all qubits by a simulator, compiled at most once."""
    key = _key(circuit, QuantumCircuit, _digest_of)
    flat = _flat(circuit, key)
    return _samplers.get(
        None if key is None else (key, content_of(simulator), shots),
        lambda: (flat, sampler(simulator, flat, shots)),
        lambda kept: kept[0] is flat,
    )[1]


def _flat(circuit: QuantumCircuit, key: str | None) -> FlatCircuit:
    return _circuits.get(key, lambda: _Flat.of(circuit), _Flat.is_unchanged).circuit


def _observable(observable: SparsePauliOp, num_qubits: int, key: str | None) -> Observable:
    return _observables.get(
        None if key is None else (key, num_qubits),
        lambda: compile_observable(observable, num_qubits),
    )


def _key(given: object, kind: type, digest: Callable[..., str | None]) -> str | None:
    return digest(given) if isinstance(given, kind) else None


def _digest_of(circuit: QuantumCircuit) -> str | None:
    """Return the digest of a circuit as it is and as Qiskit copies it, which are the same."""
    refuse_changeable(circuit)
    return circuit_digest(circuit)

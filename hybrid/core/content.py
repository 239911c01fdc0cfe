"""Content digests of Qiskit circuits and operators: equal only if both compile to the same.

Caches of compiled objects use these digests as keys. Qiskit's objects are mutable, their ``==``
ignores some attributes or raises, and an ``id`` may be reused, so a digest is computed anew each
time, from values: classes, numbers, matrices, definitions.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import count
from operator import attrgetter
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    Barrier,
    CircuitInstruction,
    ControlFlowOp,
    ControlledGate,
    Delay,
    ForLoopOp,
    Instruction,
    Operation,
    Parameter,
    ParameterExpression,
)
from qiskit.circuit.library import PauliEvolutionGate, UnitaryGate
from qiskit.quantum_info import Pauli, PauliList, SparseObservable, SparsePauliOp
from qiskit.synthesis import LieTrotter, MatrixExponential, QDrift, SuzukiTrotter

Content = tuple[Any, ...]
"""Nested tuples of strings, bytes and numbers; their ``repr`` is lossless."""

_STANDARD = "qiskit.circuit.library.standard_gates."
_NUMBERED = re.compile(r"\b(circuit|pc)-\d+")
"""Names that Qiskit numbers by a counter, which differs between processes."""
_DEEPEST = 40
_MATRIX_QUBITS = 4
"""Matrices of gates up to this width are read; wider ones only if there is no definition."""
_WIDEST_MATRIX = 10
_GOLDEN = (5**0.5 - 1) / 2
_fixed: dict[int, tuple[QuantumCircuit, str | None]] = {}
"""Circuits of :func:`fix_digests` and their digests, by id."""
_settings = attrgetter(
    "order", "reps", "insert_barriers", "preserve_order", "_cx_structure", "_wrap"
)


class UndigestableError(Exception):
    """The content of an object cannot be read; objects compiled from it must not be cached."""


def circuit_digest(circuit: QuantumCircuit) -> str | None:
    """Return the digest of a circuit, 64 hexadecimal digits, or None if it cannot be read.

    Circuits with equal digests compile to the same program. Of ``Parameter`` objects only names,
    order and places count; registers do not count.

    Example:
        >>> def rotation(angle):
        ...     circuit = QuantumCircuit(1)
        ...     _ = circuit.rx(angle, 0)
        ...     return circuit
        >>> circuit_digest(rotation(0.5)) == circuit_digest(rotation(0.5))
        True
        >>> circuit_digest(rotation(0.5)) == circuit_digest(rotation(-0.5))
        False
    """
    fixed = _fixed.get(id(circuit))
    if fixed is not None and fixed[0] is circuit:
        return fixed[1]
    return _digest(lambda reader: reader.circuit(circuit))


def fix_digests(circuits: Iterable[QuantumCircuit]) -> None:
    """Keep the digests of circuits that no code changes from now on, and of no others.

    For a process that has made these circuits itself, from bytes; copies of them are not fixed.
    """
    made = {id(circuit): (circuit, circuit_digest(circuit)) for circuit in circuits}
    _fixed.clear()
    _fixed.update(made)


def operator_digest(operator: SparsePauliOp | SparseObservable) -> str | None:
    """Return the digest of an operator, or None if it cannot be read."""
    return _digest(lambda reader: reader.value(operator))


def operation_digest(operation: Operation) -> str | None:
    """Return the digest of a gate, or None if it cannot be read."""
    return _digest(lambda reader: reader.operation(operation))


def is_known(operation: Operation) -> bool:
    """Return whether an operation is of a Qiskit class that its parameters fully describe."""
    kind = operation.base_class if isinstance(operation, Instruction) else type(operation)
    return (
        kind in (PauliEvolutionGate, UnitaryGate)
        or kind.__module__.startswith(_STANDARD)
        or kind in (Barrier, Delay)
    )


def _digest(read: Callable[[_Reader], Content]) -> str | None:
    reader = _Reader()
    try:
        content = read(reader)
    except Exception:
        # User code may raise here, in definitions and matrices. Compiling runs it again, and
        # reports the error.
        return None
    digest = hashlib.sha256(repr((content, list(reader.texts))).encode())
    digest.update(b"".join(reader.arrays))
    return digest.hexdigest()


class _Reader:
    """Reads one circuit, and numbers its parameters and generators in order of appearance.

    Attributes:
        arrays: bytes of arrays; the content holds their lengths.
        texts: frequent names, and the numbers that replace them in the content.
    """

    def __init__(self) -> None:
        self.arrays: list[bytes] = []
        self.texts: dict[str | None, int] = {}
        self._numbers: dict[object, int] = {}
        self._counter = count(1)
        self._open: list[int] = []

    def circuit(self, circuit: QuantumCircuit) -> Content:
        """Return the content of a circuit, definitions of its gates included."""
        if id(circuit) in self._open or len(self._open) > _DEEPEST:
            raise UndigestableError("a recursive definition")
        self._open.append(id(circuit))
        place: dict[object, int] = {bit: k for k, bit in enumerate(circuit.qubits)}
        place.update((bit, k) for k, bit in enumerate(circuit.clbits))
        parameters = [(self._number(each), each.name) for each in circuit.parameters]
        at = place.__getitem__
        steps = []
        for each in circuit.data:
            if each.is_standard_gate():
                steps.append((*self._standard(each), *map(at, each.qubits)))
            else:
                bits = tuple(map(at, each.qubits)), tuple(map(at, each.clbits))
                steps.append((None, self._other(each), bits))
        self._open.pop()
        width = (circuit.num_qubits, circuit.num_clbits)
        return ("circuit", width, parameters, self.value(circuit.global_phase), steps)

    def _standard(self, instruction: CircuitInstruction) -> Content:
        """Return the content of a standard gate in a circuit; most gates are, so it is short.

        A circuit keeps its own copy of a standard gate or UnitaryGate. Later changes to the
        appended gate, or to the one read back from the circuit, have no effect, and do not count.
        """
        numbers = self._numbers
        parameters = [
            # A parameter's number is the only int here; other numbers come with their type.
            each if type(each) is float else numbers.get(each) or self.value(each)
            for each in instruction.params
        ]
        return (instruction.name, instruction.label, *parameters)

    def _other(self, instruction: CircuitInstruction) -> Content:
        """Return the content of another operation in a circuit, as Qiskit would run it."""
        operation = instruction.operation
        if isinstance(operation, Instruction) and operation.base_class is UnitaryGate:
            return ("unitary", self._text(operation.label), self.value(instruction.matrix))
        return self.operation(operation)

    def operation(self, operation: Any) -> Content:
        """Return the content of a gate or another operation."""
        if type(operation) is PauliEvolutionGate:
            generator, synthesis = self._sum(operation.operator), operation.synthesis
            names = (self._text(operation.name), self._text(operation.label))
            time = self.values(operation.params)
            return ("evolution", *names, time, generator, self._synthesis(synthesis))
        if isinstance(operation, AnnotatedOperation):
            modifiers = [(type(m).__name__, sorted(vars(m).items())) for m in operation.modifiers]
            return ("annotated", modifiers, self.operation(operation.base_op))
        if not isinstance(operation, Instruction):
            raise UndigestableError(f"an operation of class {type(operation).__name__}")
        kind = operation.base_class
        name = operation.name
        if "-" in name:
            name = _NUMBERED.sub(r"\1", name)
        head = [self._text(each) for each in (_name_of(kind), name, operation.label)]
        if is_known(operation):
            state = getattr(operation, "ctrl_state", None)
            width = operation.num_qubits  # of gates for any number of controls
            unit = getattr(operation, "unit", None)
            return (*head, width, state, unit, self.values(operation.params))
        if isinstance(operation, ControlFlowOp) and kind is not ForLoopOp:
            raise UndigestableError("classical control")
        return (*head, *self._of_any_class(operation))

    def value(self, value: Any) -> Content:
        """Return the content of a gate's parameter, or of part of one."""
        if isinstance(value, Parameter):
            return ("parameter", self._number(value))
        if isinstance(value, ParameterExpression):
            return self._expression(value)
        if value is None or isinstance(value, bool | int | float | complex | str | bytes):
            return (type(value).__name__, value)
        if isinstance(value, np.generic | np.ndarray) and not value.dtype.hasobject:
            return (value.dtype.str, value.shape, self._array(value))
        if isinstance(value, np.ndarray):
            return ("objects", value.shape, self.values(value.ravel().tolist()))
        if isinstance(value, list | tuple | range):
            return (type(value).__name__, self.values(value))
        if isinstance(value, SparsePauliOp | SparseObservable | Pauli):
            return self._sum(value)
        if isinstance(value, QuantumCircuit):
            return self.circuit(value)
        if isinstance(value, Instruction):
            return self.operation(value)
        raise UndigestableError(f"a parameter of class {type(value).__name__}")

    def values(self, values: Any) -> list[Content]:
        """Return the contents of several values."""
        return [self.value(value) for value in values]

    def _number(self, thing: object) -> int:
        """Return the number of a parameter or generator, in order of appearance."""
        number = self._numbers.get(thing)
        if number is None:
            number = self._numbers[thing] = next(self._counter)
        return number

    def _text(self, text: str | None) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def _array(self, array: Any) -> int:
        """Store the bytes of an array, and return their number."""
        self.arrays.append(array.tobytes())
        return len(self.arrays[-1])

    def _expression(self, expression: ParameterExpression) -> Content:
        used = sorted(expression.parameters, key=self._number)
        names = [(self._number(each), each.name) for each in used]
        # Qiskit omits some parentheses, so two expressions may print alike; their values at a
        # generic point differ.
        points = [{each: _probe(sign, self._number(each)) for each in used} for sign in (1.0, -1.0)]
        return ("expression", str(expression), names, list(_values(expression, points)))

    def _sum(self, operator: Any) -> Content:
        """Return the content of a sum of Pauli strings, or of a list of them."""
        if type(operator) is SparsePauliOp:
            paulis = operator.paulis
            strings = [self._array(array) for array in (paulis.z, paulis.x, _phases(paulis))]
            coefficients = operator.coeffs
            if coefficients.dtype.hasobject:
                return ("sum", paulis.z.shape, strings, self.value(coefficients))
            return ("sum", paulis.z.shape, strings, self._array(coefficients))
        if type(operator) is SparseObservable:
            arrays = (operator.bit_terms, operator.indices, operator.boundaries, operator.coeffs)
            return ("observable", operator.num_qubits, self.values(map(np.asarray, arrays)))
        if type(operator) is Pauli:
            strings = [self._array(array) for array in (operator.z, operator.x)]
            return ("pauli", strings, int(operator.phase))
        if isinstance(operator, list):
            return ("sums", [self._sum(each) for each in operator])
        raise UndigestableError(f"an operator of class {type(operator).__name__}")

    def _synthesis(self, synthesis: Any) -> Content:
        kind = type(synthesis)
        if kind is MatrixExponential:
            return (kind.__name__,)
        if kind not in (LieTrotter, SuzukiTrotter, QDrift) or synthesis._atomic_evolution:
            raise UndigestableError("a user-defined synthesis")
        draws = self._generator(synthesis.rng) if kind is QDrift else ()
        return (kind.__name__, _settings(synthesis), draws)

    def _generator(self, generator: np.random.Generator) -> Content:
        """Return the seed of a random generator, and its number in the circuit."""
        seeds = generator.bit_generator.seed_seq
        if not isinstance(seeds, np.random.SeedSequence):
            raise UndigestableError("a random generator without a seed")
        start = (type(generator.bit_generator).__name__, seeds.entropy, seeds.spawn_key)
        return (self._number(id(generator)), *start)

    def _of_any_class(self, operation: Instruction) -> Iterator[Any]:
        """Yield everything that compiling may read of a gate of unknown class."""
        yield (operation.num_qubits, operation.num_clbits)
        yield self.values(operation.params)
        if isinstance(operation, ControlledGate):
            yield (operation.num_ctrl_qubits, operation.ctrl_state)
            yield self.operation(operation.base_gate)
        definition = operation.definition
        yield None if definition is None else self.circuit(definition)
        yield self._matrix(operation, _WIDEST_MATRIX if definition is None else _MATRIX_QUBITS)

    def _matrix(self, operation: Instruction, widest: int) -> Content:
        if not hasattr(operation, "__array__") or operation.is_parameterized():
            return ()
        if operation.num_qubits > widest:
            if widest == _WIDEST_MATRIX:
                raise UndigestableError("a wide matrix and no definition")
            return ()
        return self.value(np.asarray(operation.to_matrix(), dtype=np.complex128))


def _phases(paulis: PauliList) -> Any:
    """Return the stored phases; the public property subtracts the number of Ys."""
    stored = getattr(paulis, "_phase", None)
    return paulis.phase if stored is None else stored


def _probe(sign: float, number: int) -> float:
    return sign * (0.1 + 0.8 * float((number + 1) * _GOLDEN % 1.0))


def _values(
    expression: ParameterExpression, points: list[dict[Parameter, float]]
) -> Iterator[complex]:
    """Yield the defined values of an expression; at least one point must have one."""
    found = 0
    for point in points:
        try:
            yield complex(expression.bind(point).numeric())
        except Exception:  # outside the domain of one of its functions
            continue
        found += 1
    if not found:
        raise UndigestableError("an expression without a value at the probe points")


@lru_cache(maxsize=256)
def _name_of(kind: type) -> str:
    """Return the names of a class and of its bases."""
    return " ".join(f"{each.__module__}.{each.__qualname__}" for each in kind.__mro__)

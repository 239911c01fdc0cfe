"""Compare redundant descriptions of a gate in Qiskit (matrix, definition, base gate)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import ControlledGate, Operation, Parameter
from qiskit.circuit.library import UnitaryGate
from scipy.linalg import schur

from hybrid.core.arrays import ComplexArray
from hybrid.core.errors import InputError
from hybrid.programs.dense import WIDEST, product_of
from hybrid.programs.evolution import diagonalised
from hybrid.programs.frame import Found, Frame
from hybrid.programs.gates import is_standard
from hybrid.programs.matrix import ROUNDING, has_matrix, same
from hybrid.programs.reads import Reads
from hybrid.programs.refusals import is_free, not_understood
from hybrid.programs.simpler import definition_of

_WIDEST_PARAMETRISED = 5
_POOR = 1e-10
_TWO_GATES = (
    "a definition that differs from its matrix",
    "both the same",
    "leave out one of them",
)


class Comparison:
    """Comparisons of the gates of a circuit; parts of a compared gate are not compared again."""

    def __init__(self, reader: Reads) -> None:
        self._reader = reader
        self._busy = False

    def matrix(self, operation: Operation, depth: int = 0) -> ComplexArray:
        """Return the matrix of a fixed operation, as the reader understands it.

        Gates inside it are compared, unless it is part of a gate that is being compared.
        """
        frame = Frame(tuple(range(operation.num_qubits)), depth=depth)
        found = self._alone(self._reader.operation(operation, frame), comparing=not self._busy)
        return self._matrix(found, operation.num_qubits)

    def of_matrix(self, operation: Operation, matrix: ComplexArray) -> tuple[float, QuantumCircuit]:
        """Return a global phase and a circuit that together equal a gate with a known matrix.

        Raises:
            InputError: the definition differs from the matrix.
        """
        definition = _definition_or_none(operation) or definition_of(UnitaryGate(matrix))
        if operation.num_qubits > WIDEST:
            return 0.0, definition
        phase, error = self._distance(definition, matrix)
        if error > ROUNDING:
            raise not_understood(operation, *_TWO_GATES)
        if error > _POOR and not self._busy:
            # Qiskit's synthesis rounds near-identity gates; the eigenvector form does not.
            spectral = _spectral(matrix)
            other = self._distance(spectral, matrix)
            if other[1] < error:
                return other[0], spectral
        return phase, definition

    def _distance(self, circuit: QuantumCircuit, matrix: ComplexArray) -> tuple[float, float]:
        """Return the phase that brings a circuit closest to a matrix, and their distance."""
        made = self._matrix(self._body_alone(circuit), circuit.num_qubits)
        phase = float(np.angle(np.vdot(made, matrix)))
        return phase, float(np.max(np.abs(matrix - np.exp(1j * phase) * made)))

    def at_numbers(self, operation: Operation) -> None:
        """Compare a parametrised user-defined gate's definition with its matrix, if any."""
        if self._busy or is_standard(operation) or not has_matrix(operation):
            return
        if operation.num_qubits > _WIDEST_PARAMETRISED:
            return
        values = _values(operation)
        try:
            matrix = _matrix_at(operation, values)
            definition = definition_of(operation)
        except Exception:  # no matrix or no definition to compare
            return
        defined = self._matrix(self._body_alone(definition), operation.num_qubits, values)
        if not same(matrix, defined):
            raise not_understood(operation, *_TWO_GATES)

    def of_class(self, operation: Operation, standard: type) -> Operation:
        """Return the standard gate that equals a gate of a derived class, or refuse it.

        Raises:
            InputError: its matrix differs, so it would change when Qiskit copies the circuit.
        """
        values = _values(operation)
        try:
            gate = standard(*operation.params)
            alike = same(_matrix_at(operation, values), _matrix_at(gate, values))
        except Exception:  # arguments differ from those of the standard gate
            alike = False
        if not alike:
            raise not_understood(
                operation,
                f"a class derived from {standard.__name__} that is another gate, and that Qiskit "
                f"turns into {standard.__name__} when it copies a circuit",
                advice="derive the class from Gate",
            )
        return gate

    def of_base(self, operation: ControlledGate) -> None:
        """Compare a controlled gate's definition with its base gate under controls.

        Raises:
            InputError: they differ.
        """
        if self._busy or operation.num_qubits > _WIDEST_PARAMETRISED:
            return
        # An open control is defined by the closed one, which is read from its base gate.
        closed = operation.to_mutable()
        closed.ctrl_state = None
        everywhere = tuple(range(operation.num_qubits))
        inside = Frame(everywhere).under(operation.num_ctrl_qubits, closed.ctrl_state)
        values = _values(operation)
        try:
            definition = self._body_alone(definition_of(closed))
        except InputError:  # parameters bound in the base gate only
            return
        base = self._alone(self._reader.operation(operation.base_gate, inside))
        if not same(
            self._matrix(base, operation.num_qubits, values),
            self._matrix(definition, operation.num_qubits, values),
        ):
            raise not_understood(
                operation,
                "a definition that is another gate than its base gate under controls",
                "both the same",
                "use gate.control(annotated=True), or rename the gate under it: Qiskit may "
                "have controlled another of that name",
            )

    def _body_alone(self, circuit: QuantumCircuit) -> list[Found]:
        return self._alone(self._reader.body(circuit, Frame(tuple(range(circuit.num_qubits)))))

    def _alone(self, found: Iterator[Found], *, comparing: bool = False) -> list[Found]:
        """Return all items found, without side effects on the reader and its comparisons.

        Args:
            found: from the reader.
            comparing: whether to compare the gates that are met on the way.
        """
        busy, touched = self._busy, self._reader.touched
        self._busy, self._reader.touched = not comparing, set(range(WIDEST))
        try:
            return list(found)
        finally:
            self._busy, self._reader.touched = busy, touched

    @staticmethod
    def _matrix(
        found: list[Found], num_qubits: int, values: Mapping[Parameter, float] | None = None
    ) -> ComplexArray:
        numbers = [float(_bound(one.angle, values or {})) for one in found]
        phase = sum(one.phase * number for one, number in zip(found, numbers, strict=True))
        steps = [(one.step, number) for one, number in zip(found, numbers, strict=True)]
        return product_of(steps, num_qubits, phase)


def _definition_or_none(operation: Operation) -> QuantumCircuit | None:
    try:
        return definition_of(operation)
    except InputError:
        return None


def _spectral(matrix: ComplexArray) -> QuantumCircuit:
    """Return a circuit of a unitary's spectral decomposition."""
    triangular, vectors = schur(matrix, output="complex")
    return diagonalised(vectors, -np.angle(np.diagonal(triangular)), 1.0)


def _values(operation: Operation) -> dict[Parameter, float]:
    """Return distinct numbers for an operation's parameters."""
    free = {p for parameter in operation.params if is_free(parameter) for p in parameter.parameters}
    ordered = sorted(free, key=lambda parameter: parameter.name)
    return {parameter: 0.37 + 0.51 * k for k, parameter in enumerate(ordered)}


def _matrix_at(operation: Operation, values: Mapping[Parameter, float]) -> ComplexArray:
    numeric = operation.to_mutable()
    numeric.params = [_bound(parameter, values) for parameter in operation.params]
    return np.asarray(numeric.to_matrix(), dtype=np.complex128)


def _bound(value: Any, values: Mapping[Parameter, float]) -> Any:
    if not is_free(value):
        return value
    used = {parameter: values[parameter] for parameter in value.parameters}
    return float(np.real(value.bind(used).numeric()))

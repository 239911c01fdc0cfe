"""Compile tapes: their operations as a flat circuit, whose parameters are the tape's angles."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from qiskit.circuit import Parameter
from scipy.sparse import csr_array

from hybrid.core.arrays import FloatArray, is_finite
from hybrid.core.errors import InputError
from hybrid.pennylane.reading import elements, has_angles, key_of
from hybrid.programs import FlatCircuit, ParameterMap
from hybrid.programs.phase import GlobalPhase
from hybrid.programs.step import Step


@dataclass(frozen=True)
class Circuit:
    """The operations of tapes that differ in their angles only.

    Attributes:
        flat: the circuit; its parameters are the angles, in the order of the tape.
        places: for each angle, its index among all arguments of the tape's operations.
        column_of: for each argument of the tape's operations, its column among the angles, or None.
        wires: the wires, in PennyLane's order; wire k of n is qubit n - 1 - k, so that states have
            the same order as PennyLane's.
    """

    flat: FlatCircuit
    places: tuple[int, ...]
    column_of: tuple[int | None, ...]
    wires: tuple[Any, ...]

    @property
    def where(self) -> Mapping[Any, int]:
        """The qubit of each wire."""
        return qubits_of(self.wires)

    def points(self, tape: Any) -> tuple[FloatArray, bool]:
        """Return the angles of a tape's operations, shape (B, P), and if it has a batch of B.

        Raises:
            InputError: an angle is not a finite real number.
        """
        given = [number for op in tape.operations for number in op.data]
        if len(self.places) < len(given):
            given = [given[place] for place in self.places]
        batched = any(getattr(number, "ndim", 0) for number in given)
        if batched:
            columns = np.broadcast_arrays(*given, np.empty(tape.batch_size))[:-1]
            points = np.stack(columns, axis=1)
        else:
            points = np.array(given).reshape(1, len(given))
        if points.dtype.kind == "c" and np.any(points.imag):
            raise InputError("angles", got="complex numbers", expected="real numbers")
        points = np.ascontiguousarray(points.real, dtype=np.float64)
        if not is_finite(points):
            place = np.argwhere(~np.isfinite(points))[0][1]
            raise InputError(
                f"angle {place} of the circuit", got="NaN or infinity", expected="finite numbers"
            )
        return points, batched


def structure_of(operations: Iterable[Any]) -> Hashable:
    """Return the content of a tape's operations without their angles."""
    return tuple([(key_of(op), op.wires.labels) for op in operations])


def compiled(operations: Sequence[Any], wires: Sequence[Any]) -> Circuit:
    """Compile the operations of a tape.

    Args:
        operations: native ones.
        wires: all wires, in PennyLane's order.

    Raises:
        InputError: there are more than 63 wires, or a matrix is not unitary.
    """
    num_qubits = max(1, len(wires))
    if num_qubits > 63:
        raise InputError("circuit", got=f"{num_qubits} wires", expected="at most 63")
    where = qubits_of(wires)
    steps: list[Step] = []
    slots: list[int] = []  # for each angle of the flat circuit, its column
    weights: list[float] = []
    phases: list[tuple[int, float]] = []
    fixed = 0.0
    places: list[int] = []
    column_of: list[int | None] = []
    for op in operations:
        first = len(places)
        for element in elements(op, where):
            if element.argument is None:
                fixed += element.phase
                steps.extend([] if element.step is None else [element.step])
            elif element.step is None:
                phases.append((first + element.argument, element.phase))
            else:
                steps.append(element.step.on_slot(len(slots)))
                slots.append(first + element.argument)
                weights.append(element.phase)
        driven = has_angles(op)
        for _ in op.data:
            column_of.append(len(places) if driven else None)
            if driven:
                places.append(len(column_of) - 1)
    parameters = tuple(Parameter(f"angle {k}") for k in range(len(places)))
    angles = _selection(parameters, slots, [1.0] * len(slots))
    further = _selection(parameters, [c for c, _ in phases], [weight for _, weight in phases])
    phase = GlobalPhase(fixed, np.array(weights), further)
    flat = FlatCircuit(num_qubits, tuple(steps), angles, phase=phase)
    return Circuit(flat, tuple(places), tuple(column_of), tuple(wires))


def qubits_of(wires: Sequence[Any]) -> Mapping[Any, int]:
    """Return the qubit of each wire: the first wire is the highest."""
    return {wire: len(wires) - 1 - place for place, wire in enumerate(wires)}


def wire_order(operations: Sequence[Any], measurements: Sequence[Any], device: Any) -> list[Any]:
    """Return the wires of a tape in the order of the device, or else in PennyLane's standard order.

    Args:
        operations: of the tape.
        measurements: of the tape.
        device: wires of the device, or None.
    """
    acted = dict.fromkeys(wire for op in operations for wire in op.wires)
    read = dict.fromkeys(wire for each in measurements for wire in each.wires)
    used = {**acted, **read}
    if device is not None:
        return [w for w in device if w in used] + [w for w in used if w not in set(device)]
    numbers = range(len(used))
    if set(acted) == set(numbers[: len(acted)]) and set(used) == set(numbers):
        return list(numbers)
    return list(used)


def _selection(
    parameters: tuple[Parameter, ...], columns: Sequence[int], factors: Sequence[float]
) -> ParameterMap:
    """Return the map whose angle k is a factor times a parameter."""
    rows = np.arange(len(columns) + 1)
    matrix = csr_array(
        (np.array(factors, dtype=np.float64), np.array(columns, dtype=np.int64), rows),
        shape=(len(columns), len(parameters)),
    )
    return ParameterMap(parameters, matrix, np.zeros(len(columns)), ())

"""Plan how the measurements of a tape are read; plans are kept by structure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pennylane as qml
from pennylane.measurements import ExpectationMP, ProbabilityMP, VarianceMP

from hybrid.core.digest import digest
from hybrid.pennylane.circuits import Circuit, compiled, structure_of, wire_order
from hybrid.pennylane.keys import ObservableKeys
from hybrid.pennylane.observables import is_pauli_sum, pauli_sum
from hybrid.pennylane.reading import decomposed, without_angles
from hybrid.pennylane.reads import Chances, FromStates, Read, Shots, Values, is_shadow
from hybrid.programs import compile_observable
from hybrid.simulators import Choice, Native
from hybrid.simulators.base import Estimator
from hybrid.simulators.native.per_point import Probabilities, States
from hybrid.simulators.registry import check_exact, content_of, sampler
from hybrid.workloads import Sampling
from hybrid.workloads.compiled import Recent
from hybrid.workloads.expectation import Expectation

_KEPT = 64
"""Number of structures whose plans a device keeps."""


@dataclass(frozen=True)
class Plan:
    """How tapes of one structure are answered.

    Attributes:
        circuit: the operations of the tapes.
        reads: cover all measurements of the tapes.
        simulator: runs the circuit.
    """

    circuit: Circuit
    reads: tuple[Read, ...]
    simulator: Choice

    @property
    def num_qubits(self) -> int:
        """Width of the circuit."""
        return self.circuit.flat.num_qubits

    @property
    def values(self) -> Values:
        """The only read of tapes with derivatives: expectation values."""
        (read,) = self.reads
        assert isinstance(read, Values)
        return read

    @property
    def estimator(self) -> Estimator:
        """The evaluation of :attr:`values`."""
        estimator = self.values.evaluation
        assert isinstance(estimator, Estimator)
        return estimator

    @cached_property
    def content(self) -> str:
        """A digest of everything that must be equal on all ranks, besides angles."""
        each = [read.evaluation for read in self.reads]
        programs = [getattr(e, "program", self.circuit.flat.program) for e in each]
        observables = [o.content() for e in each for o in getattr(e, "observables", ())]
        return digest(
            self.circuit.flat.program.content(),
            self.circuit.flat.program.phase_content(),
            [program.content() for program in programs],
            observables,
            [str(read.members) for read in self.reads],
            [getattr(e, "shots", None) for e in each],
            content_of(self.simulator),
        )


class Plans:
    """The plans of a device.

    Args:
        simulator: runs the circuits.
        wires: wires of the device, or None.
    """

    def __init__(self, simulator: Choice, wires: Any) -> None:
        self._simulator = simulator
        self._wires = wires
        self._observables = ObservableKeys()
        self._kept: Recent[Plan] = Recent(_KEPT)

    def of(self, tape: Any) -> Plan:
        """Return the plan of a tape, made at most once for each structure."""
        operations, measurements = tape.operations, tape.measurements
        measured = tuple(
            [(type(m), m.wires.labels, self._observables.of(m.obs)) for m in measurements]
        )
        key: Hashable = (structure_of(operations), measured, tape.shots.total_shots)
        return self._kept.get(key, lambda: self._made(operations, measurements, tape.shots))

    def _made(self, operations: Sequence[Any], measurements: Sequence[Any], shots: Any) -> Plan:
        wires = wire_order(operations, measurements, self._wires)
        circuit = compiled(operations, wires)
        make = _Sampled if shots else _Exact
        reads = make(self._simulator, circuit, operations, shots.total_shots).reads(measurements)
        return Plan(circuit, tuple(reads), self._simulator)


@dataclass(frozen=True)
class _Maker:
    """Makes the reads of one tape.

    Attributes:
        simulator: runs the circuit.
        circuit: the operations of the tape, compiled.
        operations: of the tape.
        shots: of the tape, or None.
    """

    simulator: Choice
    circuit: Circuit
    operations: Sequence[Any]
    shots: int | None

    def turned(self, gates: Sequence[Any]) -> Circuit:
        """Return the circuit followed by further gates, without parameters of their own."""
        with qml.QueuingManager.stop_recording():
            fixed = [without_angles(each) for gate in gates for each in decomposed(gate)]
        return compiled([*self.operations, *fixed], self.circuit.wires) if fixed else self.circuit

    def from_states(self, members: Sequence[int]) -> FromStates:
        """Return a read of the state vectors."""
        check_exact(self.simulator, None, "states and what is read from them")
        program = self.circuit.flat.program
        return FromStates(tuple(members), States(program), self.circuit.wires)


class _Exact(_Maker):
    """Reads without shots."""

    def reads(self, measurements: Sequence[Any]) -> list[Read]:
        """Return the reads of the measurements."""
        values: list[int] = []
        variances: list[int] = []
        states: list[int] = []
        found: list[Read] = []
        for k, measured in enumerate(measurements):
            kind = type(measured)
            pauli = measured.obs is not None and is_pauli_sum(measured.obs)
            if kind is ExpectationMP and pauli:
                values.append(k)
            elif kind is VarianceMP and pauli:
                variances.append(k)
            elif kind is ProbabilityMP:
                found.append(self._chances(k, measured))
            else:
                states.append(k)
        for members, of_variance in ((values, False), (variances, True)):
            if members:
                found.append(self._values(members, measurements, of_variance))
        return [*found, *([self.from_states(states)] if states else [])]

    def _values(self, members: list[int], measurements: Sequence[Any], variance: bool) -> Values:
        where, width = self.circuit.where, self.circuit.flat.num_qubits
        observables = tuple(
            compile_observable(pauli_sum(measurements[k].obs, where, width), width) for k in members
        )
        simulator = self.simulator
        if variance:
            check_exact(simulator, None, "variances")
            simulator = Native()
        evaluation = Expectation(self.circuit.flat, observables).prepare(Sampling(simulator))
        flags = (variance,) * len(members)
        return Values(tuple(members), evaluation, self.circuit.wires, flags)

    def _chances(self, member: int, measured: Any) -> Chances:
        check_exact(self.simulator, None, "probabilities")
        wires = measured.wires or self.circuit.wires
        turned = self.turned(measured.diagonalizing_gates())
        qubits = tuple(self.circuit.where[wire] for wire in reversed(wires))
        evaluation = Probabilities(turned.flat.program, qubits)
        return Chances((member,), evaluation, self.circuit.wires)


class _Sampled(_Maker):
    """Reads with shots."""

    def reads(self, measurements: Sequence[Any]) -> list[Read]:
        """Return the reads of the measurements: one for each basis, and the classical shadows."""
        shadows = [k for k, measured in enumerate(measurements) if is_shadow(measured)]
        groups: list[tuple[dict[Any, Any], list[Any], list[int]]] = []
        for k, measured in enumerate(measurements):
            if k in shadows:
                continue
            basis, gates = _basis(measured, self.circuit.wires)
            for taken, turns, members in groups:
                if all(taken.get(wire, letter) == letter for wire, letter in basis.items()):
                    turns.extend(gate for gate in gates if not set(gate.wires) & set(taken))
                    taken.update(basis)
                    members.append(k)
                    break
            else:
                groups.append((dict(basis), list(gates), [k]))
        found: list[Read] = [self._shots(members, gates) for _, gates, members in groups]
        return [*found, *([self.from_states(shadows)] if shadows else [])]

    def _shots(self, members: list[int], gates: list[Any]) -> Shots:
        assert self.shots is not None
        evaluation = sampler(self.simulator, self.turned(gates).flat, self.shots)
        return Shots(tuple(members), evaluation, self.circuit.wires)


def _basis(measured: Any, wires: Sequence[Any]) -> tuple[Mapping[Any, Any], Sequence[Any]]:
    """Return the basis in which each wire is measured, and the gates that turn it to Z.

    A basis is the letter of a Pauli matrix, or an object of its own for any other.
    """
    if measured.obs is None:
        return dict.fromkeys(measured.wires or wires, "Z"), ()
    sentence = measured.obs.pauli_rep
    if sentence is not None and len(sentence) == 1:
        word = next(iter(sentence))
        with qml.QueuingManager.stop_recording():
            return dict(word), [gate for wire in word for gate in _turns(word[wire], wire)]
    return dict.fromkeys(measured.wires, object()), measured.diagonalizing_gates()


def _turns(letter: str, wire: Any) -> list[Any]:
    """Return the gates that turn the eigenbasis of a Pauli matrix to that of Z."""
    undo = [qml.adjoint(qml.S(wire))] if letter == "Y" else []
    return [] if letter == "Z" else [*undo, qml.Hadamard(wire)]


def differentiable(measured: Any) -> bool:
    """Return whether a measurement without shots has adjoint derivatives."""
    return type(measured) is ExpectationMP and is_pauli_sum(measured.obs)

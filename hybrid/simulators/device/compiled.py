"""A circuit compiled for a device once: gates, layout, and the rotations before measurements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from qiskit import ClassicalRegister, QuantumCircuit, generate_preset_pass_manager, transpile
from qiskit.circuit import CircuitInstruction
from qiskit.exceptions import QiskitError

from hybrid.core.errors import InputError
from hybrid.programs import FlatCircuit
from hybrid.simulators.circuits.lowering import Lowered, lower
from hybrid.simulators.circuits.measurement import Group
from hybrid.simulators.circuits.rewriting import without_matrices
from hybrid.simulators.circuits.sampled import bits
from hybrid.simulators.circuits.spelling import spelled_out

PLAIN_GATES = ["h", "x", "y", "z", "s", "sdg", "t", "tdg", "sx", "sxdg"]
PLAIN_GATES += ["rx", "ry", "rz", "p", "u", "cx", "cz"]
"""Gates of samplers and estimators without a target."""

_SEED = 0
"""Of Qiskit's transpiler, whose layouts and routes are random: ranks must compile alike."""


@dataclass(frozen=True)
class DeviceCircuit:
    """A circuit on a device's qubits.

    Attributes:
        lowered: the circuit in the device's gates, with the map from angles to arguments.
        places: for each qubit of the original circuit, the device's qubit on which it ends.
        compiler: compiled it.
    """

    lowered: Lowered
    places: tuple[int, ...]
    compiler: Compiler

    @classmethod
    def of(cls, flat: FlatCircuit, compiler: Compiler) -> DeviceCircuit:
        """Compile a circuit.

        Raises:
            InputError: it cannot be compiled for the device.
        """
        lowered = lower(flat, compiler.compiled)
        layout = lowered.circuit.layout
        width = range(flat.num_qubits)
        places = width if layout is None else layout.final_index_layout(filter_ancillas=True)
        return cls(lowered, tuple(places), compiler)

    def measured(self, group: Group) -> QuantumCircuit:
        """Return the circuit with the measurements of a group; qubit q is read into bit q."""
        circuit = self._with_register()
        for turned, rotations in zip((group.x_basis, group.y_basis), self._rotations, strict=True):
            for qubit in bits(turned):
                place = circuit.qubits[self.places[qubit]]
                for each in rotations[qubit]:
                    circuit.append(each.operation, [place], copy=False)
        for qubit in bits(group.support):
            circuit.measure(self.places[qubit], qubit)
        return circuit

    def measured_all(self) -> QuantumCircuit:
        """Return the circuit with measurements of all qubits; qubit q is read into bit q."""
        circuit = self._with_register()
        circuit.measure(self.places, range(len(self.places)))
        return circuit

    def _with_register(self) -> QuantumCircuit:
        circuit = self.lowered.circuit.copy()
        circuit.add_register(ClassicalRegister(len(self.places), "measured"))
        return circuit

    @cached_property
    def _rotations(self) -> tuple[list[list[CircuitInstruction]], ...]:
        """For X and for Y the rotations of each qubit from its eigenbasis to that of Z."""
        width = len(self.places)
        from_x, from_y = QuantumCircuit(width), QuantumCircuit(width)
        from_x.h(range(width))
        from_y.sdg(range(width))
        from_y.h(range(width))
        return tuple(self._of_each_qubit(each) for each in (from_x, from_y))

    def _of_each_qubit(self, rotations: QuantumCircuit) -> list[list[CircuitInstruction]]:
        """Return the compiled gates of a layer of one-qubit gates, by original qubit."""
        found = self.compiler.placed(rotations, self.places)
        on: dict[int, list[CircuitInstruction]] = {place: [] for place in self.places}
        for instruction in found.data:
            on[found.find_bit(instruction.qubits[0]).index].append(instruction)
        return [on[place] for place in self.places]


@dataclass(frozen=True)
class Compiler:
    """Qiskit's transpiler for a backend, or for plain gates without one.

    Attributes:
        backend: a BackendV2, or None.
        optimization_level: 0 to 3.
    """

    backend: Any
    optimization_level: int = 1

    def compiled(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Compile a circuit to the device's gates and connections; alike on every rank.

        Raises:
            InputError: it cannot be compiled.
        """
        spelled = without_matrices(spelled_out(circuit))
        try:
            if self.backend is None:
                return transpile(
                    spelled, basis_gates=PLAIN_GATES, optimization_level=0, seed_transpiler=_SEED
                )
            return generate_preset_pass_manager(
                self.optimization_level, backend=self.backend, seed_transpiler=_SEED
            ).run(spelled)
        except QiskitError as cause:
            raise cannot_compile(cause) from cause

    def placed(self, layer: QuantumCircuit, places: Sequence[int]) -> QuantumCircuit:
        """Compile one-qubit gates, each on a given qubit of the device."""
        if self.backend is None:
            return layer
        moved = QuantumCircuit(self.backend.num_qubits or 1 + max(places))
        moved.compose(layer, list(places), inplace=True)
        return transpile(
            moved,
            backend=self.backend,
            initial_layout=list(range(moved.num_qubits)),
            optimization_level=1,
            seed_transpiler=_SEED,
        )


def cannot_compile(cause: QiskitError) -> InputError:
    """Return the error for a circuit that the transpiler refuses."""
    return InputError(
        "circuit",
        got=f"a circuit that cannot be compiled for the device: {cause.message}",
        expected="gates and a width that it supports",
    )

"""Compile circuits to instructions that Aer runs, and preserve the noise of each."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Delay, Gate, Instruction, Operation
from qiskit.circuit.library import (
    CXGate,
    ExactReciprocalGate,
    IGate,
    PauliEvolutionGate,
    QuadraticFormGate,
    StatePreparation,
    UnitaryGate,
    XXMinusYYGate,
    XXPlusYYGate,
)
from qiskit.transpiler import Target

from hybrid.core.errors import HybridError, InputError
from hybrid.programs.refusals import is_driven
from hybrid.simulators.circuits.lowering import Lowered
from hybrid.simulators.circuits.rewriting import Part, rewritten, without_matrices
from hybrid.simulators.circuits.spelling import is_library, spelled_out

_SILENT = "without noise"
"""A label without noise in any noise model: Aer adds no noise to instructions with it."""

_NO_GATES = frozenset({"measure", "barrier", "reset"})
"""Every method runs these, and they cannot be compiled to others."""


@dataclass(frozen=True)
class AerGates:
    """Instructions that an Aer method runs with a noise model.

    Aer looks up the noise of an instruction by its label or, without one, by its name, so an
    instruction in the noise model must reach Aer under that name. If the method does not support it
    (``cswap`` on density matrices, a user-defined gate), it is compiled to noiseless gates,
    followed by an identity with its name.

    Attributes:
        target: instructions that can have noise: those of the method among the noise model's basis
            gates.
        ideal: all instructions of the method.
        named: names and labels with errors in the noise model.
    """

    target: Target
    ideal: Target
    named: frozenset[str] = frozenset()

    def compiled(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """Compile a circuit to instructions that can run; keep those that already can.

        Raises:
            InputError: the noise of an instruction cannot be applied, or a gate cannot be
                decomposed; the message names it.
        """
        whole: list[Operation] = []

        def kept(operation: Operation) -> Operation | None:
            _refuse_open_delay(operation)
            name = self._named_as(operation)
            if name is None or name in _NO_GATES:
                return None
            if self._runs(operation) and name == (operation.label or operation.name):
                return None
            whole.append(operation)
            return Gate(_place(len(whole) - 1), operation.num_qubits, [])

        spelled = spelled_out(circuit, kept if self.named else None)
        if "unitary" not in self.target.operation_names:
            spelled = without_matrices(spelled)
        if not whole:
            return transpile(spelled, target=self.target, optimization_level=0)
        target = deepcopy(self.target)
        for number, operation in enumerate(whole):
            placeholder = Gate(_place(number), operation.num_qubits, [])
            target.add_instruction(placeholder, name=placeholder.name)
        found = transpile(spelled, target=target, optimization_level=0)
        places = {_place(number): operation for number, operation in enumerate(whole)}
        return rewritten(found, lambda gate: self._with_noise_apart(places.get(gate.name), gate))

    def _named_as(self, operation: Operation) -> str | None:
        """Return the name under which the noise model has errors of an operation, if it has any."""
        return next((key for key in _keys_of(operation) if key in self.named), None)

    def _runs(self, operation: Operation) -> bool:
        return operation.name in self.target.operation_names and is_library(operation)

    def _with_noise_apart(self, whole: Operation | None, gate: Operation) -> Sequence[Part]:
        """Return noiseless gates for an operation, followed by an identity with its noise."""
        everywhere = tuple(range(gate.num_qubits))
        if whole is None:
            return [(gate, everywhere)]
        name = self._named_as(whole)
        assert name is not None
        alone = QuantumCircuit(whole.num_qubits)
        alone.append(whole, alone.qubits)
        try:
            ideal = spelled_out(alone)
            if "unitary" not in self.ideal.operation_names:
                ideal = without_matrices(ideal)
            ideal = transpile(ideal, target=self.ideal, optimization_level=0)
        except Exception as cause:
            raise _no_noise_for(name) from cause
        place = {qubit: k for k, qubit in enumerate(ideal.qubits)}
        parts: list[Part] = []
        for instruction in ideal.data:
            silent = instruction.operation.to_mutable()
            silent.label = _SILENT
            parts.append((silent, tuple(place[qubit] for qubit in instruction.qubits)))
        return [*parts, *((gate, everywhere) for gate in self._identity(name, whole.num_qubits))]

    def _identity(self, name: str, num_qubits: int) -> list[Operation]:
        """Return gates that multiply to the identity; the last one has the noise of ``name``."""
        if "unitary" in self.ideal.operation_names:
            return [UnitaryGate(np.eye(2**num_qubits), label=name)]
        if num_qubits == 1:
            return [IGate(label=name)]
        if num_qubits == 2:
            return [CXGate(label=_SILENT), CXGate(label=name)]
        raise _no_noise_for(name)


_DEFAULT_LABELS = (
    (StatePreparation, ("State Preparation", "State Preparation Dg")),
    (PauliEvolutionGate, ("exp(-it ",)),
    (XXPlusYYGate, ("(XX+YY)",)),
    (XXMinusYYGate, ("(XX-YY)",)),
    (ExactReciprocalGate, ("1/x",)),
    (QuadraticFormGate, ("Q(x)",)),
)
"""How the labels begin that Qiskit gives to gates whose user gives none."""


def _keys_of(operation: Operation) -> tuple[str, ...]:
    """Return the keys by which a noise model can refer to an operation, by precedence.

    As in Aer, a label replaces the name; a default label from Qiskit is an additional key.
    """
    label, name = getattr(operation, "label", None), str(operation.name)
    if not label:
        return (name,)
    by_default = any(
        isinstance(operation, kind) and label.startswith(begins) for kind, begins in _DEFAULT_LABELS
    )
    return (label, name) if by_default else (label,)


def bindable(lowered: Lowered) -> Lowered:
    """Return a lowered circuit whose arguments Aer can bind.

    Aer binds arguments stored in the instruction itself, but a controlled gate stores them in its
    base gate. Aer runs gates by name, so a plain instruction replaces the controlled gate.

    Raises:
        HybridError: Aer would leave an argument unbound.
    """

    def plain(gate: Operation) -> Sequence[Part]:
        if is_driven(gate):
            gate = Instruction(gate.name, gate.num_qubits, 0, gate.params, label=gate.label)
        return [(gate, tuple(range(gate.num_qubits)))]

    circuit = rewritten(lowered.circuit, plain)
    found = {
        parameter
        for instruction in circuit.data
        if instruction.operation.is_parameterized()
        for parameter in instruction.operation.params
    }
    if not found.issuperset(lowered.arguments):
        raise HybridError("Aer would not bind all arguments of the compiled circuit")
    return replace(lowered, circuit=circuit)


def _place(number: int) -> str:
    return f"kept whole {number}"


def _no_noise_for(name: str) -> InputError:
    return InputError(
        "noise_model",
        got=f"an error of instruction '{name}', which this method of Aer cannot run",
        expected="errors of instructions that the method supports",
        advice=f"attach the error to the gates of which '{name}' consists, or use another method",
    )


def _refuse_open_delay(operation: Operation) -> None:
    if isinstance(operation, Delay) and is_driven(operation):
        raise InputError(
            "circuit",
            got="a delay with a parameter as duration, and a noise model",
            expected="delays of fixed duration",
            advice="bind the duration with assign_parameters",
        )

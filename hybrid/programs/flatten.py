"""Flatten circuits into steps, each fixed or the exponential of one angle."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Gate, Instruction, Parameter, ParameterExpression

from hybrid.core.errors import InputError
from hybrid.programs.flat import FlatCircuit
from hybrid.programs.gates import may_be_derived, standard_of
from hybrid.programs.parameters import ParameterMap
from hybrid.programs.phase import GlobalPhase
from hybrid.programs.reading import Reader
from hybrid.programs.refusals import is_free
from hybrid.programs.step import Step


def flatten(circuit: QuantumCircuit) -> FlatCircuit:
    """Flatten a circuit into steps whose parametrised gates are exponentials of one angle.

    Gates with several parameters, gates defined by others and product formulas are decomposed only
    as far as needed; fixed gates on one or two qubits are kept.

    Args:
        circuit: unitary, at most 63 qubits, parameters in any expression. Initial ``reset`` and
            ``initialize``, and loops over integers, are supported.

    Raises:
        InputError: the circuit measures, branches, resets qubits after gates, or contains a gate
            that is not fully understood.
    """
    if not isinstance(circuit, QuantumCircuit):
        raise InputError("circuit", got=type(circuit).__name__, expected="a qiskit QuantumCircuit")
    if not 1 <= circuit.num_qubits <= 63:
        raise InputError(
            "circuit", got=f"{circuit.num_qubits} qubits", expected="between 1 and 63 qubits"
        )
    steps: list[Step] = []
    driven: list[ParameterExpression] = []
    weights: list[float] = []
    further: list[ParameterExpression] = []
    fixed = 0.0
    for found in Reader(circuit).found():
        step = found.step
        if not is_free(found.angle):
            fixed += found.phase * float(found.angle)
        elif step is None:
            further.append(found.phase * found.angle)
        else:
            step = step.on_slot(len(driven))
            driven.append(found.angle)
            weights.append(found.phase)
        if step is not None:
            steps.append(step)
    parameters: tuple[Parameter, ...] = tuple(circuit.parameters)
    phase = GlobalPhase(
        fixed, np.array(weights), ParameterMap.from_expressions(parameters, further)
    )
    angles = ParameterMap.from_expressions(parameters, driven)
    return FlatCircuit(circuit.num_qubits, tuple(steps), angles, circuit.copy(), phase)


def refuse_changeable(circuit: QuantumCircuit) -> None:
    """Refuse gates that change when Qiskit copies the circuit.

    Raises:
        InputError: a gate's class is derived from a standard one, and its matrix differs.
    """
    if not may_be_derived():
        return
    inside, fine = [circuit], set[type]()
    while inside:
        for instruction in inside.pop().data:
            operation = instruction.operation
            kind = type(operation)
            if kind in fine:
                continue
            standard = standard_of(operation)
            if standard is not None:
                Reader(circuit).comparison.of_class(operation, standard)
            elif kind not in (Gate, Instruction):
                fine.add(kind)
            elif operation.definition is not None:
                inside.append(operation.definition)

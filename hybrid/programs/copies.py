"""Independent copies of circuits, with reproducible random synthesis."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy, deepcopy

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import AnnotatedOperation, ControlledGate, Operation
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.synthesis import QDrift


def own_copy(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a copy that shares no operators and no random generators with the circuit.

    Qiskit draws the factors of a QDrift evolution from a generator in its synthesis, which advances
    with each draw. In the copy all generators restart from their seeds, and the gates draw in the
    order of the circuit, as in a fresh circuit. So equal circuits have equal draws. Generators
    without a seed differ between ``QDrift`` objects and between ranks.

    Example:
        >>> from qiskit.quantum_info import SparsePauliOp, Statevector
        >>> circuit = QuantumCircuit(1)
        >>> gate = PauliEvolutionGate(SparsePauliOp(["X", "Z"]), 0.4, synthesis=QDrift(seed=5))
        >>> _ = circuit.append(gate, [0])
        >>> one, other = (Statevector(own_copy(circuit)) for _ in range(2))
        >>> one == other
        True
    """
    own = deepcopy(circuit)
    restarted: dict[int, np.random.Generator] = {}
    for gate in _gates(own, set()):
        if not isinstance(gate, PauliEvolutionGate):
            continue
        gate.operator = deepcopy(gate.operator)
        if isinstance(gate.synthesis, QDrift):
            generator = gate.synthesis.rng
            if id(generator) not in restarted:
                restarted[id(generator)] = _restarted(generator)
            gate.synthesis = copy(gate.synthesis)
            gate.synthesis.rng = restarted[id(generator)]
            gate.definition = None
    return own


def _gates(circuit: QuantumCircuit, seen: set[int]) -> Iterator[Operation]:
    """Yield the gates of a circuit and of their definitions, in order."""
    if id(circuit) in seen:
        return
    seen.add(id(circuit))
    for instruction in circuit.data:
        if not instruction.is_standard_gate():
            yield from _inside(instruction.operation, seen)


def _inside(operation: Operation, seen: set[int]) -> Iterator[Operation]:
    yield operation
    if isinstance(operation, PauliEvolutionGate):
        return
    if isinstance(operation, AnnotatedOperation):
        yield from _inside(operation.base_op, seen)
        return
    if isinstance(operation, ControlledGate):
        yield from _inside(operation.base_gate, seen)
    definition = vars(operation).get("_definition")  # made by the user, or absent
    if isinstance(definition, QuantumCircuit):
        yield from _gates(definition, seen)


def _restarted(generator: np.random.Generator) -> np.random.Generator:
    """Return a fresh generator of the same kind and seed."""
    seeds = generator.bit_generator.seed_seq
    if not isinstance(seeds, np.random.SeedSequence):
        return deepcopy(generator)
    kind = type(generator.bit_generator)
    again = np.random.SeedSequence(
        seeds.entropy, spawn_key=seeds.spawn_key, pool_size=seeds.pool_size
    )
    return np.random.Generator(kind(again))

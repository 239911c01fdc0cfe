"""Copies of circuits that nobody else changes, with random numbers that are drawn once."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy, deepcopy

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import AnnotatedOperation, ControlledGate, Operation
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.synthesis import QDrift


def own_copy(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a copy that shares no operators and no random numbers with the circuit.

    Qiskit draws the factors of a QDrift evolution from a generator in its synthesis, which goes on
    from draw to draw. In the copy all generators start from their seeds, and the gates draw in the
    order of the circuit, as they do in a circuit of which nothing was drawn yet. So equal circuits
    have equal draws. Generators without a seed differ from one ``QDrift`` to the next, and from
    rank to rank.

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
    """Yield the gates of a circuit and of all that defines them, in order."""
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
    definition = vars(operation).get("_definition")  # made by the user, or not at all
    if isinstance(definition, QuantumCircuit):
        yield from _gates(definition, seen)


def _restarted(generator: np.random.Generator) -> np.random.Generator:
    """Return a generator of the same kind and seed, from its start."""
    seeds = generator.bit_generator.seed_seq
    if not isinstance(seeds, np.random.SeedSequence):
        return deepcopy(generator)
    kind = type(generator.bit_generator)
    again = np.random.SeedSequence(
        seeds.entropy, spawn_key=seeds.spawn_key, pool_size=seeds.pool_size
    )
    return np.random.Generator(kind(again))

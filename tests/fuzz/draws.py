"""Random circuits drawn twice from the same random numbers: with parameters, and with numbers.

Nothing of the package under test is imported here, and nothing is bound: the numeric circuit is
built from numbers, so what it means does not depend on how well Qiskit binds parameters inside
definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    AnnotatedOperation,
    ControlledGate,
    ControlModifier,
    Gate,
    InverseModifier,
    Operation,
    Parameter,
    ParameterExpression,
    PowerModifier,
)
from qiskit.circuit import library as gates
from qiskit.quantum_info import (
    Statevector,
)

from tests.fuzz.gates import (
    DRIVEN,
    FIXED,
    NAMES,
    SYMBOLS,
    Own,
    Values,
    amplitudes,
    angle_of,
    evolution,
    matrix_gate,
    own_gate,
)

_Chosen = dict[tuple[int, int, int], int]
"""Which attempt at drawing an operation gave one that Qiskit can build."""


class Drawn(NamedTuple):
    """A circuit, a point for its parameters, and the same circuit made of numbers at any point."""

    seed: int
    circuit: QuantumCircuit
    point: np.ndarray
    at: Callable[[np.ndarray], QuantumCircuit]

    @property
    def numeric(self) -> QuantumCircuit:
        """The circuit made of numbers at the point."""
        return self.at(self.point)


def circuits(seed: int) -> Iterator[tuple[QuantumCircuit, np.ndarray, QuantumCircuit]]:
    """Yield without end: a parametrised circuit, a point for it, the same circuit of numbers."""
    for one in draws(seed):
        yield one.circuit, one.point, one.numeric


def draws(seed: int) -> Iterator[Drawn]:
    """Yield random circuits without end; the k-th has the seed ``seed * 10**7 + k``."""
    for k in range(10**7):
        yield drawn(seed * 10**7 + k)


def drawn(seed: int) -> Drawn:
    """Return the circuit of a seed."""
    chosen: _Chosen = {}
    circuit = _built(seed, SYMBOLS, chosen)
    values = np.random.default_rng(seed).uniform(-2.5, 2.5, len(SYMBOLS))
    columns = [SYMBOLS.index(parameter) for parameter in circuit.parameters]

    def at(point: np.ndarray) -> QuantumCircuit:
        everything = values.copy()
        everything[columns] = point
        return _built(seed, [float(value) for value in everything], chosen)

    return Drawn(seed, circuit, values[columns], at)


def state_of(numeric: QuantumCircuit) -> np.ndarray:
    """Return the state that a circuit of numbers makes of |0...0>, with its global phase."""
    return np.asarray(Statevector(numeric).data)


def _built(seed: int, values: Values, chosen: _Chosen) -> QuantumCircuit:
    random = Random(seed)
    width = random.randint(2, 5)
    circuit = QuantumCircuit(width)
    _begin(circuit, random, width)
    if random.random() < 0.3:
        circuit.global_phase = angle_of(random, values)
    for _ in range(random.randint(1, 5)):
        _append(circuit, random.randrange(1 << 60), values, 0, chosen)
        qubit = random.randrange(width)
        circuit.ry(angle_of(random, values), qubit)
    return circuit


def _begin(circuit: QuantumCircuit, random: Random, width: int) -> None:
    """Start from a state whose amplitudes all differ, now and then by an instruction."""
    way = random.random()
    if way < 0.1:
        qubits = random.sample(range(width), random.randint(1, width))
        circuit.initialize(amplitudes(random, len(qubits)), qubits)
    elif way < 0.2:
        circuit.reset(random.sample(range(width), random.randint(1, width)))
    elif way < 0.25:
        circuit.initialize(random.randrange(1 << width), range(width))
    for qubit in range(width):
        circuit.u(0.4 + qubit, 0.7 - qubit, 0.3 * qubit, qubit)
    for qubit in range(width - 1):
        circuit.cx(qubit, qubit + 1)


def _append(
    circuit: QuantumCircuit, seed: int, values: Values, depth: int, chosen: _Chosen
) -> None:
    """Append one random operation, the same for the same seed whatever the values are."""
    width = circuit.num_qubits
    if Random(seed).random() < 0.05 and depth < 2:
        _loop(circuit, Random(seed + 1), values, depth, chosen)
        return
    place = (seed, depth, width)
    if place not in chosen:
        chosen[place] = next(
            attempt for attempt in range(1000) if _buildable(seed + attempt, depth, width, chosen)
        )
    seed += chosen[place]
    operation = _operation(seed, values, depth, width, chosen)
    circuit.append(operation, Random(seed).sample(range(width), operation.num_qubits))


def _buildable(seed: int, depth: int, width: int, chosen: _Chosen) -> bool:
    """Return whether Qiskit can build an operation both with symbols and with numbers."""
    try:
        operations = [
            _operation(seed, values, depth, width, chosen) for values in (SYMBOLS, (0.3, 0.2, 0.1))
        ]
        alone = QuantumCircuit(width)
        alone.append(operations[1], range(operations[1].num_qubits))
        Statevector(alone)
    except BaseException as error:
        # A panic of Qiskit's Rust code is no Exception.
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        return False
    if _has_no_derivative(operations[0]) and Random(seed).random() < 0.95:
        return False
    return bool(operations[0].num_qubits == operations[1].num_qubits)


def _has_no_derivative(operation: Operation) -> bool:
    """Return whether the operation is one of those that are refused where they have parameters."""
    arguments = getattr(operation, "params", ())
    free = any(isinstance(p, ParameterExpression) and p.parameters for p in arguments)
    if not free:
        return False
    if isinstance(operation, AnnotatedOperation):
        powers = [m.power for m in operation.modifiers if isinstance(m, PowerModifier)]
        return any(power % 1 for power in powers) or _has_no_derivative(operation.base_op)
    if isinstance(operation, ControlledGate):
        return _has_no_derivative(operation.base_gate)
    return isinstance(operation, gates.RVGate)


def _loop(
    circuit: QuantumCircuit, random: Random, values: Values, depth: int, chosen: _Chosen
) -> None:
    """Append a loop over integers; unrolled where all is numbers."""
    seed, rounds = random.randrange(1 << 60), range(random.randint(0, 2), 3)
    qubit = random.randrange(circuit.num_qubits)
    if any(isinstance(value, ParameterExpression) for value in values):
        turn = Parameter("turn")
        body = QuantumCircuit(circuit.num_qubits)
        _append(body, seed, values, depth + 2, chosen)
        body.rx(0.3 * turn + values[0], qubit)
        circuit.for_loop(rounds, turn, body, range(circuit.num_qubits), [])
        return
    for value in rounds:
        _append(circuit, seed, values, depth + 2, chosen)
        circuit.rx(0.3 * value + values[0], qubit)


def _operation(seed: int, values: Values, depth: int, width: int, chosen: _Chosen) -> Operation:
    """Return a random operation, modified or not."""
    random = Random(seed)
    operation = _base(random, values, depth, width, chosen)
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        operation = _modified(operation, random)
    return operation


def _base(random: Random, values: Values, depth: int, width: int, chosen: _Chosen) -> Operation:
    def angle() -> Any:
        return angle_of(random, values)

    way = random.random()
    if way < 0.34:
        kind = random.choice(list(DRIVEN))
        arguments = [angle() for _ in range(DRIVEN[kind])]
        if issubclass(kind, ControlledGate) and random.random() < 0.4:
            return kind(*arguments, ctrl_state=0)
        return kind(*arguments)
    if way < 0.52:
        return random.choice(FIXED)()
    if way < 0.58:
        return gates.MCPhaseGate(angle(), random.randint(1, 3))
    if way < 0.66:
        kind = random.choice([gates.RXGate, gates.RYGate, gates.RZGate, gates.PhaseGate])
        inner = random.choice([kind(angle()), gates.HGate(), gates.UGate(angle(), angle(), 0.2)])
        controls = random.randint(1, 2)
        state = random.randrange(1 << controls)
        return gates.MCMTGate(inner, controls, random.randint(1, 2), ctrl_state=state)
    if way < 0.74:
        return evolution(random, values)
    if way < 0.82:
        return matrix_gate(random, values)
    if way < 0.88 and depth < 2:
        return own_gate(random, values)
    if depth < 2:
        return _nested(random, values, depth, width, chosen)
    return gates.RZGate(angle())


def _nested(random: Random, values: Values, depth: int, width: int, chosen: _Chosen) -> Operation:
    """Return a circuit as a gate under some name, perhaps that of a standard gate."""
    inner = QuantumCircuit(random.randint(1, min(3, width)), name=random.choice(NAMES))
    if random.random() < 0.4:
        inner.global_phase = angle_of(random, values)
    for _ in range(random.randint(1, 3)):
        _append(inner, random.randrange(1 << 60), values, depth + 1, chosen)
    if random.random() < 0.3:
        inner.barrier()
        return inner.to_instruction()
    return inner.to_gate()


def _modified(operation: Operation, random: Random) -> Operation:
    """Return the operation controlled, inverted, to a power, or annotated."""
    way = random.randrange(6)
    annotated = random.random() < 0.3
    if way in (0, 1):
        controls = random.randint(1, 3)
        state = random.choice([None, random.randrange(1 << controls)])
        return operation.control(controls, ctrl_state=state, annotated=annotated)
    if way == 2:
        return operation.inverse(annotated=annotated)
    if way == 3:
        exponent = random.choice([2, 3, -1, 0, 2, 0.5, -0.5])
        # Else Qiskit takes the exact matrix of a product formula that may be inside.
        annotated |= type(operation) in (Gate, ControlledGate, Own)
        return operation.power(exponent, annotated=annotated)
    modifiers = []
    for _ in range(random.randint(1, 2)):
        controls = random.randint(1, 2)
        modifiers.append(
            random.choice(
                [
                    InverseModifier(),
                    PowerModifier(random.choice([2, -1, 3, 0.5, -0.5, 1.0])),
                    ControlModifier(controls, random.randrange(1 << controls)),
                ]
            )
        )
    return AnnotatedOperation(operation, modifiers)

"""Random circuits drawn twice from the same random numbers: with parameters, and with numbers.

Nothing of the package under test is imported here, and nothing is bound: the numeric circuit is
built from numbers, so what it means does not depend on how well Qiskit binds parameters inside
definitions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
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
    Operator,
    SparseObservable,
    SparsePauliOp,
    Statevector,
    random_clifford,
    random_hermitian,
    random_unitary,
)
from qiskit.synthesis import LieTrotter, SuzukiTrotter

SYMBOLS = tuple(Parameter(name) for name in "abc")
Values = Sequence[Any]
"""The three symbols, or three numbers in their places."""

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
        circuit.global_phase = _angle(random, values)
    for _ in range(random.randint(1, 5)):
        _append(circuit, random.randrange(1 << 60), values, 0, chosen)
        qubit = random.randrange(width)
        circuit.ry(_angle(random, values), qubit)
    return circuit


def _begin(circuit: QuantumCircuit, random: Random, width: int) -> None:
    """Start from a state whose amplitudes all differ, now and then by an instruction."""
    way = random.random()
    if way < 0.1:
        qubits = random.sample(range(width), random.randint(1, width))
        circuit.initialize(_amplitudes(random, len(qubits)), qubits)
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


def _angle(random: Random, values: Values) -> Any:
    """Return a number, a symbol, or an expression of symbols."""
    one, other = random.sample(range(3), 2)
    a, b = values[one], values[other]
    number = round(random.uniform(-3, 3), 3)
    special = random.choice([0.0, math.pi, -math.pi / 2, math.pi / 4, 4 * math.pi, 1e-9, 3])
    makers: list[Callable[[], Any]] = [
        lambda: number,
        lambda: number,
        lambda: special,
        lambda: a,
        lambda: a,
        lambda: -a,
        lambda: number * a + 0.5,
        lambda: a - 2 * b,
        lambda: a * b,
        lambda: _sine(a) + b,
        lambda: a / 3 + number,
        lambda: a * a - number,
    ]
    return random.choice(makers)()


def _sine(value: Any) -> Any:
    return value.sin() if isinstance(value, ParameterExpression) else math.sin(value)


def _amplitudes(random: Random, num_qubits: int) -> np.ndarray:
    raw = np.array(
        [complex(random.gauss(0, 1), random.gauss(0, 1)) for _ in range(1 << num_qubits)]
    )
    return raw / np.linalg.norm(raw)


# Gates -----------------------------------------------------------------------------------------

_FIXED: tuple[Callable[[], Gate], ...] = (
    *(gates.XGate, gates.YGate, gates.ZGate, gates.HGate, gates.SGate, gates.SdgGate),
    *(gates.TGate, gates.TdgGate, gates.SXGate, gates.SXdgGate, gates.IGate),
    *(gates.SwapGate, gates.iSwapGate, gates.ECRGate, gates.DCXGate),
    *(gates.CXGate, gates.CYGate, gates.CZGate, gates.CHGate, gates.CSGate, gates.CSdgGate),
    *(gates.CSXGate, gates.CCXGate, gates.CCZGate, gates.CSwapGate, gates.RCCXGate),
    *(gates.RC3XGate, gates.C3XGate, gates.C3SXGate, gates.C4XGate),
    *(lambda: gates.MCXGate(3), lambda: gates.MCXGate(2, ctrl_state=1)),
    *(lambda: gates.PauliGate("XYZ"), lambda: gates.PauliGate("ZIX"), lambda: gates.PauliGate("Y")),
    *(lambda: gates.PermutationGate([2, 0, 1]), lambda: gates.PermutationGate([1, 0])),
    *(lambda: gates.QFTGate(2), lambda: gates.QFTGate(3), lambda: gates.MSGate(2, 0.3)),
    lambda: gates.DiagonalGate([1, -1, 1j, 1, 1, -1j, 1, -1]),
    lambda: gates.DiagonalGate([np.exp(0.3j), np.exp(-0.7j)]),
    *(lambda: gates.UCRZGate([0.3, 0.5]), lambda: gates.UCRYGate([0.3, 0.5, -0.2, 1.1])),
    lambda: gates.UCRXGate([0.4, -0.9]),
    lambda: gates.UCGate([random_unitary(2, seed=k).data for k in range(2)]),
    *(lambda: gates.GraphStateGate([[0, 1], [1, 0]]), lambda: gates.HalfAdderGate(1)),
    *(lambda: gates.AndGate(2), lambda: gates.OrGate(2), lambda: gates.BitwiseXorGate(2, 1)),
    *(lambda: gates.InnerProductGate(1), lambda: gates.UniformSuperpositionGate(3)),
    lambda: gates.LinearFunction([[1, 1], [0, 1]]),
    lambda: gates.IntegerComparatorGate(2, 2),
)

_DRIVEN: dict[type[Gate], int] = {
    **dict.fromkeys((gates.RXGate, gates.RYGate, gates.RZGate, gates.PhaseGate, gates.U1Gate), 1),
    **dict.fromkeys((gates.RXXGate, gates.RYYGate, gates.RZZGate, gates.RZXGate), 1),
    **dict.fromkeys((gates.CRXGate, gates.CRYGate, gates.CRZGate, gates.CPhaseGate), 1),
    **dict.fromkeys((gates.CU1Gate, gates.GlobalPhaseGate), 1),
    **dict.fromkeys((gates.U2Gate, gates.RGate, gates.XXPlusYYGate, gates.XXMinusYYGate), 2),
    **dict.fromkeys((gates.UGate, gates.U3Gate, gates.CU3Gate, gates.RVGate), 3),
    gates.CUGate: 4,
}

_NAMES = (
    *("rx", "ry", "rz", "p", "u", "u1", "u2", "u3", "r", "cx", "x", "h", "id", "delay", "barrier"),
    *("global_phase", "measure", "reset", "initialize", "rzz", "cu", "mcmt", "unitary", "swap"),
    *("PauliEvolution", "annotated", "for_loop", "mcx", "cp", "crx", "state_preparation"),
)


def _operation(seed: int, values: Values, depth: int, width: int, chosen: _Chosen) -> Operation:
    """Return a random operation, modified or not."""
    random = Random(seed)
    operation = _base(random, values, depth, width, chosen)
    for _ in range(random.choice([0, 0, 1, 1, 2])):
        operation = _modified(operation, random)
    return operation


class Formula(gates.PauliEvolutionGate):
    """A Pauli evolution that is its product formula: of Qiskit's the matrix is the exact one."""

    def to_matrix(self) -> np.ndarray:
        return np.asarray(Operator(self.definition).data)

    def inverse(self, annotated: bool = False) -> Formula:
        return _as_formula(super().inverse())

    def power(self, exponent: float, annotated: bool = False) -> Formula:
        return _as_formula(super().power(exponent))

    def control(self, *arguments: Any, **options: Any) -> Formula:
        return _as_formula(super().control(*arguments, **options))


def _as_formula(gate: gates.PauliEvolutionGate) -> Formula:
    return Formula(gate.operator, gate.time, synthesis=gate.synthesis)


def _base(random: Random, values: Values, depth: int, width: int, chosen: _Chosen) -> Operation:
    def angle() -> Any:
        return _angle(random, values)

    way = random.random()
    if way < 0.34:
        kind = random.choice(list(_DRIVEN))
        arguments = [angle() for _ in range(_DRIVEN[kind])]
        if issubclass(kind, ControlledGate) and random.random() < 0.4:
            return kind(*arguments, ctrl_state=0)
        return kind(*arguments)
    if way < 0.52:
        return random.choice(_FIXED)()
    if way < 0.58:
        return gates.MCPhaseGate(angle(), random.randint(1, 3))
    if way < 0.66:
        kind = random.choice([gates.RXGate, gates.RYGate, gates.RZGate, gates.PhaseGate])
        inner = random.choice([kind(angle()), gates.HGate(), gates.UGate(angle(), angle(), 0.2)])
        controls = random.randint(1, 2)
        state = random.randrange(1 << controls)
        return gates.MCMTGate(inner, controls, random.randint(1, 2), ctrl_state=state)
    if way < 0.74:
        return _evolution(random, values)
    if way < 0.82:
        return _matrix_gate(random, values)
    if way < 0.88 and depth < 2:
        return _own(random, values)
    if depth < 2:
        return _nested(random, values, depth, width, chosen)
    return gates.RZGate(angle())


def _matrix_gate(random: Random, values: Values) -> Operation:
    seed, qubits = random.randrange(1 << 30), random.randint(1, 3)
    way = random.randrange(6)
    if way == 0:
        return gates.UnitaryGate(random_unitary(1 << qubits, seed=seed))
    if way == 1:
        return gates.HamiltonianGate(
            random_hermitian(1 << qubits, seed=seed), _angle(random, values)
        )
    if way == 2:
        return gates.StatePreparation(_amplitudes(random, qubits))
    if way == 3:
        return random_clifford(qubits, seed=seed)
    if way == 4:
        return gates.PauliProductRotationGate(
            SparsePauliOp(random.choice(["XY", "ZIZ", "-YX", "Y"])).paulis[0],
            _angle(random, values),
        )
    return gates.UnitaryGate(random_unitary(2, seed=seed)).control(random.randint(1, 2))


def _evolution(random: Random, values: Values) -> gates.PauliEvolutionGate:
    def weight() -> float:
        return round(random.uniform(-1, 1), 3)

    plain = [
        ["XXY", "YXX", "XYX"],
        ["ZZI", "IZZ", "XXX", "III"],
        ["ZZI", "IXI", "YIY"],
        ["XZ", "YY", "II"],
        ["Z", "X"],
        ["II"],
    ]
    way = random.random()
    operator: Any
    if way < 0.5:
        labels = random.choice(plain)
        operator = SparsePauliOp(labels, [weight() for _ in labels])
    elif way < 0.85:
        labels = random.choice(
            [["1-", "XY"], ["Z-"], ["+0I", "rlX"], ["01Z", "11X"], ["1"], ["10"]]
        )
        operator = SparseObservable.from_list([(label, weight()) for label in labels])
    else:
        operator = [
            SparsePauliOp(["XX", "YY"], [weight(), weight()]),
            SparsePauliOp("ZI", weight()),
        ]
    synthesis = random.choice(
        [None, None, LieTrotter(reps=2), SuzukiTrotter(order=2, reps=1), SuzukiTrotter(order=4)]
    )
    symbolic = any(isinstance(value, ParameterExpression) for value in values)
    kind = gates.PauliEvolutionGate if symbolic else Formula
    return kind(operator, time=_angle(random, values), synthesis=synthesis)


def _nested(random: Random, values: Values, depth: int, width: int, chosen: _Chosen) -> Operation:
    """Return a circuit as a gate under some name, perhaps that of a standard gate."""
    inner = QuantumCircuit(random.randint(1, min(3, width)), name=random.choice(_NAMES))
    if random.random() < 0.4:
        inner.global_phase = _angle(random, values)
    for _ in range(random.randint(1, 3)):
        _append(inner, random.randrange(1 << 60), values, depth + 1, chosen)
    if random.random() < 0.3:
        inner.barrier()
        return inner.to_instruction()
    return inner.to_gate()


class _Own(Gate):
    """A gate of the user's own with parameters, defined by others."""

    def __init__(self, name: str, parameters: list[Any], define: Callable[..., QuantumCircuit]):
        self._make = define
        super().__init__(name, define(*parameters).num_qubits, parameters)

    def _define(self) -> None:
        self.definition = self._make(*self.params)


class _Array(Gate):
    """A gate of the user's own that is only a matrix."""

    def __init__(self, name: str, matrix: np.ndarray):
        self._matrix = matrix
        super().__init__(name, len(matrix).bit_length() - 1, [])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.asarray(self._matrix, dtype=dtype)


def _own(random: Random, values: Values) -> Operation:
    name, seed = random.choice(_NAMES), random.randrange(1 << 30)
    if random.random() < 0.3:
        return _Array(name, random_unitary(1 << random.randint(1, 3), seed=seed).data)

    def define(first: Any, second: Any) -> QuantumCircuit:
        made = QuantumCircuit(2, global_phase=first)
        made.rx(2 * first, 0)
        made.cx(0, 1)
        made.append(gates.RYGate(second - first).control(1, ctrl_state=0), [0, 1])
        return made

    return _Own(name, [_angle(random, values), _angle(random, values)], define)


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
        annotated |= type(operation) in (Gate, ControlledGate, _Own)
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

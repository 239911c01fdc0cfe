"""Random gates and their arguments, made of symbols or of numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import (
    Gate,
    Operation,
    Parameter,
    ParameterExpression,
)
from qiskit.circuit import library as gates
from qiskit.quantum_info import (
    Operator,
    SparseObservable,
    SparsePauliOp,
    random_clifford,
    random_hermitian,
    random_unitary,
)
from qiskit.synthesis import LieTrotter, SuzukiTrotter

SYMBOLS = tuple(Parameter(name) for name in "abc")


Values = Sequence[Any]
"""The three symbols, or three numbers in their places."""


def angle_of(random: Random, values: Values) -> Any:
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


def amplitudes(random: Random, num_qubits: int) -> np.ndarray:
    raw = np.array(
        [complex(random.gauss(0, 1), random.gauss(0, 1)) for _ in range(1 << num_qubits)]
    )
    return raw / np.linalg.norm(raw)


# Gates -----------------------------------------------------------------------------------------

FIXED: tuple[Callable[[], Gate], ...] = (
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


DRIVEN: dict[type[Gate], int] = {
    **dict.fromkeys((gates.RXGate, gates.RYGate, gates.RZGate, gates.PhaseGate, gates.U1Gate), 1),
    **dict.fromkeys((gates.RXXGate, gates.RYYGate, gates.RZZGate, gates.RZXGate), 1),
    **dict.fromkeys((gates.CRXGate, gates.CRYGate, gates.CRZGate, gates.CPhaseGate), 1),
    **dict.fromkeys((gates.CU1Gate, gates.GlobalPhaseGate), 1),
    **dict.fromkeys((gates.U2Gate, gates.RGate, gates.XXPlusYYGate, gates.XXMinusYYGate), 2),
    **dict.fromkeys((gates.UGate, gates.U3Gate, gates.CU3Gate, gates.RVGate), 3),
    gates.CUGate: 4,
}


NAMES = (
    *("rx", "ry", "rz", "p", "u", "u1", "u2", "u3", "r", "cx", "x", "h", "id", "delay", "barrier"),
    *("global_phase", "measure", "reset", "initialize", "rzz", "cu", "mcmt", "unitary", "swap"),
    *("PauliEvolution", "annotated", "for_loop", "mcx", "cp", "crx", "state_preparation"),
)


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


def matrix_gate(random: Random, values: Values) -> Operation:
    seed, qubits = random.randrange(1 << 30), random.randint(1, 3)
    way = random.randrange(6)
    if way == 0:
        return gates.UnitaryGate(random_unitary(1 << qubits, seed=seed))
    if way == 1:
        return gates.HamiltonianGate(
            random_hermitian(1 << qubits, seed=seed), angle_of(random, values)
        )
    if way == 2:
        return gates.StatePreparation(amplitudes(random, qubits))
    if way == 3:
        return random_clifford(qubits, seed=seed)
    if way == 4:
        return gates.PauliProductRotationGate(
            SparsePauliOp(random.choice(["XY", "ZIZ", "-YX", "Y"])).paulis[0],
            angle_of(random, values),
        )
    return gates.UnitaryGate(random_unitary(2, seed=seed)).control(random.randint(1, 2))


def evolution(random: Random, values: Values) -> gates.PauliEvolutionGate:
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
    return kind(operator, time=angle_of(random, values), synthesis=synthesis)


class Own(Gate):
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


def own_gate(random: Random, values: Values) -> Operation:
    name, seed = random.choice(NAMES), random.randrange(1 << 30)
    if random.random() < 0.3:
        return _Array(name, random_unitary(1 << random.randint(1, 3), seed=seed).data)

    def define(first: Any, second: Any) -> QuantumCircuit:
        made = QuantumCircuit(2, global_phase=first)
        made.rx(2 * first, 0)
        made.cx(0, 1)
        made.append(gates.RYGate(second - first).control(1, ctrl_state=0), [0, 1])
        return made

    return Own(name, [angle_of(random, values), angle_of(random, values)], define)

"""Generators and matrices of PennyLane's gates, by class.

Local qubit k of a gate is its wire k, and bit k of a mask. Each entry is compared with PennyLane's
own matrix of the gate in ``tests/pennylane/test_gates.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, TypeAlias

import pennylane as qml
from qiskit.circuit import Gate, library

from hybrid.programs.generator import Generator

Factors: TypeAlias = tuple[tuple[int, Generator], ...]
"""Factors ``exp(-i angle G)``, first one first: the index of the argument that is the angle, G."""

SAME: Mapping[type, type[Gate]] = {
    qml.Hadamard: library.HGate,
    qml.X: library.XGate,
    qml.Y: library.YGate,
    qml.Z: library.ZGate,
    qml.S: library.SGate,
    qml.T: library.TGate,
    qml.SX: library.SXGate,
    qml.SWAP: library.SwapGate,
    qml.ISWAP: library.iSwapGate,
}
"""Fixed gates that do not depend on the order of their wires, and Qiskit's classes for them."""

NOTHING: frozenset[type] = frozenset({qml.Identity, qml.Barrier, qml.Snapshot, qml.WireCut})
"""Operations that change no state."""

STANDARD: Mapping[type, type[Gate]] = {
    qml.RX: library.RXGate,
    qml.RY: library.RYGate,
    qml.RZ: library.RZGate,
    qml.PhaseShift: library.PhaseGate,
    qml.U1: library.PhaseGate,
    qml.IsingXX: library.RXXGate,
    qml.IsingYY: library.RYYGate,
    qml.IsingZZ: library.RZZGate,
}
"""Qiskit's classes of some one-parameter gates, for simulators that run circuits."""


def flips(word: Sequence[str], size: float, between: int = 0) -> Generator:
    """Return the Hermitian ``size (-i T + i T^+)`` of a transition T between two basis states.

    Args:
        word: for each qubit "+" for ``|1><0|`` in T, "-" for ``|0><1|``, or "" for the identity.
        size: the factor.
        between: mask of qubits on which G is Z in addition.

    Example:
        >>> flips(["-"], 0.5)  # Y / 2
        Generator(x_mask=1, z_masks=(1,), coefficients=(0.5,), control_mask=0, control_value=0)
    """
    moved = [k for k, letter in enumerate(word) if letter]
    strings = []
    for choice in product((0, 1), repeat=len(moved)):  # |0><1| = (X + iY) / 2
        signs = (1j if word[k] == "-" else -1j for k in moved)
        weight = prod((s for s, is_y in zip(signs, choice, strict=True) if is_y), start=1.0 + 0j)
        coefficient = 2.0 * size * weight.imag / 2 ** len(moved)
        if coefficient:
            mask = sum(1 << k for k, is_y in zip(moved, choice, strict=True) if is_y)
            strings.append((mask | between, coefficient))
    z_masks, coefficients = zip(*sorted(strings), strict=True)
    return Generator(sum(1 << k for k in moved), z_masks, coefficients)


def _projector(num_qubits: int, states: Sequence[int], size: float) -> Generator:
    """Return ``size`` times the projector on basis states; bit k of a state is qubit k."""
    weights = {
        z: size * sum((-1) ** (z & state).bit_count() for state in states) / 2**num_qubits
        for z in range(1 << num_qubits)
    }
    kept = {z: weight for z, weight in weights.items() if weight}
    return Generator(0, tuple(kept), tuple(kept.values()))


def _pauli_word(op: Any) -> Factors:
    word = op.hyperparameters["pauli_word"]
    x = sum(1 << k for k, letter in enumerate(word) if letter in "XY")
    z = sum(1 << k for k, letter in enumerate(word) if letter in "YZ")
    return ((0, Generator(x, (z,), (0.5,))),)


def _single(op: Any) -> Factors:
    """Return the rotation of ``exp(theta/2 (c_p^+ c_r - h.c.))``, r the first wire, p the last.

    The half is in PennyLane's circuit, though not in its documentation.
    """
    last = len(op.wires) - 1
    word = ["-", *[""] * (last - 1), "+"]
    return ((0, flips(word, -0.5, (1 << last) - 2)),)


def _double(op: Any) -> Factors:
    """Return the rotation of ``exp(theta/2 (c_p^+ c_q^+ c_r c_s - h.c.))``; see :func:`_single`."""
    first, second = (len(op.hyperparameters[name]) for name in ("wires1", "wires2"))
    word = [""] * (first + second)
    word[0] = word[first - 1] = "-"
    word[first] = word[-1] = "+"
    between = sum(1 << k for k, letter in enumerate(word) if not letter)
    return ((0, flips(word, 0.5, between)),)


def _always(*factors: tuple[int, Generator]) -> Callable[[Any], Factors]:
    return lambda op: factors


_RX = Generator(0b1, (0b0,), (0.5,))
_RY = Generator(0b1, (0b1,), (0.5,))
_RZ = Generator(0b0, (0b1,), (0.5,))
_P = Generator(0b0, (0b1, 0b0), (0.5, -0.5))
_SINGLE = flips("-+", 0.5)
_DOUBLE = flips("--++", 0.5)
_UNMOVED_1 = (0b00, 0b11)
_UNMOVED_2 = tuple(state for state in range(16) if state not in (0b0011, 0b1100))

ROTATIONS: Mapping[type, Callable[[Any], Factors]] = {
    qml.RX: _always((0, _RX)),
    qml.RY: _always((0, _RY)),
    qml.RZ: _always((0, _RZ)),
    qml.PhaseShift: _always((0, _P)),
    qml.U1: _always((0, _P)),
    qml.Rot: _always((0, _RZ), (1, _RY), (2, _RZ)),
    qml.U3: _always((2, _P), (0, _RY), (1, _P)),
    qml.GlobalPhase: _always((0, Generator(0, (0,), (1.0,)))),
    qml.IsingXX: _always((0, Generator(0b11, (0b00,), (0.5,)))),
    qml.IsingYY: _always((0, Generator(0b11, (0b11,), (0.5,)))),
    qml.IsingZZ: _always((0, Generator(0b00, (0b11,), (0.5,)))),
    qml.IsingXY: _always((0, Generator(0b11, (0b00, 0b11), (-0.25, -0.25)))),
    qml.FermionicSWAP: _always(
        (0, Generator(0b11, (0b00, 0b11), (0.25, 0.25))),
        (0, Generator(0b00, (0b01, 0b10, 0b00), (0.25, 0.25, -0.5))),
    ),
    qml.CPhaseShift00: _always((0, _projector(2, [0b00], -1.0))),
    qml.CPhaseShift01: _always((0, _projector(2, [0b10], -1.0))),
    qml.CPhaseShift10: _always((0, _projector(2, [0b01], -1.0))),
    qml.MultiRZ: lambda op: ((0, Generator(0, ((1 << len(op.wires)) - 1,), (0.5,))),),
    qml.PauliRot: _pauli_word,
    qml.SingleExcitation: _always((0, _SINGLE)),
    qml.SingleExcitationPlus: _always((0, _SINGLE), (0, _projector(2, _UNMOVED_1, -0.5))),
    qml.SingleExcitationMinus: _always((0, _SINGLE), (0, _projector(2, _UNMOVED_1, 0.5))),
    qml.DoubleExcitation: _always((0, _DOUBLE)),
    qml.DoubleExcitationPlus: _always((0, _DOUBLE), (0, _projector(4, _UNMOVED_2, -0.5))),
    qml.DoubleExcitationMinus: _always((0, _DOUBLE), (0, _projector(4, _UNMOVED_2, 0.5))),
    qml.OrbitalRotation: _always(
        (0, flips(["-", "", "+", ""], 0.5, 0b0010)), (0, flips(["", "-", "", "+"], 0.5, 0b0100))
    ),
    qml.FermionicSingleExcitation: _single,
    qml.FermionicDoubleExcitation: _double,
}
"""Gates with parameters, as factors whose angles are these parameters."""


def shape_of(op: Any) -> object:
    """Return what the factors of a gate depend on besides its class and its wires."""
    kind = type(op)
    if kind is qml.PauliRot:
        return op.hyperparameters["pauli_word"]
    if kind is qml.FermionicDoubleExcitation:
        return len(op.hyperparameters["wires1"])
    return None

"""Mixers of QAOA, each with the state that it starts from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterExpression
from qiskit.circuit.library import PauliEvolutionGate
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.checks import checked_row
from hybrid.core.errors import InputError
from hybrid.workloads.dicke import dicke_state
from hybrid.workloads.numbers import checked_count

_HOP = SparsePauliOp(["XX", "YY"], [0.5, 0.5])


class Mixer(ABC):
    """The initial state and the mixing layer of an ansatz; subclasses are frozen dataclasses.

    At ``beta = 0`` a layer is the identity. Signs are such that low costs are reached with negative
    betas and positive gammas.
    """

    @abstractmethod
    def prepare(self, circuit: QuantumCircuit) -> None:
        """Append the preparation of the initial state from \\|0...0>."""

    @abstractmethod
    def mix(self, circuit: QuantumCircuit, beta: ParameterExpression) -> None:
        """Append a mixing layer."""

    @abstractmethod
    def check(self, num_qubits: int) -> None:
        """Refuse a width that does not fit.

        Raises:
            InputError: it does not.
        """


@dataclass(frozen=True)
class XMixer(Mixer):
    """``exp(-i beta sum_q X_q)`` from the uniform superposition: all bit strings.

    Source: E. Farhi, J. Goldstone, S. Gutmann, arXiv:1411.4028.
    """

    def check(self, num_qubits: int) -> None:
        """Accept any width."""

    def prepare(self, circuit: QuantumCircuit) -> None:
        """Append a Hadamard gate on each qubit."""
        circuit.h(range(circuit.num_qubits))

    def mix(self, circuit: QuantumCircuit, beta: ParameterExpression) -> None:
        """Append an X rotation of each qubit."""
        circuit.rx(2.0 * beta, range(circuit.num_qubits))


@dataclass(frozen=True)
class XYMixer(Mixer):
    """Bit strings with a given number of ones: hops between qubits, from a Dicke state.

    A layer is the product of ``exp(-i beta (X_a X_b + Y_a Y_b) / 2)`` over pairs of qubits, which
    moves a one between a and b.

    Source: Z. Wang, N. C. Rubin, J. M. Dominy, E. G. Rieffel, Phys. Rev. A 101, 012320 (2020).

    Attributes:
        ones: k, the number of ones; from 1 to n - 1 for n qubits.
        pairs: "ring" (even, then odd neighbours), or "complete" (all pairs, in rounds of disjoint
            ones).

    Raises:
        InputError: ``ones`` is not a positive integer, or ``pairs`` is another word.

    Example:
        >>> XYMixer(ones=2).rounds(4)
        [[(0, 1), (2, 3)], [(1, 2), (3, 0)]]
    """

    ones: int
    pairs: str = "ring"

    def __post_init__(self) -> None:
        object.__setattr__(self, "ones", checked_count(self.ones, "ones of XYMixer"))
        if self.pairs not in ("ring", "complete"):
            raise InputError(
                "pairs of XYMixer", got=repr(self.pairs)[:60], expected="'ring' or 'complete'"
            )

    def check(self, num_qubits: int) -> None:
        """Refuse a width with a single bit string.

        Raises:
            InputError: there are no more qubits than ones.
        """
        if self.ones >= num_qubits:
            raise InputError(
                "ones of XYMixer",
                got=f"{self.ones} for {num_qubits} qubits",
                expected=f"from 1 to {num_qubits - 1}",
            )

    def prepare(self, circuit: QuantumCircuit) -> None:
        """Append the preparation of the Dicke state."""
        circuit.compose(dicke_state(circuit.num_qubits, self.ones), inplace=True)

    def mix(self, circuit: QuantumCircuit, beta: ParameterExpression) -> None:
        """Append a hop for each pair."""
        for disjoint in self.rounds(circuit.num_qubits):
            for pair in disjoint:
                circuit.append(PauliEvolutionGate(_HOP, time=beta), pair)

    def rounds(self, num_qubits: int) -> list[list[tuple[int, int]]]:
        """Return the pairs of a layer, in rounds of disjoint ones."""
        if self.pairs == "complete":
            return _round_robin(num_qubits)
        ring = [(qubit, (qubit + 1) % num_qubits) for qubit in range(num_qubits)]
        if num_qubits == 2:
            return [ring[:1]]
        odd = num_qubits % 2  # an odd ring takes a third round, for the pair that closes it
        found = [ring[: num_qubits - odd : 2], ring[1 : num_qubits - odd : 2], ring[-1:] * odd]
        return [each for each in found if each]


@dataclass(frozen=True)
class WarmStart(Mixer):
    """A product state near a relaxed solution, and the mixer that it is an eigenstate of.

    Qubit q starts with probability c_q of 1, and a layer is ``exp(-i beta (sin t X + cos t Z))``
    with ``t = 2 asin sqrt(c_q)``; with ``c = 0.5`` for all qubits this is the X mixer.

    Source: D. J. Egger, J. Mareček, S. Woerner, Quantum 5, 479 (2021), sections 2 and 3.

    Attributes:
        solution: shape (n,), from 0 to 1: for each qubit the relaxed value of its bit.
        epsilon: values are kept at this distance from 0 and 1, where the mixer could not leave
            them; above 0, at most 0.5.

    Raises:
        InputError: a value is out of range.

    Example:
        >>> WarmStart([0.0, 0.5, 1.0], epsilon=0.1).solution
        (0.1, 0.5, 0.9)
    """

    solution: Sequence[float] | ArrayLike
    epsilon: float = 0.25

    def __post_init__(self) -> None:
        epsilon: object = self.epsilon
        if not isinstance(epsilon, int | float | np.floating) or not 0.0 < epsilon <= 0.5:
            raise InputError(
                "epsilon of WarmStart",
                got=repr(epsilon)[:60],
                expected="a number above 0, at most 0.5",
            )
        length = np.size(self.solution)
        row = checked_row(self.solution, length, "solution of WarmStart", "qubit")
        if length == 0 or np.any(row < 0.0) or np.any(row > 1.0):
            raise InputError(
                "solution of WarmStart",
                got=str(row)[:60],
                expected="one number from 0 to 1 for each qubit",
            )
        kept = np.clip(row, float(epsilon), 1.0 - float(epsilon))
        object.__setattr__(self, "solution", tuple(kept.tolist()))
        object.__setattr__(self, "epsilon", float(epsilon))

    def check(self, num_qubits: int) -> None:
        """Refuse another number of qubits.

        Raises:
            InputError: the solution has another length.
        """
        if len(self._tilts) != num_qubits:
            raise InputError(
                "solution of WarmStart",
                got=f"{len(self._tilts)} numbers",
                expected=f"{num_qubits}, one for each qubit",
            )

    def prepare(self, circuit: QuantumCircuit) -> None:
        """Append a Y rotation of each qubit."""
        for qubit, tilt in enumerate(self._tilts):
            circuit.ry(tilt, qubit)

    def mix(self, circuit: QuantumCircuit, beta: ParameterExpression) -> None:
        """Append a rotation of each qubit about its own axis."""
        for qubit, tilt in enumerate(self._tilts):
            circuit.ry(-tilt, qubit)
            circuit.rz(2.0 * beta, qubit)
            circuit.ry(tilt, qubit)

    @property
    def _tilts(self) -> list[float]:
        tilts: list[float] = (2.0 * np.arcsin(np.sqrt(np.asarray(self.solution)))).tolist()
        return tilts


def checked_mixer(mixer: object, num_qubits: int) -> Mixer:
    """Return a mixer that fits the width.

    Raises:
        InputError: neither "x" nor a mixer, or one that does not fit.
    """
    chosen = XMixer() if mixer == "x" else mixer
    if not isinstance(chosen, Mixer):
        raise InputError(
            "mixer",
            got=repr(mixer)[:60],
            expected="'x', hybrid.XYMixer(ones) or hybrid.WarmStart(solution)",
        )
    chosen.check(num_qubits)
    return chosen


def _round_robin(num_qubits: int) -> list[list[tuple[int, int]]]:
    """Return all pairs in rounds of disjoint ones, by the circle method."""
    players = list(range(num_qubits + num_qubits % 2))  # with an odd number, one rests
    rounds = []
    for _ in range(len(players) - 1):
        half = len(players) // 2
        pairs = zip(players[:half], reversed(players[half:]), strict=True)
        rounds.append([(min(p), max(p)) for p in pairs if max(p) < num_qubits])
        players = [players[0], players[-1], *players[1:-1]]
    return rounds

"""Problems of binary variables with a quadratic cost: QUBO and Ising models."""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.checks import real_array
from hybrid.core.errors import InputError
from hybrid.problems.bits import bits_of, label_of, tally
from hybrid.problems.chart import chart
from hybrid.problems.quadratic import Quadratic, read_quadratic

_BRUTE_FORCE_LIMIT = 22
"""Variables. Above, an exhaustive search takes minutes and gigabytes."""


@dataclass(frozen=True)
class Assignment:
    """Values of all variables.

    Attributes:
        value: the cost.
        bitstring: the variables' bits in Qiskit's order: variable 0 is the rightmost.
    """

    value: float
    bitstring: str


class Binary(ABC):
    """Base class of problems whose variable k is qubit k; the cost is minimised."""

    @property
    @abstractmethod
    def quadratic(self) -> Quadratic:
        """The cost in bits."""

    @property
    def num_qubits(self) -> int:
        """The number of variables."""
        return len(self.quadratic.linear)

    def cost(self) -> SparsePauliOp:
        """Return the diagonal operator whose value at a bit string is the cost.

        A bit is ``(1 - Z) / 2``.
        """
        spins = self.quadratic.in_spins()
        terms: list[tuple[str, list[int], float]] = [
            ("ZZ", pair, weight)
            for pair, weight in zip(spins.pairs.tolist(), spins.weights.tolist(), strict=True)
        ]
        terms += [("Z", [qubit], weight) for qubit, weight in enumerate(spins.linear.tolist())]
        terms = [term for term in terms if term[2] != 0.0]
        terms.append(("", [], spins.constant))
        operator = SparsePauliOp.from_sparse_list(terms, self.num_qubits)
        return SparsePauliOp(operator.paulis, operator.coeffs.real)

    def value(self, bits: str | Sequence[int] | NDArray[Any]) -> float:
        """Return the cost.

        Args:
            bits: a bitstring in Qiskit's order (variable 0 rightmost), or an array (n,) of 0 and 1
                whose entry k is variable k.

        Raises:
            InputError: the wrong length, or values other than 0 and 1.
        """
        return self.quadratic.at(bits_of(bits, self.num_qubits, "assignment"))

    def allows(self, bitstring: str) -> bool:
        """Return whether the problem's constraints hold; here there are none."""
        return True

    def best(self) -> Assignment:
        """Return an assignment of lowest cost by exhaustive search; of equal ones the first.

        Raises:
            InputError: more than 22 variables.
        """
        self._check_width()
        return self._assignment(label_of(int(self.quadratic.all().argmin()), self.num_qubits))

    def interpret(self, counts: Mapping[str, int] | Mapping[int, int]) -> Assignment:
        """Return the best of the sampled assignments that the constraints allow.

        Args:
            counts: counts by bitstring (blanks are ignored) or by basis-state index. Of equal costs
                the most frequent is returned, and of equally frequent ones the smallest bitstring.

        Raises:
            InputError: no outcomes, none that is allowed, or an outcome of the wrong width.
        """
        found = [
            (self.value(bits), -count, bits)
            for bits, count in tally(counts, self.num_qubits).items()
            if self.allows(bits)
        ]
        if not found:
            raise InputError(
                "counts",
                got="no outcome that the constraints allow",
                expected="at least one",
                advice="take more samples, or a mixer that keeps the constraint",
            )
        return self._assignment(min(found)[2])

    def chart(self, counts: Mapping[str, int] | Mapping[int, int]) -> str:
        """Return a histogram of the costs of sampled assignments, as text."""
        values: dict[float, float] = {}
        for bits, count in tally(counts, self.num_qubits).items():
            value = self.value(bits)
            values[value] = values.get(value, 0.0) + count
        return chart(values, "cost")

    def _check_width(self) -> None:
        """Refuse an exhaustive search that takes too long."""
        if self.num_qubits > _BRUTE_FORCE_LIMIT:
            raise InputError(
                "best",
                got=f"{self.num_qubits} variables",
                expected=f"at most {_BRUTE_FORCE_LIMIT}, because the search is exhaustive",
                advice="use QAOA, or a classical solver for comparison",
            )

    def _assignment(self, bitstring: str) -> Assignment:
        return Assignment(self.value(bitstring), bitstring)


@dataclass(frozen=True, eq=False)
class QUBO(Binary):
    """Quadratic unconstrained binary optimization: minimise ``x^T Q x + constant`` over bits x.

    Args:
        matrix: Q, shape (n, n), symmetric.
        constant: added to the cost.

    Raises:
        InputError: not a symmetric square matrix of finite numbers, or all zero.

    Example:
        >>> problem = QUBO([[-1.0, 2.0], [2.0, -1.0]])
        >>> problem.best(), problem.value("11")
        (Assignment(value=-1.0, bitstring='01'), 2.0)
    """

    matrix: FloatArray = field(repr=False)
    constant: float = 0.0

    def __init__(self, matrix: ArrayLike, constant: float = 0.0) -> None:
        checked = _square(matrix, "matrix of QUBO")
        if not np.array_equal(checked, checked.T):
            a, b = np.argwhere(checked != checked.T)[0]
            raise InputError(
                "matrix of QUBO",
                got=f"{checked[a, b]:g} at ({a}, {b}) and {checked[b, a]:g} at ({b}, {a})",
                expected="a symmetric matrix",
                advice="(Q + Q.T) / 2 has the same cost",
            )
        object.__setattr__(self, "matrix", checked)
        object.__setattr__(self, "constant", _number(constant, "constant of QUBO"))
        _refuse_zero(self.quadratic, "matrix of QUBO")

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> QUBO:
        """Read a file of costs of bits, in the format of qbsolv or of dimod.

        See :func:`hybrid.problems.quadratic.read_quadratic` for the formats. Spins of an Ising file
        are converted to bits.

        Raises:
            InputError: the file cannot be read; the message names the line.
        """
        form = read_quadratic(path)
        matrix = np.diag(form.linear)
        for (a, b), weight in zip(form.pairs, form.weights, strict=True):
            matrix[a, b] += weight / 2.0
            matrix[b, a] += weight / 2.0
        return cls(matrix, form.constant)

    @property
    def quadratic(self) -> Quadratic:
        """The cost in bits."""
        upper = np.argwhere(np.triu(self.matrix, 1) != 0.0)
        weights = 2.0 * self.matrix[upper[:, 0], upper[:, 1]]
        return Quadratic(self.constant, np.diag(self.matrix).copy(), upper, weights)


@dataclass(frozen=True, eq=False)
class Ising(Binary):
    """Minimise ``sum_k h_k s_k + sum_kl J_kl s_k s_l + constant`` over spins s of +1 and -1.

    Bit 0 is spin +1, bit 1 is spin -1.

    Args:
        fields: h, shape (n,).
        couplings: J, shape (n, n), whose upper triangle counts; the rest is zero.
        constant: added to the cost.

    Raises:
        InputError: other shapes, numbers that are not finite, a coupling of a spin to itself or in
            the lower triangle, or all zero.

    Example:
        >>> ferromagnet = Ising([0.0, 0.1], [[0.0, -1.0], [0.0, 0.0]])
        >>> ferromagnet.best()
        Assignment(value=-1.1, bitstring='11')
    """

    fields: FloatArray = field(repr=False)
    couplings: FloatArray = field(repr=False)
    constant: float = 0.0

    def __init__(self, fields: ArrayLike, couplings: ArrayLike, constant: float = 0.0) -> None:
        checked = _square(couplings, "couplings of Ising")
        row = real_array(fields, "fields of Ising")
        if row.shape != checked.shape[:1] or not np.isfinite(row).all():
            raise InputError(
                "fields of Ising",
                got=f"shape {row.shape}" if row.shape != checked.shape[:1] else "NaN or infinity",
                expected=f"{len(checked)} finite numbers, one for each row of the couplings",
            )
        if np.any(np.tril(checked)):
            raise InputError(
                "couplings of Ising",
                got="numbers on or below the diagonal",
                expected="each pair once, above the diagonal",
                advice="np.triu(J + J.T, 1) adds up both halves; s * s is a constant",
            )
        object.__setattr__(self, "fields", row)
        object.__setattr__(self, "couplings", checked)
        object.__setattr__(self, "constant", _number(constant, "constant of Ising"))
        _refuse_zero(self.quadratic, "fields and couplings of Ising")

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Ising:
        """Read a file of costs of spins or bits; bits are converted to spins.

        See :func:`hybrid.problems.quadratic.read_quadratic` for the formats.

        Raises:
            InputError: the file cannot be read; the message names the line.
        """
        form = read_quadratic(path).in_spins()
        couplings = np.zeros((len(form.linear), len(form.linear)))
        couplings[form.pairs[:, 0], form.pairs[:, 1]] = form.weights
        return cls(form.linear, couplings, form.constant)

    @property
    def quadratic(self) -> Quadratic:
        """The cost in bits."""
        pairs = np.argwhere(self.couplings != 0.0)
        weights = self.couplings[pairs[:, 0], pairs[:, 1]]
        return Quadratic(self.constant, self.fields, pairs, weights).in_bits()


def _square(matrix: ArrayLike, what: str) -> FloatArray:
    checked = real_array(matrix, what)
    if checked.ndim != 2 or checked.shape[0] != checked.shape[1] or checked.size == 0:
        raise InputError(what, got=f"shape {checked.shape}", expected="shape (n, n)")
    if not np.isfinite(checked).all():
        raise InputError(what, got="NaN or infinity", expected="finite numbers")
    return checked


def _number(value: object, what: str) -> float:
    checked = real_array(value, what)
    if checked.shape != () or not math.isfinite(float(checked)):
        raise InputError(what, got=repr(value)[:60], expected="a finite number")
    return float(checked)


def _refuse_zero(form: Quadratic, what: str) -> None:
    if not (np.any(form.linear) or np.any(form.weights)):
        raise InputError(what, got="zeros only", expected="a cost that depends on a variable")

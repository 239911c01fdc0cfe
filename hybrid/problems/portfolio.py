"""Portfolio selection: choose a fixed number of assets by their mean returns and their risk."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.checks import checked_row, real_array
from hybrid.core.errors import InputError
from hybrid.problems.binary import QUBO, Assignment, Binary
from hybrid.problems.bits import label_of
from hybrid.problems.columns import rows, shown, weight
from hybrid.problems.files import read_text
from hybrid.problems.quadratic import Quadratic

_ROUNDING = 1e-9
"""Allowed negative eigenvalues of a covariance, relative to the largest."""


@dataclass(frozen=True, eq=False)
class Portfolio(Binary):
    """Minimise ``risk x^T S x - (1 - risk) m^T x`` over bits x with ``sum x = budget``.

    Bit k is 1 if asset k is bought. :meth:`cost` leaves the budget to the mixer
    (``hybrid.XYMixer(ones=budget)``); :meth:`penalised` adds it to the cost, for other ansatzes.

    Source: H. Markowitz, J. Finance 7, 77 (1952), with equal amounts.

    Args:
        returns: m, shape (n,), the mean return of each asset.
        covariance: S, shape (n, n), symmetric and positive semidefinite.
        budget: the number of assets to buy, from 1 to n - 1.
        risk: the weight of the variance, from 0 to 1; the rest is that of the return.
        assets: their names; None for "0", "1", ...

    Raises:
        InputError: another shape, numbers that are not finite, a covariance that is not symmetric
            or has a negative eigenvalue, or a budget or risk out of range.

    Example:
        >>> choice = Portfolio([0.1, 0.2, 0.3], np.diag([0.1, 0.1, 0.9]), budget=1)
        >>> best = choice.best()
        >>> choice.chosen(best.bitstring), round(best.value, 6)
        (('1',), -0.05)
    """

    returns: FloatArray = field(repr=False)
    covariance: FloatArray = field(repr=False)
    budget: int
    risk: float = 0.5
    assets: tuple[str, ...] = ()

    def __init__(
        self,
        returns: ArrayLike,
        covariance: ArrayLike,
        budget: int,
        risk: float = 0.5,
        assets: tuple[str, ...] | None = None,
    ) -> None:
        matrix = real_array(covariance, "covariance")
        size = len(matrix) if matrix.ndim else 0
        if matrix.shape != (size, size) or size < 2 or not np.isfinite(matrix).all():
            raise InputError(
                "covariance",
                got=f"shape {matrix.shape}" if matrix.shape != (size, size) else "no such matrix",
                expected="shape (n, n), n > 1, finite numbers",
            )
        if not np.array_equal(matrix, matrix.T):
            raise InputError(
                "covariance",
                got="a matrix that is not symmetric",
                expected="a symmetric one",
                advice="(S + S.T) / 2 is symmetric",
            )
        energies = np.linalg.eigvalsh(matrix)
        if energies[0] < -_ROUNDING * max(abs(energies[-1]), abs(energies[0])):
            raise InputError(
                "covariance",
                got=f"a matrix with the eigenvalue {energies[0]:.2g}",
                expected="no negative eigenvalues",
            )
        if isinstance(budget, bool) or not isinstance(budget, int | np.integer):
            budget = -1
        if not 1 <= budget < size:
            raise InputError("budget", got=str(budget), expected=f"an integer from 1 to {size - 1}")
        share = real_array(risk, "risk")
        if share.shape != () or not 0.0 <= share <= 1.0:
            raise InputError("risk", got=repr(risk)[:60], expected="a number from 0 to 1")
        names = tuple(map(str, range(size))) if assets is None else tuple(map(str, assets))
        if len(names) != size:
            raise InputError("assets", got=f"{len(names)} names", expected=f"{size}")
        for name, value in (
            ("returns", checked_row(returns, size, "returns", "asset")),
            ("covariance", matrix),
            ("budget", int(budget)),
            ("risk", float(share)),
            ("assets", names),
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str], budget: int, risk: float = 0.5) -> Portfolio:
        """Make from a table of returns: their means, and the covariance of the sample.

        The first line has a title for each column; every other line is a period: its label, then
        the return of each asset as a fraction (0.01 for 1 %).

        Raises:
            InputError: fewer than two assets or three periods, a line of another length, or a
                return that is not a number; the message names the line.

        Example:
            >>> stocks = Portfolio.from_csv("examples/data/stocks_10.csv", budget=4)
            >>> stocks.num_qubits, stocks.assets[0]
            (10, 'AAPL')
        """
        name = str(path)
        lines = rows(name, read_text(path, "a table of returns"), ())
        titles, periods = lines[0].columns, lines[1:]
        if len(titles) < 3 or len(periods) < 3:
            raise InputError(
                name,
                got=f"{max(len(titles) - 1, 0)} assets and {len(periods)} periods",
                expected="at least 2 assets and 3 periods: 'period,A,B', then a line for each",
            )
        table = []
        for row in periods:
            if len(row.columns) != len(titles):
                raise InputError(
                    row.where,
                    got=f"{len(row.columns)} columns: {shown(' '.join(row.columns))}",
                    expected=f"{len(titles)}, as in the first line",
                )
            table.append([weight(row.where, column) for column in row.columns[1:]])
        found = np.array(table)
        away = found - found.mean(axis=0)
        covariance = away.T @ away / (len(found) - 1)
        covariance = (covariance + covariance.T) / 2.0
        return cls(found.mean(axis=0), covariance, budget, risk, titles[1:])

    @property
    def quadratic(self) -> Quadratic:
        """The cost in bits, without the budget."""
        matrix = self.risk * self.covariance
        upper = np.argwhere(np.triu(matrix, 1) != 0.0)
        linear = np.diag(matrix) - (1.0 - self.risk) * self.returns
        return Quadratic(0.0, linear, upper, 2.0 * matrix[upper[:, 0], upper[:, 1]])

    def penalised(self, penalty: float | None = None) -> SparsePauliOp:
        """Return the cost plus ``penalty (sum x - budget)^2``.

        Args:
            penalty: positive. If None, the sum of the magnitudes of the cost's coefficients, which
                no gain outweighs.

        Raises:
            InputError: the penalty is not positive.
        """
        form = self.quadratic
        least = float(np.sum(np.abs(form.linear)) + np.sum(np.abs(form.weights)))
        chosen = real_array(least if penalty is None else penalty, "penalty")
        if chosen.shape != () or not 0.0 < chosen < np.inf:
            raise InputError("penalty", got=repr(penalty)[:60], expected="a positive number")
        size = self.num_qubits
        matrix = np.full((size, size), float(chosen))
        np.fill_diagonal(matrix, (1.0 - 2.0 * self.budget) * float(chosen))
        constraint = QUBO(matrix, float(chosen) * self.budget**2)
        return (self.cost() + constraint.cost()).simplify(atol=0.0)

    def allows(self, bitstring: str) -> bool:
        """Return whether as many assets are bought as the budget says."""
        return bitstring.count("1") == self.budget

    def best(self) -> Assignment:
        """Return the allowed choice of lowest cost by exhaustive search.

        Raises:
            InputError: more than 22 assets.
        """
        self._check_width()
        values = self.quadratic.all()
        ones = np.bitwise_count(np.arange(len(values), dtype=np.uint64))
        index = int(np.argmin(np.where(ones == self.budget, values, np.inf)))
        return self._assignment(label_of(index, self.num_qubits))

    def chosen(self, bitstring: str) -> tuple[str, ...]:
        """Return the names of the assets that a bitstring buys."""
        bits = reversed(bitstring)
        return tuple(name for name, bit in zip(self.assets, bits, strict=True) if bit == "1")

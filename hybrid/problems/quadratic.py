"""Quadratic functions of bits or spins, and the files that hold them."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass

import numpy as np

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.errors import InputError
from hybrid.problems.columns import WHOLE_NUMBER, Row, rows, shown, weight
from hybrid.problems.files import read_text

_VARTYPE = re.compile(r"^\s*#.*\bvartype\s*=\s*(\w+)", re.MULTILINE | re.IGNORECASE)
_MOST = 4096
"""Variables; far above any problem that can be simulated, and a matrix of 128 MiB."""


@dataclass(frozen=True, eq=False)
class Quadratic:
    """``constant + sum_k linear_k v_k + sum_e weights_e v_a v_b`` of variables v.

    Attributes:
        constant: the constant.
        linear: shape (n,).
        pairs: shape (E, 2), int64, each pair (a, b) once, a < b.
        weights: shape (E,).
    """

    constant: float
    linear: FloatArray
    pairs: IntArray
    weights: FloatArray

    def in_spins(self) -> Quadratic:
        """Return a function of bits x as one of spins ``s = 1 - 2 x``."""
        quarter = self.weights / 4.0
        constant = self.constant + math.fsum(self.linear) / 2.0 + math.fsum(quarter)
        linear = -self.linear / 2.0
        np.subtract.at(linear, self.pairs[:, 0], quarter)
        np.subtract.at(linear, self.pairs[:, 1], quarter)
        return Quadratic(constant, linear, self.pairs, quarter)

    def in_bits(self) -> Quadratic:
        """Return a function of spins s as one of bits ``x = (1 - s) / 2``."""
        constant = self.constant + math.fsum(self.linear) + math.fsum(self.weights)
        linear = -2.0 * self.linear
        np.subtract.at(linear, self.pairs[:, 0], 2.0 * self.weights)
        np.subtract.at(linear, self.pairs[:, 1], 2.0 * self.weights)
        return Quadratic(constant, linear, self.pairs, 4.0 * self.weights)

    def at(self, values: IntArray) -> float:
        """Return the value at variables of shape (n,)."""
        products = values[self.pairs[:, 0]] * values[self.pairs[:, 1]]
        return math.fsum([self.constant, *(self.linear * values), *(self.weights * products)])

    def all(self) -> FloatArray:
        """Return the values at all bits, shape (2^n,); variable k is bit k of the index."""
        matrix = np.zeros((len(self.linear), len(self.linear)))
        matrix[self.pairs[:, 1], self.pairs[:, 0]] = self.weights
        values = np.array([self.constant])
        for variable, coefficient in enumerate(self.linear):
            slope = np.array([coefficient])
            for lower in range(variable):
                slope = np.concatenate([slope, slope + matrix[variable, lower]])
            values = np.concatenate([values, values + slope])
        return values


def read_quadratic(path: str | os.PathLike[str]) -> Quadratic:
    """Return the function of a file, in bits.

    The format is found from the content:

    * qbsolv's ``.qubo``: comments start with ``c``, ``p qubo 0 variables diagonals couplers``, then
      lines ``k k weight`` and ``j k weight``;
    * dimod's coordinates: ``# vartype=BINARY`` or ``# vartype=SPIN``, then lines ``j k weight``,
      where ``k k weight`` is a linear term.

    Variables are numbered from 0.

    Raises:
        InputError: no file, another format, a pair given twice, or a line that does not fit; the
            message names the line.
    """
    text, name = read_text(path, "a QUBO or Ising file"), str(path)
    lines = [row for row in rows(name, text, ()) if row.columns[0] != "c"]
    kinds = {found.upper() for found in _VARTYPE.findall(text)}
    if lines and lines[0].columns[0] == "p":
        return _qbsolv(name, lines)
    if not lines or kinds not in ({"BINARY"}, {"SPIN"}):
        raise InputError(
            name,
            got="neither a line 'p qubo ...' nor one comment '# vartype=BINARY' or '=SPIN'",
            expected="a file of qbsolv or of dimod with lines 'j k weight'",
            advice="put '# vartype=BINARY' first for bits, '# vartype=SPIN' for spins +1 and -1",
        )
    form = _collected(lines, None)
    return form.in_bits() if kinds == {"SPIN"} else form


def _qbsolv(name: str, lines: list[Row]) -> Quadratic:
    header, *others = lines
    said = header.columns
    if len(said) != 6 or said[1] != "qubo" or not all(map(WHOLE_NUMBER.fullmatch, said[3:])):
        raise InputError(
            header.where,
            got=shown(" ".join(said)),
            expected="p qubo 0 <variables> <diagonals> <couplers>",
        )
    variables, diagonals, couplers = map(int, said[3:])
    form = _collected(others, variables)
    found = len(others) - len(form.weights), len(form.weights)
    if found != (diagonals, couplers):
        raise InputError(
            name,
            got=f"{found[0]} diagonals and {found[1]} couplers",
            expected=f"{diagonals} and {couplers}, as {header.where.rpartition(', ')[2]} says",
            advice="the file may be cut short: write it again",
        )
    return form


def _collected(lines: list[Row], variables: int | None) -> Quadratic:
    """Return the function of lines ``j k weight``."""
    terms: dict[tuple[int, int], float] = {}
    for row in lines:
        first, second, value = _term(row, variables)
        pair = min(first, second), max(first, second)
        if pair in terms:
            raise InputError(
                row.where,
                got=f"the pair {pair[0]} {pair[1]} again",
                expected="each pair once",
                advice="add up the weights",
            )
        terms[pair] = value
    count = variables or 1 + max((pair[1] for pair in terms), default=-1)
    linear = np.zeros(count)
    for (first, second), value in terms.items():
        if first == second:
            linear[first] = value
    pairs = sorted(pair for pair in terms if pair[0] < pair[1])
    weights = np.array([terms[pair] for pair in pairs])
    return Quadratic(0.0, linear, np.array(pairs, dtype=np.int64).reshape(-1, 2), weights)


def _term(row: Row, variables: int | None) -> tuple[int, int, float]:
    columns = row.columns
    most = _MOST if variables is None else min(variables, _MOST)
    if len(columns) != 3 or not row.is_whole_pair():
        raise InputError(
            row.where, got=shown(" ".join(columns)), expected="two variables and a weight: j k w"
        )
    first, second = int(columns[0]), int(columns[1])
    if not max(first, second) < most:
        raise InputError(
            row.where,
            got=f"the pair {first} {second}",
            expected=f"variables from 0 to {most - 1}",
        )
    return first, second, weight(row.where, columns[2])

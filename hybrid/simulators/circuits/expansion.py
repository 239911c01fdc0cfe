"""Expand an Ask into circuit evaluations, and compute the answer from their values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from hybrid.core.arrays import FloatArray, IntArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import NoExactGradientError
from hybrid.programs import FlatCircuit, Step
from hybrid.simulators.circuits.lowering import Lowered
from hybrid.simulators.circuits.shift_rule import ShiftRule, refused, shift_rule


@dataclass(frozen=True)
class Expansion:
    """The circuit evaluations of an Ask, ordered by point; for each, the value, then the shifts.

    A gradient is a weighted sum of values at shifted arguments. A gate that is lowered to several
    gates (an evolution of many strings) can be differentiated as a whole, from its spectrum, or
    gate by gate, with the product rule; the rule with fewer evaluations is used. Noise between the
    lowered gates invalidates the spectrum of the whole, so with noise the product rule is always
    used; it is exact if the noise does not depend on angles.

    Attributes:
        flat: the circuit.
        lowered: the compiled circuit.
        noisy: whether there can be noise between the gates.
        finite_difference: step of central differences, or None for exact rules.
    """

    flat: FlatCircuit
    lowered: Lowered
    noisy: bool
    finite_difference: float | None = None

    def per_point(self, ask: Ask) -> int:
        """Return the number of evaluations per point of the Ask.

        Raises:
            NoExactGradientError: a gradient is wanted, and a gate or expression has no exact rule.
        """
        if not ask.gradient:
            return 1
        if self.finite_difference is not None:
            return 1 + 2 * self.flat.angles.num_parameters
        self._check_expressions(ask)
        return 1 + int(self._shifts.vectors.shape[0])

    def count(self, ask: Ask) -> int:
        """Return the number of evaluations of the Ask."""
        return len(ask.points) * self.per_point(ask)

    def arguments(self, ask: Ask, evaluations: IntArray) -> FloatArray:
        """Return the arguments of the lowered circuit, one row per evaluation."""
        points, steps = np.divmod(evaluations, self.per_point(ask))
        if self.finite_difference is not None:
            moved = ask.points[points]
            shifted = np.flatnonzero(steps)
            columns, side = np.divmod(steps[shifted] - 1, 2)
            moved[shifted, columns] += np.where(side == 0, 1.0, -1.0) * self.finite_difference
            return self._lowered_arguments(moved)
        distinct, place = np.unique(points, return_inverse=True)
        arguments = self._lowered_arguments(ask.points[distinct])[place]
        shifted = np.flatnonzero(steps)
        if len(shifted):
            arguments[shifted] += self._shifts.vectors[steps[shifted] - 1].toarray()
        return arguments

    def told(self, ask: Ask, values: FloatArray, errors: FloatArray | None = None) -> Told:
        """Compute the answer from the values and standard errors of all evaluations.

        Args:
            ask: the Ask.
            values: shape (evaluations,), or (evaluations, M) for M observables.
            errors: standard errors of the same shape, or None for exact values.
        """
        # Evaluations are the last axis: one row per observable.
        several = values.shape[1:]
        table = np.moveaxis(values.reshape(len(ask.points), -1, *several), 1, -1)
        at_points = np.ascontiguousarray(table[..., 0])
        sampled = None
        if errors is not None:
            sampled = errors.reshape(len(ask.points), -1, *several)[:, 0].copy()
        if not ask.gradient:
            return Told(at_points, None, sampled)
        if self.finite_difference is not None:
            gradients = (table[..., 1::2] - table[..., 2::2]) / (2.0 * self.finite_difference)
        else:
            *before, count = table.shape
            shifted = table[..., 1:].reshape(math.prod(before), count - 1)
            by_angle = np.ascontiguousarray((self._shifts.weights @ shifted.T).T)
            by_angle = by_angle.reshape(*table.shape[:-1], by_angle.shape[1])
            gradients = self.flat.angles.pull_back(ask.points, by_angle)
        return Told(at_points, np.ascontiguousarray(gradients), sampled)

    @property
    def description(self) -> str:
        """The gradient rule in a few words."""
        if self.finite_difference is not None:
            return f"gradients by central differences of {self.finite_difference:g} rad"
        return "gradients by exact parameter shifts"

    def _lowered_arguments(self, points: FloatArray) -> FloatArray:
        return self.lowered.angles.angles(self.flat.angles.angles(points))

    @cached_property
    def _shifts(self) -> _Shifts:
        return _shifts_of(self.flat, self.lowered, self.noisy)

    def _check_expressions(self, ask: Ask) -> None:
        """Refuse expressions without derivatives before anything runs."""
        if self.flat.angles.nonlinear:
            nothing = np.zeros((1, self.flat.angles.num_angles))
            self.flat.angles.pull_back(ask.points[:1], nothing)


@dataclass(frozen=True)
class _Shifts:
    """S shifts of the arguments, and the weights that give derivatives by the K angles.

    Attributes:
        vectors: shape (S, arguments), sparse; the shifts.
        weights: shape (K, S), sparse; derivatives are ``weights @ values``.
    """

    vectors: csr_array
    weights: csr_array


def _shifts_of(flat: FlatCircuit, lowered: Lowered, noisy: bool) -> _Shifts:
    """Return the shifts for all derivatives, gate by gate in the circuit's order."""
    if lowered.angles.nonlinear:
        place = lowered.angles.nonlinear[0].slot
        raise refused(lowered.gates[place], "an angle that was compiled to a non-affine function")
    slopes = lowered.angles.matrix  # derivatives of arguments by angles
    by_argument: dict[int, list[tuple[int, float]]] = {}
    rows: list[tuple[dict[int, float], dict[int, float]]] = []
    columns = slopes.tocsc()
    for angle, step in _driven_steps(flat):
        span = slice(columns.indptr[angle], columns.indptr[angle + 1])
        moved = dict(zip(columns.indices[span].tolist(), columns.data[span].tolist(), strict=True))
        whole = None
        if not noisy and step.generator is not None:
            whole = _rule_or_none(step.generator.frequencies(), step.gate.name)
        single = [_rule_or_none(lowered.frequencies[place], "") for place in moved]
        if whole is not None and not _shorter(single, whole):
            for shift, coefficient in zip(whole.shifts, whole.coefficients, strict=True):
                vector = {place: slope * shift for place, slope in moved.items()}
                rows.append((vector, {angle: coefficient}))
            continue
        for place, slope in moved.items():
            by_argument.setdefault(place, []).append((angle, slope))
    for place, users in sorted(by_argument.items()):
        found = lowered.frequencies[place]
        rule = shift_rule(None if found is None else np.array(found), lowered.gates[place])
        for shift, coefficient in zip(rule.shifts, rule.coefficients, strict=True):
            weights = {angle: slope * coefficient for angle, slope in users}
            rows.append(({place: shift}, weights))
    vectors = _sparse([vector for vector, _ in rows], len(lowered.arguments))
    weights = _sparse([weight for _, weight in rows], flat.angles.num_angles)
    return _Shifts(vectors, _sorted(csr_array(weights.T)))


def _driven_steps(flat: FlatCircuit) -> list[tuple[int, Step]]:
    """Return the indices of angles that depend on parameters, with their steps."""
    moving = set(np.flatnonzero(np.diff(flat.angles.matrix.indptr)).tolist())
    moving |= {row.slot for row in flat.angles.nonlinear}
    return [(step.slot, step) for step in flat.steps if step.slot in moving]


def _rule_or_none(frequencies: Sequence[float] | FloatArray | None, gate: str) -> ShiftRule | None:
    try:
        return shift_rule(None if frequencies is None else np.asarray(frequencies), gate)
    except NoExactGradientError:
        return None


def _shorter(single: list[ShiftRule | None], whole: ShiftRule) -> bool:
    """Return whether the product rule takes fewer evaluations than the rule of the whole gate."""
    lengths = [len(rule) for rule in single if rule is not None]
    return len(lengths) == len(single) and sum(lengths) < len(whole)


def _sparse(rows: list[dict[int, float]], width: int) -> csr_array:
    starts = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.array([column for row in rows for column in row], dtype=np.int64)
    entries = np.array([entry for row in rows for entry in row.values()], dtype=np.float64)
    return _sorted(csr_array((entries, columns, starts), shape=(len(rows), width)))


def _sorted(matrix: csr_array) -> csr_array:
    matrix.sort_indices()
    return matrix

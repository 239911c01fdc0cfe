"""Ways to read the measurements of a tape from evaluations of its circuit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pennylane as qml
from pennylane.measurements import ClassicalShadowMP, ShadowExpvalMP, VarianceMP

from hybrid.core.arrays import ComplexArray, FloatArray, IntArray
from hybrid.core.ask import Ask
from hybrid.simulators import Evaluation


@dataclass(frozen=True)
class Read(ABC):
    """Some measurements of a tape that are read from the same evaluation.

    Attributes:
        members: indices of the measurements in the tape.
        evaluation: what is evaluated.
        wires: all wires of the circuit, in PennyLane's order.
    """

    members: tuple[int, ...]
    evaluation: Evaluation[Any]
    wires: tuple[Any, ...]

    def ask(self, points: FloatArray) -> Ask:
        """Return what is asked at the points."""
        return Ask(points)

    @abstractmethod
    def results(
        self, tape: Any, answer: Any, rows: slice, rng: np.random.Generator
    ) -> Sequence[Any]:
        """Return, for each member, its results at some points: an array or a list.

        For a tape with a partition of its shots, return a list of these for each part.

        Args:
            tape: the tape.
            answer: of the evaluation, at all points.
            rows: the tape's points.
            rng: for what is random after the evaluation.
        """


@dataclass(frozen=True)
class Values(Read):
    """Expectation values and variances of sums of Pauli strings.

    Attributes:
        variances: for each member, whether its variance is measured.
    """

    variances: tuple[bool, ...]

    def ask(self, points: FloatArray) -> Ask:
        """Return an Ask with variances if one is measured."""
        return Ask(points, variance=any(self.variances))

    def results(
        self, tape: Any, answer: Any, rows: slice, rng: np.random.Generator
    ) -> Sequence[Any]:
        """Return arrays of shape (B,)."""
        count = len(self.members)
        values = answer.values.reshape(-1, count)[rows]
        if not any(self.variances):
            return list(values.T)
        variances = answer.variances.reshape(-1, count)[rows]
        return [(variances if wanted else values)[:, k] for k, wanted in enumerate(self.variances)]


@dataclass(frozen=True)
class Chances(Read):
    """Probabilities of the outcomes of measuring some wires."""

    def results(
        self, tape: Any, answer: Any, rows: slice, rng: np.random.Generator
    ) -> Sequence[Any]:
        """Return one array of shape (B, 2^k)."""
        return [answer[rows]]


@dataclass(frozen=True)
class FromStates(Read):
    """Everything that PennyLane can read from a state vector."""

    def results(
        self, tape: Any, answer: Any, rows: slice, rng: np.random.Generator
    ) -> Sequence[Any]:
        """Return one array for each member; with shots, of classical shadows."""
        states = np.ascontiguousarray(answer[rows]).view(np.complex128)
        order = qml.wires.Wires(self.wires)
        read = [tape.measurements[k] for k in self.members]
        if not tape.shots:
            return [np.stack([of_state(each, s, order) for s in states]) for each in read]
        return [
            _part_by_part(
                tape,
                [_stacked([_shadow(each, s, order, n, rng) for s in states]) for n in tape.shots],
            )
            for each in read
        ]


@dataclass(frozen=True)
class Shots(Read):
    """Measurements in one common basis, from counts of basis states."""

    def results(
        self, tape: Any, answer: Any, rows: slice, rng: np.random.Generator
    ) -> Sequence[Any]:
        """Return, for each member, an array or a list of dictionaries with one row per point."""
        order = qml.wires.Wires(self.wires)
        found: list[list[Any]] = [[] for _ in self.members]  # by member and part
        samples = [_samples_of(counts, len(self.wires), rng) for counts in answer[rows]]
        measurements = [_simple(tape.measurements[member]) for member in self.members]
        for lower, upper in tape.shots.bins():
            for place, measured in enumerate(measurements):
                each = [measured.process_samples(s[lower:upper], order) for s in samples]
                found[place].append(_stacked(each))
        return [_part_by_part(tape, parts) for parts in found]


def of_state(measured: Any, state: ComplexArray, order: Any) -> Any:
    """Return the result of a measurement without shots, from a state vector."""
    obs = measured.obs
    if obs is None:
        return np.asarray(measured.process_state(state, order))
    matrix = obs.sparse_matrix(wire_order=order).tocsr()
    image = matrix @ state
    value = np.vdot(state, image).real
    if isinstance(measured, VarianceMP):
        return np.vdot(image, image).real - value**2
    return value


def is_shadow(measured: Any) -> bool:
    """Return whether a measurement draws a random basis for each shot."""
    return isinstance(measured, ClassicalShadowMP | ShadowExpvalMP)


def _shadow(
    measured: Any, state: ComplexArray, order: Any, shots: int, rng: np.random.Generator
) -> Any:
    tensor = state.reshape([2] * len(order))
    return measured.process_state_with_shots(tensor, order, shots, rng=rng)


def _simple(measured: Any) -> Any:
    """Return a measurement whose product of Pauli matrices has each wire once."""
    if isinstance(measured.obs, qml.ops.Prod) and measured.obs.has_overlapping_wires:
        return type(measured)(obs=qml.simplify(measured.obs))
    return measured


def _samples_of(counts: dict[str, int], width: int, rng: np.random.Generator) -> IntArray:
    """Return the bits of each shot in random order, shape (shots, width), first wire first."""
    outcomes = np.array([int(label, 2) for label in counts], dtype=np.int64)
    drawn = rng.permutation(np.repeat(outcomes, list(counts.values())))
    return drawn[:, None] >> np.arange(width - 1, -1, -1) & 1


def _stacked(results: list[Any]) -> Any:
    """Return the results at all points, as an array with one row per point if they are arrays."""
    return results if isinstance(results[0], dict) else np.stack(results)


def _part_by_part(tape: Any, parts: list[Any]) -> Any:
    return parts if tape.shots.has_partitioned_shots else parts[0]

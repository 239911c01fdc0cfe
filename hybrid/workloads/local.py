"""Simulators as a piece sees them: expectation values and samples on this rank alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.checks import checked_points
from hybrid.core.seeds import derive
from hybrid.programs import compile_program, flatten
from hybrid.simulators import Evaluation
from hybrid.simulators.native import CotangentsOf, NativeEvaluation
from hybrid.simulators.sampling import Counts, SamplingEvaluation
from hybrid.simulators.states import states_of
from hybrid.workloads.base import Sampling
from hybrid.workloads.compiled import compiled_expectation


def answer(evaluation: Evaluation[Any], ask: Ask, *, seed: int, threads: int) -> Any:
    """Return the answer to an Ask, all of its pieces run here, one after the other.

    Args:
        evaluation: what answers.
        ask: the question.
        seed: of whatever is random; piece k is seeded by (seed, k).
        threads: for each piece.
    """
    pieces = evaluation.pieces(ask)
    return evaluation.combine(
        ask,
        [
            evaluation.run(ask, piece, seed=derive(seed, piece.index), threads=threads)
            for piece in pieces
        ],
    )


def pull_back(
    evaluation: Evaluation[Told],
    points: FloatArray,
    cotangents: CotangentsOf,
    *,
    seed: int,
    threads: int,
) -> FloatArray:
    """Return the sum of the gradients at points, weighted by cotangents of the values, shape (P,).

    Args:
        evaluation: what gives values and gradients; the kernels sum by themselves.
        points: shape (B, P).
        cotangents: from the values of some points, shape (k,), and which they are, to weights,
            shape (k,); called for all points, in order.
        seed: of whatever is random.
        threads: to use.
    """
    if isinstance(evaluation, NativeEvaluation):
        return evaluation.pull_back(points, cotangents, threads=threads)[1]
    told = answer(evaluation, Ask(points, gradient=True), seed=seed, threads=threads)
    assert told.gradients is not None
    summed: FloatArray = cotangents(told.values, slice(0, len(points))) @ told.gradients
    return summed


@dataclass
class LocalSimulator:
    """What ``run(piece, simulator)`` computes with: this rank, the run's simulator and shots.

    Whatever is random is seeded by the piece and by how many calls were made before in the same
    piece, so answers do not depend on which rank runs the piece.

    Attributes:
        sampling: simulator, shots and way to gradients, as the run was told.
        seed: of the piece.
        threads: that the piece may use.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> from qiskit.quantum_info import SparsePauliOp
        >>> simulator = LocalSimulator(Sampling(), seed=1)
        >>> float(simulator.expectation(QuantumCircuit(1), SparsePauliOp("Z"), [])[0])
        1.0
    """

    sampling: Sampling
    seed: int
    threads: int = 1
    _calls: int = field(default=0, repr=False)

    def expectation(
        self,
        circuit: QuantumCircuit,
        observable: SparsePauliOp,
        points: ArrayLike,
        *,
        gradient: bool = False,
    ) -> Any:
        """Return values of shape (B,), with ``gradient`` also gradients of shape (B, P).

        Arguments and errors are those of :func:`hybrid.expectation`; nothing is collective.
        """
        told = self.estimate(circuit, observable, points, gradient=gradient)
        return (told.values, told.gradients) if gradient else told.values

    def estimate(
        self,
        circuit: QuantumCircuit,
        observable: SparsePauliOp,
        points: ArrayLike,
        *,
        gradient: bool = False,
    ) -> Told:
        """Return values and gradients with standard errors, see :func:`hybrid.estimate`."""
        workload = compiled_expectation(circuit, observable)
        evaluation = workload.prepare(self.sampling)
        ask = Ask(checked_points(points, workload.num_parameters), gradient)
        told: Told = answer(evaluation, ask, seed=self._next_seed(), threads=self.threads)
        return told

    def sample(self, circuit: QuantumCircuit, points: ArrayLike, shots: int) -> list[Counts]:
        """Return for each point how often each bit string is seen, see :func:`hybrid.sample`."""
        program = compile_program(flatten(circuit))
        evaluation = SamplingEvaluation(program, shots)
        ask = Ask(checked_points(points, program.angles.num_parameters))
        counts: list[Counts] = answer(evaluation, ask, seed=self._next_seed(), threads=self.threads)
        return counts

    def states(self, circuit: QuantumCircuit, points: ArrayLike) -> Any:
        """Return the state vectors at points, shape (B, 2^n), complex128; always exact.

        They have the global phase that Qiskit gives them.
        """
        program = compile_program(flatten(circuit))
        return states_of(
            program,
            checked_points(points, program.angles.num_parameters),
            threads=self.threads,
            phase=True,
        )

    def rng(self) -> np.random.Generator:
        """Return a generator of random numbers, seeded by the piece and the call."""
        return np.random.default_rng(self._next_seed())

    def _next_seed(self) -> int:
        self._calls += 1
        return derive(self.seed, self._calls)

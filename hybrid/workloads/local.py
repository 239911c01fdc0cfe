"""The simulator of a piece: expectation values and samples on this rank alone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from hybrid.core.ask import Ask, Told
from hybrid.core.checks import checked_points, checked_shots
from hybrid.core.errors import InputError
from hybrid.core.memory import check_memory
from hybrid.core.seeds import derive
from hybrid.runtime.inside import count_circuits
from hybrid.runtime.memory import free_bytes
from hybrid.simulators.base import Counts
from hybrid.simulators.native.sampling import check_shots
from hybrid.simulators.native.states import states_of
from hybrid.simulators.registry import check_exact
from hybrid.workloads.base import Sampling
from hybrid.workloads.compiled import (
    compiled_circuit,
    compiled_expectation,
    compiled_program,
    compiled_sampler,
    is_sequence,
    with_axis,
)


@dataclass
class LocalSimulator:
    """Simulator argument of ``run(piece, simulator)``: this rank, with the run's settings.

    Random numbers are seeded by the piece and the number of previous calls in it, so answers do not
    depend on which rank runs the piece.

    Attributes:
        sampling: simulator, shots and gradient rule of the run.
        seed: seed of the piece.
        threads: number of threads of the piece.

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
        observable: SparsePauliOp | Sequence[SparsePauliOp],
        points: ArrayLike = (),
        *,
        gradient: bool = False,
    ) -> Any:
        """Return values, shape (B,); with ``gradient`` also gradients, shape (B, P).

        Not collective. Arguments, errors and the shapes for several observables are those of
        :func:`hybrid.expectation`.
        """
        told = self.estimate(circuit, observable, points, gradient=gradient)
        return (told.values, told.gradients) if gradient else told.values

    def estimate(
        self,
        circuit: QuantumCircuit,
        observable: SparsePauliOp | Sequence[SparsePauliOp],
        points: ArrayLike = (),
        *,
        gradient: bool = False,
    ) -> Told:
        """Return values and gradients with standard errors; see :func:`hybrid.estimate`."""
        workload = compiled_expectation(circuit, observable)
        evaluation = workload.prepare(self.sampling)
        ask = Ask(checked_points(points, workload.num_parameters), gradient)
        _check_fits(
            evaluation.memory_bytes(ask),
            workload.num_qubits,
            halves=evaluation.complex64_halves_memory(ask),
        )
        with _timed():
            told = evaluation.answer(ask, seed=self._next_seed(), threads=self.threads)
        return with_axis(told) if is_sequence(observable) and len(observable) == 1 else told

    def sample(
        self, circuit: QuantumCircuit, points: ArrayLike = (), shots: int | None = None
    ) -> list[Counts]:
        """Return counts of bit strings for each point; see :func:`hybrid.sample`."""
        flat = compiled_circuit(circuit)
        wanted = checked_shots(shots)
        if wanted is None:
            raise InputError("shots", got="None", expected="a positive integer")
        ask = Ask(checked_points(points, flat.angles.num_parameters))
        check_shots(wanted, len(ask.points))
        evaluation = compiled_sampler(circuit, self.sampling.simulator, wanted)
        _check_fits(evaluation.memory_bytes(ask), flat.num_qubits)
        with _timed():
            return evaluation.answer(ask, seed=self._next_seed(), threads=self.threads)

    def states(self, circuit: QuantumCircuit, points: ArrayLike = ()) -> Any:
        """Return the state vectors at points, shape (B, 2^n), complex128.

        Global phases are those of Qiskit.

        Raises:
            InputError: the run has shots, or a simulator whose states are not exact.
        """
        check_exact(self.sampling.simulator, self.sampling.shots, "states")
        program = compiled_program(circuit)
        checked = checked_points(points, program.angles.num_parameters)
        _check_fits((len(checked) + 1) * (16 << program.num_qubits), program.num_qubits)
        with _timed():
            return states_of(program, checked, threads=self.threads, phase=True)

    def rng(self) -> np.random.Generator:
        """Return a random generator, seeded by the piece and the call."""
        return np.random.default_rng(self._next_seed())

    def _next_seed(self) -> int:
        self._calls += 1
        return derive(self.seed, self._calls)


@contextmanager
def _timed() -> Iterator[None]:
    """Count what runs in this context as circuits of the piece."""
    start = time.perf_counter()
    try:
        yield
    finally:
        count_circuits(time.perf_counter() - start)


_WORTH_A_LOOK = 1 << 24
"""Bytes below which free memory is not read: reading it takes as long as a small evaluation."""


def _check_fits(needed: int, num_qubits: int, *, halves: bool = False) -> None:
    """Refuse an evaluation that needs more memory than is free, and state what would fit."""
    if needed > _WORTH_A_LOOK:
        free = free_bytes()
        check_memory(needed, free, ranks_on_host=1, num_qubits=num_qubits, halves=halves)

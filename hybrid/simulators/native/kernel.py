"""Evaluations of one program in the native kernels, on one rank or a group of ranks."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from hybrid import _kernels
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Want
from hybrid.core.work import Sharding, Work
from hybrid.programs import ParameterMap, Program, count_operations
from hybrid.sharding import Group
from hybrid.sharding.program import DistributedProgram, Reading, shardings
from hybrid.simulators.base import Answer, Evaluation

NARROWEST_DISTRIBUTED = 13
"""Narrower states fit in one block, or are simulated in lanes."""
_WIDEST = _kernels.limits()["qubits"]
"""Kernels count bytes in 64 bits; beyond this width, only the order of magnitude matters."""


@dataclass(frozen=True)
class KernelEvaluation(Evaluation[Answer]):
    """Base class of evaluations of a program in the kernels.

    Attributes:
        program: the compiled circuit.
        loaded: the distributed program that replaces the kernel program on a group, else None.
    """

    program: Program
    loaded: Any = field(default=None, repr=False, compare=False, kw_only=True)

    @cached_property
    def kernel_program(self) -> _kernels.Program:
        """The program in the kernels, or its distributed replacement on a group."""
        program: _kernels.Program = self.program.kernel if self.loaded is None else self.loaded
        return program

    @property
    def may_distribute(self) -> bool:
        """True: the kernels can run every program on a group."""
        return True

    def on_group(self, group: Group) -> Self:
        """Return a copy whose states are distributed over a group."""
        return replace(self, loaded=DistributedProgram(self.kernel_program, group))

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return the possible distributions of one state; none for narrow ones."""
        if self.program.num_qubits < NARROWEST_DISTRIBUTED:
            return ()
        return self._gradient_shardings if ask.gradient else self._value_shardings

    @abstractmethod
    def shardings_for(self, *, gradient: bool) -> tuple[Sharding, ...]:
        """Return the possible distributions of one state, with or without a gradient."""

    @cached_property
    def _value_shardings(self) -> tuple[Sharding, ...]:
        return self.shardings_for(gradient=False)

    @cached_property
    def _gradient_shardings(self) -> tuple[Sharding, ...]:
        return self.shardings_for(gradient=True)


@dataclass(frozen=True)
class StateEvaluation(KernelEvaluation[Answer]):
    """Base class of evaluations that read one exact state per point, without observables."""

    answers: ClassVar[frozenset[Want]] = frozenset({Want.VALUES})

    @cached_property
    def operations(self) -> tuple[tuple[str, float], ...]:
        """Operations of one state, by kind."""
        return count_operations(self.program)

    def of_a_state(self, ask: Ask, *, answered: int, seconds: float = 0.0) -> Work:
        """Return the work of computing and reading a state.

        Args:
            ask: the Ask.
            answered: bytes of the partial answer.
            seconds: time to read the state.
        """
        return Work(
            "native",
            self.program.num_qubits,
            1,
            self.operations,
            seconds=seconds,
            answered=answered,
            shardings=self.shardings(ask),
        )


def metric_shardings(kernel: _kernels.Program, num_parameters: int) -> tuple[Sharding, ...]:
    """Return the possible distributions of a metric, with the memory of the leader's array."""
    repeats = 1 + kernel.num_slots
    found = shardings(kernel, Reading.EXPECTATION, gradient=True, repeats=repeats)
    array = 8 * num_parameters**2
    return tuple(replace(each, memory_bytes=each.memory_bytes + array) for each in found)


def metric_at(
    kernel: _kernels.Program, angle_map: ParameterMap, point: FloatArray, threads: int
) -> FloatArray:
    """Return the Fubini-Study metric at a point of shape (P,), shape (P, P), symmetric."""
    by_angle = kernel.metric(angle_map.angles(point[None])[0], threads=threads)
    repeated = np.broadcast_to(point, (angle_map.num_angles, len(point)))
    by_parameter = angle_map.pull_back(repeated, by_angle)  # (K, P)
    repeated = np.broadcast_to(point, (len(point), len(point)))
    metric = angle_map.pull_back(repeated, np.ascontiguousarray(by_parameter.T))
    return np.ascontiguousarray((metric + metric.T) / 2)


def state_bytes(num_qubits: int, *, gradient: bool, single: bool, several: bool = False) -> int:
    """Return the bytes that the kernels allocate for one point, with one or several observables."""
    width = min(num_qubits, _WIDEST)
    return int(_kernels.memory_bytes(width, gradient, single, several)) << (num_qubits - width)

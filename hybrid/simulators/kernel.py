"""Evaluations of one program in the native kernels, on one rank or on a group that shares it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

from hybrid import _kernels
from hybrid.core.ask import Ask, Want
from hybrid.core.work import Sharding, Work
from hybrid.programs import Program, count_operations
from hybrid.sharding import Group
from hybrid.sharding.program import SpreadProgram
from hybrid.simulators.base import Answer, Evaluation

_NARROWEST = 13
"""Narrower states are one block, or are taken several at once."""
_WIDEST = 48
"""Kernels count bytes in 64 bits; beyond this width only the order of magnitude matters."""


@dataclass(frozen=True)
class KernelEvaluation(Evaluation[Answer]):
    """What the kernels compute of the states of a program.

    Attributes:
        program: the compiled circuit.
        loaded: what runs in the place of the program in the kernels, on a group; else None.
    """

    may_spread: ClassVar[bool] = True
    program: Program
    loaded: Any = field(default=None, repr=False, compare=False, kw_only=True)

    @cached_property
    def kernel_program(self) -> _kernels.Program:
        """The program in the kernels, or what takes its place on a group of ranks."""
        program: _kernels.Program = self.program.kernel if self.loaded is None else self.loaded
        return program

    def on_group(self, group: Group) -> Evaluation[Answer]:
        """Return it with its states spread over a group."""
        return replace(self, loaded=SpreadProgram(self.kernel_program, group))

    def shardings(self, ask: Ask) -> tuple[Sharding, ...]:
        """Return how one state may be spread; empty for narrow ones."""
        if self.program.num_qubits < _NARROWEST:
            return ()
        return self._spread_gradients if ask.gradient else self._spread_values

    @abstractmethod
    def spread(self, *, gradient: bool) -> tuple[Sharding, ...]:
        """Return how one state may be spread, whether or not a gradient is wanted."""

    @cached_property
    def _spread_values(self) -> tuple[Sharding, ...]:
        return self.spread(gradient=False)

    @cached_property
    def _spread_gradients(self) -> tuple[Sharding, ...]:
        return self.spread(gradient=True)


@dataclass(frozen=True)
class StateEvaluation(KernelEvaluation[Answer]):
    """What is read of one exact state at each point, without an observable."""

    answers: ClassVar[frozenset[Want]] = frozenset({Want.VALUES})

    @cached_property
    def operations(self) -> tuple[tuple[str, float], ...]:
        """What one state takes, by kind of operation."""
        return count_operations(self.program, None)

    def of_a_state(self, ask: Ask, *, answered: int, seconds: float = 0.0) -> Work:
        """Return the work of making a state and reading it.

        Args:
            ask: the question.
            answered: bytes of the partial answer.
            seconds: of reading.
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


def state_bytes(num_qubits: int, *, gradient: bool, single: bool) -> int:
    """Return the bytes that the kernels allocate for one point."""
    width = min(num_qubits, _WIDEST)
    return int(_kernels.memory_bytes(width, gradient, single)) << (num_qubits - width)

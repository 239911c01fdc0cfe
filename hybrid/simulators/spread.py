"""Evaluations whose state may be spread over a group of ranks."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from hybrid.core.ask import Ask
from hybrid.core.work import Sharding
from hybrid.sharding import Group
from hybrid.sharding.program import Reading, SpreadProgram, shardings
from hybrid.simulators.native import NativeEvaluation
from hybrid.simulators.per_point import Amplitudes, Metric, PerPoint, Probabilities
from hybrid.simulators.sampling import SamplingEvaluation

_NARROWEST = 13
"""Narrower states are one block, or are taken several at once."""


def shardings_of(evaluation: Any, ask: Ask) -> tuple[Sharding, ...]:
    """Return how one state of an evaluation may be spread over ranks, by ascending shards.

    Empty for evaluations that may not.
    """
    if not is_spreadable(evaluation) or evaluation.program.num_qubits < _NARROWEST:
        return ()
    return _known(_ById(evaluation), ask.gradient)


def is_spreadable(evaluation: Any) -> bool:
    """Return whether an evaluation of this kind can run on a group of ranks."""
    return isinstance(evaluation, NativeEvaluation | SamplingEvaluation | PerPoint)


def over_group(evaluation: Any, group: Group) -> Any:
    """Return an evaluation as the members of a group run it; partial answers hold on its leader."""
    spread = replace(evaluation)
    spread.__dict__["kernel_program"] = SpreadProgram(evaluation.kernel_program, group)
    return spread


class _ById:
    """An evaluation as a key: the object itself, which does not change."""

    def __init__(self, evaluation: Any) -> None:
        self.evaluation = evaluation

    def __hash__(self) -> int:
        return id(self.evaluation)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.evaluation is self.evaluation


@lru_cache(maxsize=16)
def _known(key: _ById, gradient: bool) -> tuple[Sharding, ...]:
    evaluation = key.evaluation
    program = evaluation.kernel_program
    if isinstance(evaluation, NativeEvaluation):
        return shardings(
            program,
            Reading.EXPECTATION,
            evaluation.kernel_observable,
            gradient=gradient,
            single=evaluation.single,
        )
    if isinstance(evaluation, Metric):
        repeats = 1 + program.num_slots
        found = shardings(program, Reading.EXPECTATION, gradient=True, repeats=repeats)
        return _with_array(found, evaluation)
    if isinstance(evaluation, Probabilities):
        return _with_array(shardings(program, Reading.PROBABILITIES), evaluation)
    assert isinstance(evaluation, SamplingEvaluation | Amplitudes)
    return shardings(program, Reading.SHOTS)


def _with_array(found: tuple[Sharding, ...], evaluation: PerPoint) -> tuple[Sharding, ...]:
    """Return the memory with that of the whole answer, which the leader holds."""
    return tuple(
        replace(each, memory_bytes=each.memory_bytes + evaluation.array_bytes) for each in found
    )

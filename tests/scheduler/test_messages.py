"""What travels between ranks is counted and priced."""

from __future__ import annotations

import numpy as np

from hybrid.core.ask import Ask
from hybrid.core.piece import Piece
from hybrid.machine import reference
from hybrid.programs import flatten
from hybrid.scheduler.messages import Traffic
from hybrid.simulators.counted import counted
from hybrid.simulators.native.per_point import Amplitudes, Metric, Probabilities
from hybrid.simulators.native.rates import (
    evaluation_of,
    layered,
)
from hybrid.simulators.native.sampling import SamplingEvaluation

MACHINE = reference().with_speed(1.0)


def test_what_travels_is_counted() -> None:
    evaluation = evaluation_of(layered(4, 1), _z(4))
    ask = Ask(np.zeros((10, 8)), True)
    pieces = tuple(Piece(k, "points", 5 * k, 5 * k + 5) for k in range(2))
    traffic = Traffic.of(counted(evaluation, ask, pieces))
    assert traffic == Traffic(asked=640, answered=720)
    assert traffic.seconds(MACHINE, 1) < traffic.seconds(MACHINE, 2) < traffic.seconds(MACHINE, 3)


def test_answers_of_states_count_with_their_arrays() -> None:
    program = flatten(layered(14, 1)).program
    ask = Ask(np.zeros((1, program.angles.num_parameters)))
    numbers = program.angles.num_parameters**2
    for evaluation, expected in (
        (Probabilities(program, tuple(range(14))), 8 << 14),
        (Amplitudes(program, (0, 5, 9)), 3 * 16),
        (Metric(program), 8 * numbers),
        (SamplingEvaluation(program, 100), 16 * 100),
    ):
        (piece,) = counted(evaluation, ask)
        assert Traffic.of([piece]).answered == expected
        assert piece.work is not None
        assert piece.work.memory_bytes >= (16 << 14) + expected


def _z(width: int):
    from qiskit.quantum_info import SparsePauliOp

    return SparsePauliOp("Z" * width)

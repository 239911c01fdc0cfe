"""What is measured of a machine, and what is predicted from it."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.piece import Piece
from hybrid.core.work import Work
from hybrid.machine import load, reference, save
from hybrid.machine.fit import costs_of
from hybrid.machine.timer import timings_of_calls
from hybrid.programs import compile_program, flatten
from hybrid.scheduler.messages import Traffic
from hybrid.simulators.counted import counted
from hybrid.simulators.native import cost as native_cost
from hybrid.simulators.native.cost import name_of
from hybrid.simulators.native.per_point import Amplitudes, Metric, Probabilities
from hybrid.simulators.native.rates import (
    contention,
    evaluation_of,
    layered,
    native_rates,
    native_timings,
)
from hybrid.simulators.native.sampling import SamplingEvaluation
from hybrid.simulators.predict import seconds_of

MACHINE = reference().with_speed(1.0)


@given(st.lists(st.floats(1e-6, 1e-3), min_size=3, max_size=3))
def test_costs_are_found_again(costs: list[float]) -> None:
    kinds = ["call", "gate", "mask"]
    rows = [
        {"call": 1.0, "gate": float(gates), "mask": float(masks)}
        for gates, masks in ((1, 0), (20, 0), (1, 10), (40, 40))
    ]
    seconds = [
        sum(row.get(kind, 0.0) * cost for kind, cost in zip(kinds, costs, strict=True))
        for row in rows
    ]
    assert list(costs_of(rows, seconds, kinds).values()) == pytest.approx(costs, rel=1e-6)


def test_calls_are_measured_in_passes() -> None:
    order: list[int] = []
    calls = [lambda k=k: order.append(k) for k in range(3)]
    assert all(
        spent > 0.0
        for spent in (timing.least for timing in timings_of_calls(calls, budget=1e-5, passes=2))
    )
    firsts = [k for before, k in zip([None, *order], order, strict=False) if k != before]
    assert firsts == [0, 1, 2, 0, 1, 2]


def test_under_contention_usual_calls_take_longer_than_the_best() -> None:
    durations = itertools.cycle([0.002, 0.06])
    (timing,) = timings_of_calls([lambda: time.sleep(next(durations))], budget=1e-4, passes=2)
    assert timing.least < 0.03 < timing.usual


def test_rates_of_all_kinds_are_measured_on_both_sides_of_a_shape() -> None:
    timings = native_timings(widths=(4, 12), budget=1e-4)
    assert 1.0 <= contention(timings) < 100.0
    found = native_rates(timings)
    assert found.keys() == native_cost.NAMES
    assert found[name_of("gate", gradient=True)].widths == (4, 12)
    assert found[name_of("batch", gradient=True)].widths == (4,)


@pytest.mark.parametrize("engine", ["native", "aer"])
def test_rates_that_a_machine_file_lacks_leave_the_other_engines_predicted(
    engine, tmp_path
) -> None:
    path = tmp_path / "machine.json"
    gates = (("gate", 100.0),)
    rates = {name: curve for name, curve in MACHINE.rates.items() if not name.startswith(engine)}
    one_left = next(name for name in MACHINE.rates if name.startswith(engine))
    for some in (rates, rates | {one_left: MACHINE.rates[one_left]}):
        save(MACHINE.model_copy(update={"rates": some}), path)
        for other in ("native", "aer"):
            work = Work(other, 8, 1, gates)
            expected = None if other == engine else seconds_of(work, MACHINE, 1)
            assert seconds_of(work, load(path), 1) == expected


def test_a_damaged_machine_file_is_refused(tmp_path) -> None:
    path = tmp_path / "machine.json"
    path.write_text(MACHINE.model_dump_json().replace('"cores":', '"kernels":'))
    with pytest.raises(InputError, match="hybrid calibrate"):
        load(path)


def test_machine_files_that_call_contention_disturbance_are_read(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "machine.json"
    save(reference().model_copy(update={"contention": 1.5}), path)
    path.write_text(path.read_text().replace('"contention"', '"disturbance"'))
    assert load(path).contention == 1.5


def test_points_side_by_side_come_in_eights() -> None:
    def of(circuits: int, width: int) -> float:
        work = Work("native", width, circuits, (("gate", 100.0),))
        return seconds_of(work, MACHINE, 1) or 0.0

    assert of(2, 8) == of(8, 8) < of(9, 8)
    assert of(2, 12) < of(3, 12)


def test_what_travels_is_counted() -> None:
    evaluation = evaluation_of(layered(4, 1), _z(4))
    ask = Ask(np.zeros((10, 8)), True)
    pieces = tuple(Piece(k, "points", 5 * k, 5 * k + 5) for k in range(2))
    traffic = Traffic.of(counted(evaluation, ask, pieces))
    assert traffic == Traffic(asked=640, answered=720)
    assert traffic.seconds(MACHINE, 1) < traffic.seconds(MACHINE, 2) < traffic.seconds(MACHINE, 3)


def test_each_wide_build_has_a_reference_and_others_borrow_one() -> None:
    gate = name_of("gate", gradient=True)
    wide, less_wide = reference("x86-64-v4"), reference("x86-64-v3")
    assert wide.rates[gate].at(16) < less_wide.rates[gate].at(16)
    assert reference("portable") == less_wide


def test_answers_of_states_count_with_their_arrays() -> None:
    program = compile_program(flatten(layered(14, 1)))
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

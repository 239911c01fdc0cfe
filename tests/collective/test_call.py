"""A call is checked on every rank, agreed on, and run by one team."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.collective.call import Prepared, answer, answer_with_seed, check_fits
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.core.resources import Resources
from hybrid.runtime import World
from hybrid.simulators import Aer
from hybrid.workloads import Sampling

WIDTH = 16
NEEDED = 16 << WIDTH


def prepared(
    width: int = 4, *, points: int = 3, aer: bool = False, seed: int | None = 7
) -> Prepared:
    workload = hybrid.VQE(real_amplitudes(width, reps=1), SparsePauliOp("Z" * width))
    sampling = Sampling(Aer(), 100) if aer else Sampling()
    return Prepared(
        evaluation=workload.prepare(sampling),
        first_ask=Ask(np.full((points, workload.num_parameters), 0.3)),
        num_qubits=width,
        contents=workload.contents,
        seed=seed,
    )


def test_a_state_that_fits_on_no_rank_is_refused() -> None:
    call = prepared(WIDTH)
    held = call.evaluation.memory_bytes(call.first_ask)
    assert held >= NEEDED
    check_fits(call, 1, held)
    with pytest.raises(InputError, match=f"memory: got a state of {WIDTH} qubits"):
        check_fits(call, 1, held - 1)


def test_ranks_that_may_share_a_state_leave_it_to_the_scheduler() -> None:
    check_fits(prepared(WIDTH), 2, 1)
    with pytest.raises(InputError, match="memory"):
        check_fits(prepared(WIDTH, aer=True), 2, 1)  # Aer shares none


def test_no_points_need_no_memory() -> None:
    check_fits(prepared(WIDTH, points=0), 1, 0)


def test_what_ranks_agree_on() -> None:
    call = prepared()
    agreed = call.agreed()
    assert agreed.items() >= call.contents().items()
    for other in (
        replace(call, seed=8),
        replace(call, first_ask=replace(call.first_ask, gradient=True)),
        replace(call, resources=Resources.checked(2)),
    ):
        assert sum(agreed[name] != value for name, value in other.agreed().items()) == 1


@pytest.mark.ranks
def test_every_rank_has_the_answer(job: World) -> None:
    call = prepared(points=5)
    told = answer("a test", prepared_of(call))
    alone = call.evaluation.answer(call.first_ask, seed=7, threads=1)
    assert told.values.tobytes() == alone.values.tobytes()


@pytest.mark.ranks
def test_a_seed_is_drawn_once_for_all_ranks(job: World) -> None:
    call = prepared(aer=True, seed=None)
    told, seed = answer_with_seed("a test", prepared_of(call))
    every = {value.hex() for value in map(bytes, job.communicator.all_gather(str(seed).encode()))}
    assert len(every) == 1
    again, same = answer_with_seed("a test", prepared_of(replace(call, recorded_seed=seed)))
    assert same == seed
    assert again.values.tobytes() == told.values.tobytes()
    _, other = answer_with_seed("a test", prepared_of(call))
    assert other != seed


def prepared_of(call: Prepared):  # type: ignore[no-untyped-def]
    return lambda: call

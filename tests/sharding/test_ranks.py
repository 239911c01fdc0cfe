"""Distributed states give the same bits as one rank, for every kind of answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask
from hybrid.core.errors import InputError
from hybrid.optimizers.base import Solution, Steps
from hybrid.runtime import World
from hybrid.runtime.messages import pack, unpack

N = 15
CHAIN = SparsePauliOp.from_sparse_list(
    [("ZZ", [q, q + 1], 1.0) for q in range(N - 1)]
    + [("X", [q], 0.5) for q in range(N)]
    + [("XYX", [0, 7, N - 1], 0.3)],
    N,
)


def circuit() -> QuantumCircuit:
    angles = ParameterVector("a", 6)
    made = QuantumCircuit(N)
    for layer in range(2):
        for qubit in range(N):
            made.ry(angles[(qubit + layer) % 6], qubit)
        for qubit in range(N - 1):
            made.cx(qubit, qubit + 1)
        made.rzz(angles[0], 0, N - 1)
        made.rxx(angles[1], 2, N - 2)
    return made


FIELD = SparsePauliOp.from_sparse_list([("X", [q], 1.0) for q in (0, 3, N - 1)], N)


@dataclass(frozen=True)
class NaturalStep:
    """One step along the gradient in the geometry of states."""

    name: str = "natural step"

    def steps(self, x0: FloatArray, seed: int) -> Steps:
        told = yield Ask(x0[None], gradient=True, metric=True)
        x = x0 - 0.1 * np.linalg.solve(told.metric[0] + 1e-3 * np.eye(len(x0)), told.gradients[0])
        return Solution(x, float(told.values[0]), True, "Done.", 1)


POINTS = np.random.default_rng(3).uniform(-2, 2, (3, 6))

QUESTIONS: dict[str, Callable[..., Any]] = {
    "values": lambda **how: hybrid.expectation(circuit(), CHAIN, POINTS, **how),
    "gradients": lambda **how: hybrid.expectation(circuit(), CHAIN, POINTS, gradient=True, **how)[
        1
    ],
    "several observables": lambda **how: np.concatenate(
        [
            part.ravel()
            for part in hybrid.expectation(
                circuit(), [CHAIN, FIELD], POINTS[:2], gradient=True, **how
            )
        ]
    ),
    "natural gradient": lambda **how: (
        hybrid.minimize(hybrid.VQE(circuit(), CHAIN), NaturalStep(), x0=POINTS[0], seed=1, **how).x
    ),
    "complex64": lambda **how: hybrid.expectation(
        circuit(),
        CHAIN,
        POINTS,
        gradient=True,
        simulator=hybrid.simulators.Native(precision="complex64"),
        **how,
    )[1],
    "shots": lambda **how: hybrid.sample(circuit(), POINTS, 300, seed=4, **how),
    "probabilities": lambda **how: hybrid.probabilities(circuit(), POINTS, [N - 1, 0, 5], **how),
    "many probabilities": lambda **how: hybrid.probabilities(circuit(), POINTS[0], **how),
    "amplitudes": lambda **how: hybrid.amplitudes(circuit(), POINTS, [0, "1" * N, 77], **how),
    "metric": lambda **how: hybrid.metric(circuit(), POINTS[0], **how),
    "minimum": lambda **how: (
        hybrid.minimize(
            hybrid.VQE(circuit(), CHAIN), x0=POINTS[0], seed=1, max_iterations=2, **how
        ).x
    ),
}


def forget_groups(job: World) -> None:
    """Discard groups and the memory that they keep."""
    for ranks in list(job.communicator._members):
        job.communicator.forget(ranks)


def as_bytes(answer: Any) -> bytes:
    return answer.tobytes() if isinstance(answer, np.ndarray) else repr(answer).encode()


@pytest.mark.ranks
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_same_bits_for_any_number_of_shards(question: str, job: World) -> None:
    ask = QUESTIONS[question]
    expected = as_bytes(ask(shards=1))
    for shards in (2, 4):
        if shards <= job.size:
            assert as_bytes(ask(shards=shards)) == expected
    assert as_bytes(ask()) == expected


@pytest.mark.ranks
def test_one_group_leaves_the_other_ranks_idle(job: World) -> None:
    if job.size < 2:
        pytest.skip("a group needs two ranks")
    expected = hybrid.expectation(circuit(), CHAIN, POINTS)
    found = hybrid.expectation(circuit(), CHAIN, POINTS, shards=2, groups=1)
    assert found.tobytes() == expected.tobytes()


@pytest.mark.ranks
def test_a_session_passes_on_what_is_said_of_shards(job: World) -> None:
    if job.size < 2:
        with pytest.raises(InputError, match="shards"):
            hybrid.Session(shards=2).expectation(circuit(), CHAIN, POINTS)
        with pytest.raises(InputError, match="groups"):
            hybrid.Session(groups=0)
        return
    settings: dict[str, Any] = {"shards": 2, "groups": 1}
    with hybrid.Session(seed=4, **settings) as session:
        found = session.expectation(circuit(), CHAIN, POINTS)
        counts = session.sample(circuit(), POINTS, 50)
    with hybrid.Session(seed=4) as session:
        assert found.tobytes() == session.expectation(circuit(), CHAIN, POINTS).tobytes()
        assert counts == session.sample(circuit(), POINTS, 50)


@pytest.mark.ranks
@pytest.mark.parametrize("culprit", [0, 1])
def test_a_member_that_fails_is_named_on_every_rank(
    culprit: int, job: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if job.size < 2:
        pytest.skip("a group needs two ranks")
    from hybrid.sharding import passes

    def fail(self: passes.TwoStates) -> None:
        raise ZeroDivisionError("a bug in the middle")

    if job.rank == culprit:
        monkeypatch.setattr(passes.TwoStates, "backward", fail)
    with pytest.raises(ZeroDivisionError, match="a bug in the middle"):
        hybrid.expectation(circuit(), CHAIN, POINTS, gradient=True, shards=2)
    monkeypatch.undo()
    # The ranks are synchronised again, and can share states as before.
    values = hybrid.expectation(circuit(), CHAIN, POINTS, shards=2)
    assert np.all(np.isfinite(values))


@pytest.mark.ranks
@pytest.mark.parametrize("culprit", [0, 1])
def test_a_member_that_fails_while_others_wait_for_its_messages(
    culprit: int, job: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if job.size < 2:
        pytest.skip("a group needs two ranks")
    from hybrid.runtime import group
    from hybrid.sharding import exchange

    def fail(self: exchange._Pipeline, *_: Any) -> None:
        raise ZeroDivisionError("a bug in an exchange")

    forget_groups(job)
    monkeypatch.setattr(group, "_shared_free", lambda: 0)
    if job.rank == culprit:
        monkeypatch.setattr(exchange._Pipeline, "exchange", fail)
    with pytest.raises(ZeroDivisionError, match="a bug in an exchange"):
        hybrid.expectation(circuit(), CHAIN, POINTS, gradient=True, shards=2)
    monkeypatch.undo()
    assert np.all(np.isfinite(hybrid.expectation(circuit(), CHAIN, POINTS, shards=2)))


@pytest.mark.ranks
def test_messages_where_memory_cannot_be_shared(
    job: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if job.size < 2:
        pytest.skip("a group needs two ranks")
    from hybrid.runtime import group

    expected = hybrid.expectation(circuit(), CHAIN, POINTS, gradient=True, shards=2)[1]
    forget_groups(job)
    monkeypatch.setattr(group, "_shared_free", lambda: 0)
    found = hybrid.expectation(circuit(), CHAIN, POINTS, gradient=True, shards=2)[1]
    assert found.tobytes() == expected.tobytes()


@pytest.mark.ranks
def test_what_cannot_be_shared_is_refused_on_every_rank(job: World) -> None:
    narrow = QuantumCircuit(5)
    narrow.h(0)
    observable = SparsePauliOp("ZZZZZ")
    refused = []
    for how in ({"shards": 3}, {"shards": 2 * job.size}, {"groups": -1}, {"shards": True}):
        with pytest.raises(InputError):
            hybrid.expectation(circuit(), CHAIN, POINTS, **how)
        refused.append(how)
    if job.size > 1:
        with pytest.raises(InputError, match="smaller than a block"):
            hybrid.expectation(narrow, observable, [[]], shards=2)
        with pytest.raises(InputError, match="only simulator 'native'"):
            hybrid.expectation(narrow, observable, [[]], shards=2, simulator="aer")
    seen = [unpack(m) for m in job.communicator.all_gather(pack(len(refused)))]
    assert seen == [4] * job.size

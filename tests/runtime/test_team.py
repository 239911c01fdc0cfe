"""A team answers any Ask alike on any number of ranks, and no failure leaves a rank waiting."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.arrays import FloatArray
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import MismatchError, RankError
from hybrid.core.piece import Piece, slices
from hybrid.runtime import Team, World, agree
from hybrid.scheduler import assign
from hybrid.simulators import Evaluation


@dataclass(frozen=True)
class Noisy(Evaluation[Told]):
    """The sum of each point plus seeded noise; fails on one piece if told so."""

    fails_on: int = -1
    description: str = "a test"

    def pieces(self, ask: Ask) -> tuple[Piece, ...]:
        return slices(len(ask.points), 1, "points")

    def run(self, ask: Ask, piece: Piece, *, seed: int, threads: int) -> FloatArray:
        if piece.index == self.fails_on:
            raise ZeroDivisionError(f"piece {piece.index} is broken")
        noise = np.random.default_rng(seed).normal()
        return ask.points[piece.start : piece.stop].sum(axis=1) + noise

    def combine(self, ask: Ask, partials: Sequence[FloatArray]) -> Told:
        return Told(np.concatenate(partials))


def values_of(team: Team[Told], asks: Sequence[Ask]) -> list[list[float]]:
    message, core_seconds = team.run(lambda t: [t.ask(ask).values.tolist() for ask in asks])
    assert core_seconds >= 0.0
    return message


Z = SparsePauliOp("Z")
PLUS = QuantumCircuit(1)
PLUS.h(0)
RY = QuantumCircuit(1)
RY.ry(Parameter("a"), 0)


def assert_told_by(culprit: int, error: BaseException, job: World) -> None:
    """The culprit raises its own exception, the others one with its account as the cause."""
    if job.rank == culprit:
        assert not isinstance(error.__cause__, RankError)
        return
    cause = error.__cause__
    assert isinstance(cause, RankError)
    assert cause.rank == culprit
    assert "Traceback" in cause.remote_traceback


ASKS = [Ask(np.arange(6.0).reshape(3, 2)), Ask(np.ones((1, 2))), Ask(np.zeros((7, 2)))]


@pytest.mark.ranks
def test_answers_are_those_of_a_single_rank(job: World, alone: World) -> None:
    expected = values_of(Team(alone, Noisy(), assign, seed=5, threads=None), ASKS)
    assert values_of(Team(job, Noisy(), assign, seed=5, threads=None), ASKS) == expected


@pytest.mark.ranks
def test_a_large_ask_and_answer_travel_whole(job: World) -> None:
    ask = Ask(np.arange(20_000.0).reshape(10_000, 2))
    team = Team(job, Noisy(), assign, seed=5, threads=None)
    assert len(values_of(team, [ask])[0]) == 10_000


@pytest.mark.ranks
@pytest.mark.parametrize("broken", range(4))
def test_a_failing_piece_is_raised_on_every_rank(job: World, broken: int) -> None:
    team = Team(job, Noisy(fails_on=broken), assign, seed=5, threads=None)
    with pytest.raises(ZeroDivisionError, match=f"piece {broken} is broken") as caught:
        team.run(lambda t: t.ask(Ask(np.zeros((4, 2)))).values.tolist())
    assert_told_by(broken % job.size, caught.value, job)


@pytest.mark.ranks
def test_a_failing_leader_is_raised_on_every_rank(job: World) -> None:
    def lead(team: Team[Told]) -> None:
        team.ask(Ask(np.zeros((4, 2))))
        raise ZeroDivisionError("the leader is broken")

    with pytest.raises(ZeroDivisionError, match="the leader is broken") as caught:
        Team(job, Noisy(), assign, seed=5, threads=None).run(lead)
    assert_told_by(0, caught.value, job)


@pytest.mark.ranks
def test_ranks_with_other_contents_are_told_so(job: World) -> None:
    if job.size == 1:
        assert agree(job.communicator, "f()", lambda: 7, lambda _: {}) == 7
        return
    with pytest.raises(MismatchError, match=r"different circuit on different ranks \(rank"):
        agree(job.communicator, "f()", lambda: 7, lambda _: {"circuit": str(job.rank == 1)})


@pytest.mark.ranks
def test_ranks_at_other_places_are_told_so(job: World) -> None:
    if job.size == 1:
        return
    name = "g()" if job.rank == 1 else "f()"
    with pytest.raises(MismatchError, match=r"rank 1 reached g\(\)"):
        agree(job.communicator, name, lambda: 7, lambda _: {})


@pytest.mark.ranks
def test_a_failing_preparation_is_raised_on_every_rank(job: World) -> None:
    last = job.size - 1

    def prepare() -> int:
        if job.rank == last:
            raise ZeroDivisionError("the last rank is broken")
        return 7

    with pytest.raises(ZeroDivisionError, match="the last rank is broken") as caught:
        agree(job.communicator, "f()", prepare, lambda _: {})
    assert_told_by(last, caught.value, job)


@pytest.mark.ranks
@pytest.mark.parametrize("code", [0, 3, None, "a reason"])
def test_an_exit_inside_a_call_ends_it_on_every_rank(code: object, job: World) -> None:
    last = job.size - 1

    def leaves(item: int) -> int:
        if item == 5:
            raise SystemExit(code)
        return item

    with pytest.raises(SystemExit) as caught:
        hybrid.map(leaves, range(8), seed=1)
    assert caught.value.code in (code, 0 if code is None else 1 if isinstance(code, str) else code)
    with pytest.raises(SystemExit):
        agree(job.communicator, "f()", lambda: sys.exit(3) if job.rank == last else 7, lambda _: {})


@pytest.mark.ranks
@pytest.mark.parametrize(
    "different",
    [
        lambda rank: hybrid.expectation(PLUS, Z, threads=1 + rank),
        lambda rank: hybrid.expectation(PLUS, Z, gradient=rank == 0),
        lambda rank: hybrid.expectation(PLUS, Z, shots=8, seed=rank),
        lambda rank: hybrid.map(abs, [1, 2], threads=1 + rank),
        lambda rank: hybrid.minimize(hybrid.VQE(RY, Z), x0=[0.1], time_limit=100 + rank),
    ],
)
def test_settings_that_differ_by_rank_are_refused(
    different: Callable[[int], object], job: World
) -> None:
    if job.size == 1:
        return
    with pytest.raises(MismatchError, match="was given a different"):
        different(job.rank)


@pytest.mark.ranks
def test_those_who_are_told_hear_it_and_the_others_sleep_on(job: World) -> None:
    """Whatever ranks are told, in a tree or alone, small or large, in order."""
    others = range(1, job.size)
    audiences = [[rank] for rank in others] + [list(others), list(others)[::2], list(others)]
    for number, audience in enumerate(audiences):
        message = bytes([number]) * (10 if number % 2 else 1_000_000)
        if job.rank == 0:
            job.communicator.tell(message, audience)
        elif job.rank in audience:
            assert job.communicator.hear() == message


@pytest.mark.ranks
def test_a_question_whose_pieces_are_all_known_is_combined_and_nobody_works(job: World) -> None:
    from qiskit.circuit.library import real_amplitudes

    from hybrid.collective.call import Prepared, call_together
    from hybrid.core.resources import Resources
    from hybrid.workloads import Sampling

    problem = hybrid.VQE(real_amplitudes(4, reps=1), SparsePauliOp("ZZZZ"))
    evaluation = problem.prepare(Sampling())
    ask = Ask(np.random.default_rng(0).normal(size=(1500, problem.num_parameters)))
    pieces = evaluation.pieces(ask)
    known = {p.index: evaluation.run(ask, p, seed=0, threads=1) for p in pieces}
    call = call_together(
        "test",
        lambda: Prepared(
            evaluation=evaluation,
            first_ask=ask,
            num_qubits=4,
            contents=dict,
            seed=1,
            resources=Resources(1),
        ),
    )
    heard: list[object] = []
    values, _ = call.team.run(lambda team: team.ask(ask, known, heard.append).values)
    assert heard == []
    assert (
        np.asarray(values).tobytes()
        == call.team._runner.evaluation.combine(
            ask, [known[k] for k in range(len(pieces))]
        ).values.tobytes()
    )

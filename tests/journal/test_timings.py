"""A journal tells which rank ran which piece, when, and what the ranks have used."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import JournalError
from hybrid.journal import open_journal
from hybrid.runtime import World
from tests.journal.filled import fill


class Slow(hybrid.Workload):
    """Circuits, and a classical part that takes longer."""

    num_parameters, axis, sizes = 4, "samples", {"samples": 96}

    def run(self, piece: hybrid.Piece, simulator: object) -> float:
        circuit = real_amplitudes(2, reps=1)
        (value,) = simulator.expectation(circuit, SparsePauliOp("ZZ"), piece.point)
        time.sleep(0.002)
        return float(value) / 48


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.db"


def test_times_of_pieces_fit_into_their_questions(path: Path) -> None:
    hybrid.minimize(Slow(), "SPSA", seed=1, max_iterations=2, journal=path)
    with open_journal(path) as journal:
        questions, timings = journal.questions(), journal.timings()
        rows = list(journal.pieces())
        answers = list(journal)
    assert len(timings) == len(rows) > len(questions)
    assert [(row.ask, row.piece) for row in rows] == [
        *zip(timings.asks, timings.pieces, strict=True)
    ]
    assert timings.measured.tolist() == [row.measured for row in rows]
    ends = timings.began + timings.measured
    assert (timings.began >= 0.0).all()
    assert (ends <= questions.seconds[timings.asks] + 1e-6).all()
    following = np.diff(timings.asks) == 0  # on one rank a piece begins after the one before
    assert (np.diff(timings.began)[following] >= timings.measured[:-1][following]).all()
    assert (timings.quantum > 0.0).all()
    assert (timings.measured - timings.quantum >= 0.002).all()
    assert questions.values.tolist() == [float(a.told.values.min()) for a in answers]
    assert questions.points.tolist() == [len(a.ask.points) for a in answers]
    assert questions.seconds.tolist() == [a.seconds for a in answers]


def test_circuits_alone_are_all_quantum(path: Path) -> None:
    problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp("ZX"))
    hybrid.minimize(problem, seed=1, max_iterations=2, journal=path)
    with open_journal(path) as journal:
        timings = journal.timings()
        (usage,) = [event.detail for event in journal.events if event.kind == "usage"]
        told = journal.starts[0].environment
    assert (timings.quantum == timings.measured).all()
    assert usage["core_seconds"][0] > 0.0
    assert usage["peak_bytes"][0] > 10_000_000
    assert told["run"] == {
        "workload": problem.description, "optimizer": "L-BFGS-B", "parameters": 4,
        "max iterations": 2, "seconds left": None,
    }  # fmt: skip
    assert told["job cores"] >= told["plan"]["threads"] >= 1
    assert told["plan"]["branches"][0]["pieces"] == 1


class Nested(Slow):
    """Makes a call of hybrid in place of one of its simulator."""

    def run(self, piece: hybrid.Piece, simulator: object) -> float:
        time.sleep(0.002)
        values = hybrid.expectation(real_amplitudes(2, reps=1), SparsePauliOp("ZZ"), piece.point)
        return float(values[0]) / 48


def test_calls_inside_a_piece_are_circuits_too(path: Path) -> None:
    hybrid.minimize(Nested(), "SPSA", seed=1, max_iterations=1, journal=path)
    with open_journal(path) as journal:
        timings = journal.timings()
    assert (timings.quantum > 0.0).all()
    assert (timings.measured - timings.quantum >= 0.002).all()


@pytest.mark.ranks
def test_pieces_of_all_ranks_have_their_moments(job: World, tmp_path: Path) -> None:
    shared = tmp_path if job.rank == 0 else Path("elsewhere")
    shared = Path(
        job.communicator.broadcast(str(shared).encode() if job.rank == 0 else None).decode()
    )
    result = hybrid.minimize(Slow(), "SPSA", seed=1, max_iterations=2, journal=shared / "all.db")
    if job.rank > 0:
        return
    with open_journal(shared / "all.db") as journal:
        questions, timings = journal.questions(), journal.timings()
        usage = [event.detail for event in journal.events if event.kind == "usage"]
    assert np.isfinite(timings.began).all()
    assert set(timings.ranks.tolist()) == set(range(job.size))
    ends = timings.began + timings.measured
    assert (timings.began >= -1e-3).all()
    assert (ends <= questions.seconds[timings.asks] + 1e-3).all()
    assert [len(usage[0][name]) for name in ("core_seconds", "peak_bytes")] == 2 * [job.size]
    assert sum(usage[0]["core_seconds"]) <= result.core_seconds + 1.0


def test_a_journal_without_moments_says_so(path: Path) -> None:
    fill(path)
    with open_journal(path) as journal:
        timings = journal.timings()
        assert not timings.have_moments
        assert len(timings) == 21
        assert np.isnan(timings.began).all()
        assert len(journal.questions()) == 20


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE moments SET checksum = checksum + 1",
        "UPDATE moments SET moments = x'00'",
        "UPDATE pieces SET measured = 'x'",
        "UPDATE pieces SET rank = -1",
    ],
)
def test_damage_is_noticed(path: Path, damage: str) -> None:
    problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp("ZX"))
    hybrid.minimize(problem, seed=1, max_iterations=2, journal=path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()
    with (
        open_journal(path) as journal,
        pytest.raises(JournalError, match="nothing was changed"),
    ):
        journal.timings()


def test_an_unfinished_question_keeps_its_moments(path: Path) -> None:
    class Ends(Slow):
        calls = 0

        def run(self, piece: hybrid.Piece, simulator: object) -> float:
            Ends.calls += 1
            if Ends.calls == 60:
                os.kill(os.getpid(), signal.SIGUSR1)
            return super().run(piece, simulator)

    with pytest.raises(SystemExit):
        hybrid.minimize(Ends(), "SPSA", seed=1, max_iterations=9, journal=path)
    with open_journal(path) as journal:
        timings, questions = journal.timings(), journal.questions()
    assert timings.asks.max() >= len(questions)
    assert np.isfinite(timings.began).all()

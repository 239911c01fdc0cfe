"""A run that was cut short and resumed ends with the bits of one that was not."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.errors import InputError, JournalError, RecordError, Suspended
from hybrid.loop.result import Progress
from hybrid.runtime import World
from hybrid.runtime.messages import pack, unpack
from hybrid.simulators import Primitive
from tests.faults import small
from tests.faults.small import CHAIN, PAIR

PROBLEM = hybrid.VQE(real_amplitudes(3, reps=2), CHAIN)


class Stopper:
    """Sends a signal to this process after so many answers."""

    def __init__(self, answers: int, number: int = signal.SIGUSR1) -> None:
        self.left = answers
        self.number = number

    def started(self, description: object) -> None:
        pass

    def progressed(self, progress: Progress) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), self.number)

    def finished(self, result: object) -> None:
        pass


@pytest.fixture
def journal(tmp_path: Path, job: World) -> Path:
    """One path for all ranks."""
    if job.size == 1:
        return tmp_path / "run.db"
    mine = pack(str(tmp_path)) if job.rank == 0 else None
    return Path(unpack(job.communicator.broadcast(mine))) / "run.db"


@pytest.mark.ranks
@pytest.mark.parametrize("name", hybrid.optimizers.names())
def test_every_optimizer_resumes_to_the_same_bits(name: str, journal: Path) -> None:
    if name == "CMA-ES":
        pytest.importorskip("cma")
    undisturbed = hybrid.minimize(PROBLEM, name, seed=3, max_iterations=25)
    for answers in (2, 7):
        with pytest.raises(Suspended, match="SIGUSR1"):
            hybrid.minimize(
                PROBLEM, name, seed=3, max_iterations=25, journal=journal,
                observer=Stopper(answers),
            )  # fmt: skip
    resumed = hybrid.minimize(PROBLEM, name, seed=3, max_iterations=25, journal=journal)
    assert small.bits(resumed) == small.bits(undisturbed)


class _Around:
    """Asks for points about the best so far, drawn from NumPy's global generator."""

    def __init__(self) -> None:
        self.best, self.lowest = np.zeros(PROBLEM.num_parameters), np.inf

    def ask(self) -> list[np.ndarray]:
        return [self.best + np.random.normal(size=self.best.size) for _ in range(5)]  # noqa: NPY002

    def tell(self, points: list[np.ndarray], values: list[float]) -> None:
        row = int(np.argmin(values))
        if values[row] < self.lowest:
            self.best, self.lowest = points[row], values[row]


def _blind(fun: Any, x0: np.ndarray) -> SimpleNamespace:
    best = min((x0 + np.random.normal(size=x0.size) for _ in range(12)), key=fun)  # noqa: NPY002
    return SimpleNamespace(x=best)


@pytest.mark.ranks
@pytest.mark.parametrize("given", [_Around(), _blind], ids=["ask and tell", "minimize"])
def test_optimizers_of_others_resume_to_the_same_bits(given: Any, journal: Path) -> None:
    optimizer = hybrid.optimizers.make(given)
    if isinstance(optimizer, hybrid.optimizers.AskTell):
        optimizer = hybrid.optimizers.make(optimizer, max_iterations=12)
        with pytest.raises(InputError, match="which has one of its own"):
            hybrid.minimize(PROBLEM, given, x0=np.zeros(PROBLEM.num_parameters))
    undisturbed = hybrid.minimize(PROBLEM, optimizer, seed=3)
    with pytest.raises(Suspended, match="SIGUSR1"):
        hybrid.minimize(PROBLEM, optimizer, seed=3, journal=journal, observer=Stopper(5))
    resumed = hybrid.minimize(PROBLEM, optimizer, seed=3, journal=journal)
    assert small.bits(resumed) == small.bits(undisturbed)


@pytest.mark.ranks
@pytest.mark.parametrize("name", list(small.RUNS))
def test_every_workload_replays_to_the_same_bits(name: str, journal: Path, job: World) -> None:
    recorded = small.bits(small.RUNS[name](str(journal)))
    assert small.bits(small.RUNS[name](None)) == recorded
    again = small.RUNS[name](str(journal))
    assert small.bits(again) == recorded


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGTERM, signal.SIGINT])
def test_signals_suspend_with_the_code_that_means_resume_me(tmp_path: Path, number: int) -> None:
    with pytest.raises(Suspended) as stopped:
        hybrid.minimize(PROBLEM, seed=3, journal=tmp_path / "run.db", observer=Stopper(3, number))
    assert stopped.value.code == 75
    with hybrid.open_journal(tmp_path / "run.db") as journal:
        assert len(journal) == 3
        assert [event.kind for event in journal.events] == ["start", "usage", "stop"]
        assert journal.events[-1].detail["reason"] == signal.Signals(number).name


def test_a_time_limit_suspends(tmp_path: Path) -> None:
    with pytest.raises(Suspended, match="the time limit"):
        hybrid.minimize(PROBLEM, seed=3, journal=tmp_path / "run.db", time_limit=1e-6)


def test_without_a_seed_the_recorded_one_is_taken(tmp_path: Path) -> None:
    with pytest.raises(Suspended):
        hybrid.minimize(PROBLEM, journal=tmp_path / "run.db", observer=Stopper(3))
    resumed = hybrid.minimize(PROBLEM, journal=tmp_path / "run.db")
    again = hybrid.minimize(PROBLEM, seed=resumed.seed)
    assert small.bits(resumed) == small.bits(again)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"workload": hybrid.VQE(real_amplitudes(3, reps=3), CHAIN)}, "circuit: recorded"),
        ({"workload": hybrid.VQE(real_amplitudes(3, reps=2), 2 * CHAIN)}, "observable: recorded"),
        ({"optimizer": "Adam"}, "optimizer: recorded SciPy(.*), now Adam"),
        ({"seed": 4}, "seed: recorded 3, now 4"),
        ({"x0": np.zeros(9)}, "start point: recorded the default"),
        ({"shots": 10, "simulator": "aer"}, "number of shots: recorded None, now 10"),
    ],
)
def test_another_run_is_refused_with_the_difference(
    tmp_path: Path, change: dict, shown: str
) -> None:
    given = {"workload": PROBLEM, "seed": 3, "max_iterations": 3, "journal": tmp_path / "run.db"}
    hybrid.minimize(**given)
    before = (tmp_path / "run.db").read_bytes()
    with pytest.raises(RecordError, match=shown):
        hybrid.minimize(**(given | change))
    assert (tmp_path / "run.db").read_bytes() == before


def test_changed_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hybrid.loop.provenance

    hybrid.minimize(PROBLEM, seed=3, max_iterations=3, journal=tmp_path / "run.db")
    monkeypatch.setattr(hybrid.loop.provenance, "_own_code", lambda: "changed")
    with pytest.raises(RecordError, match="code: recorded"):
        hybrid.minimize(PROBLEM, seed=3, max_iterations=3, journal=tmp_path / "run.db")


def count_runs(monkeypatch: pytest.MonkeyPatch, kind: type) -> list[int]:
    """Return a list that grows by each piece that is run."""
    run, ran = kind.run, []

    def counting(self, ask, piece, **settings):
        ran.append(piece.index)
        return run(self, ask, piece, **settings)

    monkeypatch.setattr(kind, "run", counting)
    return ran


def test_a_fork_takes_over_what_is_still_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hybrid.simulators.native.evaluation import NativeEvaluation

    old, new = tmp_path / "old.db", tmp_path / "new.db"
    hybrid.minimize(PROBLEM, seed=3, max_iterations=5, journal=old)
    before = old.read_bytes()
    expected = hybrid.minimize(PROBLEM, seed=3, max_iterations=9)
    ran = count_runs(monkeypatch, NativeEvaluation)
    forked = hybrid.minimize(PROBLEM, seed=3, max_iterations=9, journal=new, fork=old)
    assert small.bits(forked) == small.bits(expected)
    with hybrid.open_journal(old) as journal:
        assert len(ran) == expected.evaluations - len(journal)
    assert old.read_bytes() == before
    other = hybrid.VQE(real_amplitudes(3, reps=2), 2 * CHAIN)
    ran.clear()
    third = hybrid.minimize(other, seed=3, max_iterations=5, journal=tmp_path / "3.db", fork=old)
    assert len(ran) == third.evaluations  # another observable: nothing of the record holds


def test_pieces_of_an_unfinished_question_are_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hybrid.simulators.aer.sampled import AerSampled

    problem = hybrid.VQE(real_amplitudes(2, reps=1), PAIR)
    settings = {"optimizer": "Adam", "simulator": "aer", "shots": 6000, "seed": 5}
    settings |= {"max_iterations": 2}
    expected = small.bits(hybrid.minimize(problem, **settings))
    ran = count_runs(monkeypatch, AerSampled)
    counting = AerSampled.run

    def interrupted(self, ask, piece, **given):
        if len(ran) == 4:
            os.kill(os.getpid(), signal.SIGUSR1)
        return counting(self, ask, piece, **given)

    monkeypatch.setattr(AerSampled, "run", interrupted)
    with pytest.raises(Suspended):
        hybrid.minimize(problem, journal=tmp_path / "run.db", **settings)
    monkeypatch.setattr(AerSampled, "run", counting)
    with hybrid.open_journal(tmp_path / "run.db") as journal:
        assert len(journal) == 0
        assert sorted(journal.unfinished().partials) == ran == [0, 1, 2, 3, 4]
    ran.clear()
    assert small.bits(hybrid.minimize(problem, journal=tmp_path / "run.db", **settings)) == expected
    assert ran[0] == 5


def test_an_answer_that_cannot_be_had_again_is_on_the_disk_before_it_is_seen(
    tmp_path: Path,
) -> None:
    path, copies = tmp_path / "run.db", []

    class Copier(Stopper):
        def progressed(self, progress: Progress) -> None:
            copy = tmp_path / f"copy{len(copies)}.db"
            shutil.copy(path, copy)
            with hybrid.open_journal(copy) as journal:
                copies.append(len(journal))

    problem = hybrid.VQE(real_amplitudes(2, reps=1), SparsePauliOp(["ZZ", "XI"], [1.0, 0.5]))
    device = Primitive(StatevectorEstimator(), precision=0.1)
    hybrid.minimize(
        problem, "SPSA", simulator=device, seed=1, max_iterations=4, journal=path,
        observer=Copier(0),
    )  # fmt: skip
    assert copies == list(range(1, len(copies) + 1))


def test_two_runs_on_one_journal_are_refused(tmp_path: Path) -> None:
    refusals = []

    class Second(Stopper):
        def progressed(self, progress: Progress) -> None:
            if not refusals:
                with pytest.raises(JournalError, match="another run is writing") as refused:
                    hybrid.minimize(PROBLEM, seed=3, journal=tmp_path / "run.db")
                refusals.append(refused)
                with hybrid.open_journal(tmp_path / "run.db") as journal:
                    assert journal.seed == 3  # readers are not kept out

    hybrid.minimize(PROBLEM, seed=3, journal=tmp_path / "run.db", observer=Second(0))
    assert refusals

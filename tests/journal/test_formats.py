"""Journals of older formats are read and gone on with; all that an Ask can want is recorded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.core.ask import Ask, Told
from hybrid.core.errors import JournalError
from hybrid.journal import Identity, Writer, open_journal, schema

VERSION_1 = Path(__file__).with_name("version1.sql")
"""Three answers of 15 of the run below, by the first version that wrote journals."""

WHO = Identity({"circuit": "a" * 64}, 7)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text("utf-8"))
    return path


def _run(**more: object) -> hybrid.Result:
    circuit = QuantumCircuit(2)
    circuit.ry(Parameter("a"), 0)
    circuit.cx(0, 1)
    circuit.ry(Parameter("b"), 1)
    circuit.rz(Parameter("c"), 0)
    circuit.rx(Parameter("d"), 0)
    task = hybrid.VQE(circuit, SparsePauliOp(["ZZ", "XI", "IZ"], [1.0, 0.3, -0.7]))
    x0 = [0.3, 0.1, 0.2, -0.4]
    return hybrid.minimize(task, "L-BFGS-B", x0=x0, seed=7, simulator="native", **more)


def _version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_journal_of_format_1_is_read_as_it_is(old: Path) -> None:
    before = old.read_bytes()
    with open_journal(old) as journal:
        assert len(journal) == 3
        assert all(answer.ask.gradient for answer in journal)
        assert journal.unfinished().number == 3
    assert old.read_bytes() == before
    assert _version(old) == 1


def test_a_run_of_format_1_goes_on_from_its_end(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_journal(old) as journal:
        recorded = journal.contents
        first = [answer.told.values.tobytes() for answer in journal]

    def code_then(_: object) -> dict[str, str]:
        names = ("hybrid", "code", "kernels", "numpy", "scipy", "qiskit", "qiskit-aer")
        return {name: recorded[name] for name in names}

    monkeypatch.setattr("hybrid.loop.minimization.code_contents", code_then)
    resumed = _run(journal=old)
    assert resumed.value == pytest.approx(_run().value, abs=1e-9)
    assert _version(old) == schema.VERSION
    with open_journal(old) as journal:
        assert [answer.told.values.tobytes() for answer in journal][:3] == first
        assert len(journal) == resumed.evaluations


def test_a_hostile_table_in_a_journal_of_format_1_is_refused(old: Path) -> None:
    with closing(sqlite3.connect(old)) as hostile:
        hostile.execute("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM asks; END")
        hostile.commit()
    with pytest.raises(JournalError, match="tables"):
        open_journal(old)


def _questions() -> Iterator[tuple[Ask, Told]]:
    rng = np.random.default_rng(5)
    points, others = rng.normal(size=(2, 3)), rng.normal(size=(4, 3))
    numbers = {
        "values": (2,),
        "gradients": (2, 3),
        "metric": (2, 3, 3),
        "variances": (2,),
        "overlaps": (2, 4),
        "overlap_gradients": (2, 4, 3),
        "forces": (2, 3),
    }
    made = {name: rng.normal(size=shape) for name, shape in numbers.items()}

    def told(*names: str) -> Told:
        return Told(**{name: made[name] for name in ("values", *names)})

    yield Ask(points, iteration=3), told()
    yield Ask(points, True, 4, metric=True), told("gradients", "metric")
    yield Ask(points, variance=True), told("variances")
    yield Ask(points, others=others), told("overlaps")
    yield Ask(points, force=True), told("forces")
    yield (
        Ask(points, True, 5, True, True, others),
        told("gradients", "metric", "variances", "overlaps", "overlap_gradients"),
    )


def test_all_that_an_ask_can_want_comes_back_with_its_bits(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        for number, (ask, told) in enumerate(_questions()):
            writer.ask(number, ask)
            writer.told(number, told, 0.1)
        writer.ask(6, Ask(np.zeros((1, 3)), others=np.ones((2, 3))))
    with open_journal(path) as journal:
        for answer, (ask, told) in zip(journal, _questions(), strict=True):
            assert answer.ask.asks_the_same(ask)
            assert answer.ask.iteration == ask.iteration
            for name in Told.__slots__:
                mine, wanted = getattr(answer.told, name), getattr(told, name)
                assert (mine is None) == (wanted is None)
                assert mine is None or mine.tobytes() == wanted.tobytes()
        np.testing.assert_array_equal(journal.unfinished().ask.others, np.ones((2, 3)))


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM extras WHERE name = 'metric'",
        "DELETE FROM extras WHERE name = 'others'",
        "UPDATE extras SET checksum = checksum + 1",
        "UPDATE asks SET gradient = 64",
    ],
)
def test_an_array_that_is_missing_or_damaged_is_noticed(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        for number, (ask, told) in enumerate(_questions()):
            writer.ask(number, ask)
            writer.told(number, told, 0.1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(damage)
        connection.commit()
    with (
        open_journal(path) as journal,
        pytest.raises(JournalError, match=r"(answer|question) \d+"),
    ):
        list(journal)


class _Cut(Writer):
    """Commits after each row, as the thread may, and reads what a crash would leave behind."""

    def _put(self, table: str, row: tuple[object, ...]) -> None:
        super()._put(table, row)
        if table in ("asks", "tolds", "extras"):
            self.flush()
            with open_journal(self.path) as journal:
                assert len(list(journal)) == len(journal)
                journal.unfinished()


def test_a_journal_cut_off_between_two_rows_is_whole(tmp_path: Path) -> None:
    points, others = np.ones((1, 3)), np.zeros((2, 3))
    ask = Ask(points, True, 0, metric=True, others=others)
    told = Told(
        np.ones(1), points, metric=np.ones((1, 3, 3)),
        overlaps=np.ones((1, 2)), overlap_gradients=np.ones((1, 2, 3)),
    )  # fmt: skip
    with _Cut(tmp_path / "run.db", WHO, {"kind": "script"}) as writer:
        writer.start(["host"], "native", "one piece", {})
        for number in range(2):
            writer.ask(number, ask)
            writer.told(number, told, 0.1)
    with open_journal(tmp_path / "run.db") as journal:
        assert [answer.ask.asks_the_same(ask) for answer in journal] == [True, True]

"""A report says what the journal says, wherever that came from."""

from __future__ import annotations

import json
import math
import os
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import SparsePauliOp

import hybrid
from hybrid.cli.app import command_line
from hybrid.core.elements import escaped
from hybrid.core.errors import InputError, JournalError
from hybrid.journal import Writer, open_journal
from hybrid.report import write_report
from hybrid.report.charts import thinned
from hybrid.report.gather import Reference, gather
from hybrid.report.hours import advice, core_seconds
from hybrid.report.page import document
from hybrid.report.timeline import Timeline
from tests.report.made import EVIL, WHO, answer, happen_at, run_of, start

VERSION_1 = Path(__file__).parents[1] / "journal" / "version1.sql"
PROBLEM = hybrid.VQE(real_amplitudes(3, reps=2), SparsePauliOp(["ZZI", "IXX", "YIY"]))


def timelines(run: object) -> list[Timeline]:
    return [Timeline(session, run.questions, run.timings) for session in run.sessions]


def told(html: str) -> dict[str, object]:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    return json.loads(found)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return run_of(tmp_path / "run.db")


def test_every_second_of_every_rank_is_accounted_for(path: Path) -> None:
    run = gather(path)
    (timeline,) = timelines(run)
    assert timeline.exact
    ledger = timeline.ledger()
    parts = [ledger.circuits, ledger.classical, ledger.optimizer, ledger.communication]
    np.testing.assert_allclose(sum(parts) + ledger.waiting, run.seconds, rtol=1e-9)
    spent = core_seconds(run, [timeline], [ledger])
    assert sum(spent.values()) == pytest.approx(run.core_seconds)


def test_times_are_attributed_to_what_they_were_spent_on(tmp_path: Path) -> None:
    """An evaluation from 0.2 s to 0.3 s of a session of 0.5 s."""
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        start(writer, 3)
        pieces = [(0, 0.01, 0.04, 0.03), (0, 0.06, 0.02, 0.02), (1, 0.01, 0.03, 0.03)]
        answer(writer, 0, pieces, 0.1)
    happen_at(path, 0.5, lambda _: 0.3)
    (timeline,) = timelines(gather(path))
    ledger = timeline.ledger()
    np.testing.assert_allclose(timeline.begin, [0.2])
    np.testing.assert_allclose(timeline.end, [0.3])
    np.testing.assert_allclose(ledger.circuits, [0.05, 0.03, 0.0], atol=1e-9)
    np.testing.assert_allclose(ledger.classical, [0.01, 0.0, 0.0], atol=1e-9)
    np.testing.assert_allclose(ledger.optimizer, [0.4, 0.0, 0.0], atol=1e-9)
    # 0.01 before, 0.01 between, 0.02 after the last rank is done; the other waits 0.04 for it
    np.testing.assert_allclose(ledger.communication, [0.04, 0.03, 0.0], atol=1e-7)
    np.testing.assert_allclose(ledger.others, [0.0, 0.04, 0.0], atol=1e-7)
    np.testing.assert_allclose(ledger.no_piece, [0.0, 0.0, 0.1], atol=1e-7)
    np.testing.assert_allclose(ledger.next_point, [0.0, 0.4, 0.4], atol=1e-9)
    spans = timeline.spans(0)
    assert (spans.begin[1:] >= spans.end[:-1] - 1e-9).all()
    shares = spans.fractions(np.array([0.0, 0.2, 0.21, 0.25, 0.5]))
    np.testing.assert_allclose(shares[0], [0.0, 1.0, 0.0], atol=1e-7)
    np.testing.assert_allclose(shares[1], [0.0, 0.0, 1.0], atol=1e-6)
    np.testing.assert_allclose(shares[2], [0.75, 0.25, 0.0], atol=1e-6)


def test_ranks_that_share_a_state_are_busy_together(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    plan = {"shards": 2, "groups": 1, "threads": 1, "branches": [{"ranks": [0, 1], "pieces": 1}]}
    with Writer(path, WHO, {}) as writer:
        start(writer, 3, plan=plan)
        answer(writer, 0, [(0, 0.0, 0.08, 0.08)], 0.1)
    (timeline,) = timelines(gather(path))
    ledger = timeline.ledger()
    assert ledger.circuits[0] == ledger.circuits[1] > 0.0
    assert ledger.circuits[2] == 0.0


def test_a_real_run(tmp_path: Path) -> None:
    journal, page = tmp_path / "run.db", tmp_path / "run.html"
    result = hybrid.minimize(PROBLEM, seed=3, journal=journal)
    assert write_report([journal], page, reference=-3.0) == page
    html = page.read_text("utf-8")
    found = told(html)
    assert found["convergence"]["best"][-1] == pytest.approx(result.value, rel=1e-7)
    assert found["convergence"]["evaluations"][-1] == result.evaluations
    assert found["convergence"]["reference"]["value"] == -3.0
    assert len(found["gradients"]["norms"]) == result.evaluations
    assert found["timeline"]["exact"]
    for shown in (PROBLEM.description, result.message, f"# seed {result.seed}", "L-BFGS-B"):
        assert escaped(shown) in html
    assert page.stat().st_size < 2_000_000


def test_nothing_is_loaded_from_elsewhere(path: Path, tmp_path: Path) -> None:
    html = document([gather(path)])
    without_scripts = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert "default-src 'none'" in html
    assert not re.search(r"(src|href)\s*=", without_scripts)


def test_what_a_journal_says_is_text(tmp_path: Path) -> None:
    html = document([gather(run_of(tmp_path / "run.db", EVIL))])
    assert EVIL not in html
    assert "&lt;/script&gt;" in html
    assert "onerror=" in html  # as text
    assert html.count("<script") == html.count("</script>") == 3
    several = [gather(run_of(tmp_path / f"{k} {EVIL.replace('/', '')}.db")) for k in range(2)]
    assert document(several).count("<script") == 3


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE starts SET environment = \'{"plan": [1], "run": 7, "job cores": "x"}\'',
        'UPDATE starts SET environment = \'{"plan": {"shards": 3, "branches": [4, {}]}}\'',
        'UPDATE events SET detail = \'{"peak_bytes": [null, true, "x"], "core_seconds": 3}\'',
        'UPDATE run SET value = \'{"reference": {"value": "x"}}\' WHERE name = \'origin\'',
        "UPDATE starts SET hosts = '[]'",
        "DELETE FROM starts",
        "DELETE FROM moments",
        "UPDATE pieces SET measured = 1e300, rank = 5",
    ],
)
def test_strange_details_are_left_out(path: Path, change: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(change)
        connection.commit()
    assert "</html>" in document([gather(path)])


def test_a_journal_of_an_older_version_says_what_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text("utf-8"))
    run = gather(path)
    assert not timelines(run)[0].exact
    html = document([run])
    assert "does not say when pieces began" in html
    assert "not recorded by this journal" in html


def test_a_run_that_goes_on_is_reported_so_far(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        start(writer, 2)
        answer(writer, 0, [(0, 0.0, 0.01, 0.01)], 0.02)
        writer.flush()
        assert "what had been recorded so far" in document([gather(path)])
        answer(writer, 1, [(1, 0.0, 0.01, 0.01)], 0.02)
    assert len(gather(path).questions) == 2


def test_a_run_without_answers(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        start(writer, 2)
    html = document([gather(path)])
    assert "Nothing was computed" in html
    assert "No piece was recorded" in html


def test_a_resumed_run_has_both_parts(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    for first in (0, 2):
        with Writer(path, WHO, {}) as writer:
            start(writer, 2)
            for number in range(first, first + 2):
                answer(writer, number, [(0, 0.0, 0.01, 0.01), (1, 0.0, 0.01, 0.01)], 0.02)
    run = gather(path)
    assert [len(each.begin) for each in timelines(run)] == [2, 2]
    assert len(told(document([run]))["timeline"]["resumed"]) == 1


def test_the_change_that_saves_most(tmp_path: Path) -> None:
    idle = tmp_path / "idle.db"
    with Writer(idle, WHO, {}) as writer:
        start(writer, 8)
        for number in range(20):
            answer(writer, number, [(0, 0.0, 0.5, 0.5)], 0.5)
    happen_at(idle, 10.0, lambda number: 0.5 * (number + 1))
    run = gather(idle)
    lines = timelines(run)
    ledgers = [line.ledger() for line in lines]
    spent = core_seconds(run, lines, ledgers)
    found = advice(run, spent, lines, ledgers)
    assert found.saves == pytest.approx(7 / 8, abs=0.01)
    assert "on 1 rank instead of 8" in found.text
    accurate = gather(idle, Reference(0.0, accuracy=0.2))
    assert "instead of 8" in advice(accurate, spent, lines, ledgers).text


def test_stopping_earlier_is_advised_where_the_accuracy_is_known(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        start(writer, 1)
        for number in range(40):
            answer(writer, number, [(0, 0.0, 0.1, 0.1)], 0.1)
    happen_at(path, 4.0, lambda number: 0.1 * (number + 1))
    run = gather(path, Reference(0.0, accuracy=0.1))
    lines = timelines(run)
    ledgers = [line.ledger() for line in lines]
    found = advice(run, core_seconds(run, lines, ledgers), lines, ledgers)
    assert found.text.startswith("Stop earlier: after 8 of 40 answers")
    assert found.saves == pytest.approx(0.8, abs=0.01)


def test_many_pieces_are_drawn_as_shares_of_time(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        start(writer, 4)
        for number in range(200):
            pieces = [(k % 4, 1e-3 * (k // 4), 8e-4, 7e-4) for k in range(100)]
            answer(writer, number, pieces, 0.026)
    run = gather(path)
    html = document([run])
    found = told(html)["timeline"]
    assert not found["exact"]
    assert 1000 < found["count"] < 60_000
    assert "too many pieces to draw each" in html


def test_many_ranks_are_drawn_together(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    with Writer(path, WHO, {}) as writer:
        start(writer, 300)
        answer(writer, 0, [(k, 0.0, 0.1, 0.1) for k in range(300)], 0.1)
    found = told(document([gather(path)]))["timeline"]
    assert len(found["rows"]) == 100
    assert found["rows"][-1] == "297-299"


def test_thinned_curves_keep_their_extremes() -> None:
    values = np.random.default_rng(1).normal(size=10_000)
    values[[77, 5000]] = 99.0, -99.0
    values[3] = math.nan
    kept = thinned(values, 500)
    assert len(kept) <= 500
    assert {77, 5000, 9999} <= set(kept.tolist())


def test_a_comparison_tells_what_differs(tmp_path: Path) -> None:
    paths = [tmp_path / "a.db", tmp_path / "b.db"]
    for path, optimizer in zip(paths, ("Adam", "SPSA"), strict=True):
        hybrid.minimize(PROBLEM, optimizer, seed=3, max_iterations=3, journal=path)
    write_report(paths, tmp_path / "both.html")
    html = (tmp_path / "both.html").read_text("utf-8")
    assert [each["name"] for each in told(html)["comparison"]] == ["a.db", "b.db"]
    differing = html.partition("What differs")[2]
    assert "SPSA(" in differing
    assert "qiskit-aer" not in differing


def test_the_command(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["report", str(path)]) == 0
    assert str(path.with_suffix(".html")) in " ".join(capsys.readouterr().out.split())
    assert command_line(["report", str(path), "-o", str(tmp_path / "x.html")]) == 0
    assert (tmp_path / "x.html").read_text("utf-8").endswith("</html>\n")


def test_a_reference_of_the_run_file_is_in_the_report(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    journal = tmp_path / "water.db"
    arguments = ["run", str(root / "examples/water.toml"), "--max-iterations", "1", "--quiet"]
    assert command_line([*arguments, "--journal", str(journal)]) == 0
    reference = gather(journal).reference
    assert reference is not None
    assert reference.unit == "hartree"
    assert reference.accuracy == pytest.approx(1.6e-3, rel=0.01)


def _newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.write_bytes(b"no journal at all" * 99), "no journal at all"),
        (lambda path: path.write_bytes(b""), "no run has been recorded yet"),
        (lambda path: path.unlink(), "does not exist"),
        (_newer, "a journal of format 99"),
    ],
    ids=["other", "empty", "missing", "newer"],
)
def test_a_file_that_is_no_journal_is_refused(
    path: Path, tmp_path: Path, spoil: object, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(path)
    with pytest.raises(JournalError, match=message):
        write_report([path], tmp_path / "page.html")
    assert command_line(["report", str(path)]) in (1, 2)
    shown = capsys.readouterr().err
    assert shown.startswith("error: ")
    assert shown.count("\n") == 1
    assert not (tmp_path / "page.html").exists()


def test_an_output_that_cannot_be_written_is_refused(path: Path, tmp_path: Path) -> None:
    for target, message in (
        (tmp_path, "it is a folder"),
        (tmp_path / "nowhere" / "page.html", "there is no folder"),
        (path, "it is the journal itself"),
    ):
        with pytest.raises(InputError, match=message):
            write_report([path], target)
    with open_journal(path) as journal:
        assert len(journal) == 5
    with pytest.raises(InputError, match="journals: got none"):
        write_report([], tmp_path / "page.html")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(InputError, match="may not be written"):
        write_report([path], folder / "page.html")


def test_a_full_disk_leaves_no_half_a_report(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.html"
    page.write_text("the last one")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_report([path], page)
    assert page.read_bytes() == b"the last one"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []

"""``hybrid journal``: tables for people, and CSV that holds every bit."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hybrid.cli.app import command_line
from hybrid.core.ask import Ask, Told
from hybrid.journal import Identity, Writer
from tests.launch import environment_of_a_job

NAN = float("nan")
POINTS = np.array([[0.1, -1e-300], [np.pi, 2.0]])
ANSWERS = (
    Told(np.array([1.0 / 3.0, NAN]), None, np.array([0.25, 0.5])),
    Told(np.array([NAN, NAN])),
    Told(np.array([-2.0 / 3.0, 1e300])),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of three answers, some of them not finite, and of half of a fourth."""
    path = tmp_path / "run.db"
    with Writer(path, Identity({"optimizer": 'Adam, "quoted"\nor\rnot'}, 7), {}) as writer:
        writer.start(["host, with comma"], "native", "one piece", {})
        for number, told in enumerate(ANSWERS):
            writer.ask(number, Ask(POINTS, False, number))
            writer.piece(number, 0, 0, predicted=None, measured=0.5, partial=POINTS)
            writer.told(number, told, 0.5)
        writer.ask(3, Ask(POINTS))
        writer.event("note", text='a "quoted", one\nof two lines')
    return path


def rows(path: Path, table: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    assert command_line(["journal", str(path), "--csv", "--table", table]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out, newline="")))


def test_answers_keep_their_bits(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(path, "answers", capsys)
    assert [row["number"] for row in found] == ["0", "0", "1", "1", "2", "2"]
    values = [float(row["value"]) for row in found]
    np.testing.assert_array_equal(values, np.concatenate([told.values for told in ANSWERS]))
    points = [[float(row["x0"]), float(row["x1"])] for row in found]
    np.testing.assert_array_equal(points, np.concatenate([POINTS] * 3))
    assert [row["standard_error"] for row in found] == ["0.25", "0.5", "", "", "", ""]


def test_pieces_and_events(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pieces = rows(path, "pieces", capsys)
    assert [piece["ask"] for piece in pieces] == ["0", "1", "2"]
    assert {piece["host"] for piece in pieces} == {"host, with comma"}
    assert {piece["predicted"] for piece in pieces} == {""}
    events = rows(path, "events", capsys)
    assert [event["kind"] for event in events] == ["start", "note"]
    assert json.loads(events[1]["detail"]) == {"text": 'a "quoted", one\nof two lines'}


def test_the_summary_ignores_what_is_not_finite(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["journal", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "-0.6666666667" in shown
    assert "3, and 0 pieces of the next" in shown
    assert "not completed" in shown


def test_a_journal_without_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new.db"
    Writer(path, Identity({}, 7), {}).close()
    assert rows(path, "answers", capsys) == []
    assert command_line(["journal", str(path)]) == 0


@pytest.mark.launches
@pytest.mark.parametrize("redirected", ["| head -1", ">/dev/full"])
def test_output_that_cannot_be_written(path: Path, redirected: str) -> None:
    ended = subprocess.run(
        ["sh", "-c", f'"$0" -m hybrid journal "$1" --csv {redirected}', sys.executable, str(path)],
        capture_output=True, text=True, timeout=120, env=environment_of_a_job(), check=False,
    )  # fmt: skip
    assert "Traceback" not in ended.stderr
    if redirected == ">/dev/full":
        assert ended.returncode == 1
        assert ended.stderr.startswith("error: standard output cannot be written: No space left")

"""``hybrid plan`` for people new to parallel computing: a table, and what it means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hybrid.cli import scaling
from hybrid.cli.app import command_line
from hybrid.cli.scaling import Scale
from hybrid.machine import reference, save
from tests.settings.run_files import EXAMPLES, ISING, changed, write

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def machine(tmp_path: Path) -> str:
    """A machine file, so that tables do not depend on the load of this host."""
    save(reference(), tmp_path / "machine.json")
    return str(tmp_path / "machine.json")


def planned(capsys: Captured, *arguments: str) -> dict[str, Any]:
    assert command_line(["plan", *arguments, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_circuits_are_split_until_messages_and_idle_ranks_eat_the_gain(
    machine: str, capsys: Captured
) -> None:
    found = planned(capsys, str(EXAMPLES / "noisy_h2.toml"), "--ranks", "4", "--machine", machine)
    rows = found["scaling"]
    assert [row["ranks"] for row in rows] == [2**k for k in range(len(rows))]
    assert rows[0]["efficiency"] == 1.0
    assert rows[2]["seconds"] < 0.3 * rows[0]["seconds"]
    assert rows[-1]["efficiency"] < 0.5
    for row in rows:  # idle ranks are charged too
        assert row["core_seconds"] == pytest.approx(row["seconds"] * row["ranks"], rel=0.05)
        expected = rows[0]["seconds"] / (row["ranks"] * row["seconds"])
        assert row["efficiency"] == pytest.approx(expected)
    at_four = planned(capsys, str(EXAMPLES / "noisy_h2.toml"), "--ranks", "4", "--machine", machine)
    assert rows[2]["seconds"] == pytest.approx(at_four["simulated"]["seconds"])
    text = " ".join(found["explanation"])
    assert "the circuits of an evaluation" in text
    assert "pay off" in text


def test_a_single_piece_gains_nothing_from_ranks(machine: str, capsys: Captured) -> None:
    found = planned(capsys, str(EXAMPLES / "water.toml"), "--machine", machine)
    text = " ".join(found["explanation"])
    assert "an evaluation is a single piece" in text
    assert "one rank is best" in text
    assert "an evaluation must hold more than one piece" in text
    assert found["scaling"][-1]["note"].endswith("ranks idle")


def test_the_table_is_of_the_whole_run(machine: str, capsys: Captured) -> None:
    line = ["plan", str(EXAMPLES / "ising.toml"), "--machine", machine]
    assert command_line(line) == 0
    lines = capsys.readouterr().out.splitlines()
    (title,) = [n for n, each in enumerate(lines) if each.startswith("what more ranks")]
    assert "300 iterations of one evaluation" in lines[title]
    assert lines[title + 1].split() == ["ranks", "time", "cores", "used", "efficiency"]
    assert [each.split()[0] for each in lines[title + 2 :]] == ["1", "2", "4", "8"]


def test_what_does_not_run_on_some_ranks_is_said(
    machine: str, tmp_path: Path, capsys: Captured
) -> None:
    terms = [["Z" * 15, -1.0], ["X" * 15, -0.5]]
    path = write(tmp_path, changed(ISING, problem={"terms": terms}))
    arguments = (str(path), "--shards", "4", "--ranks", "4", "--machine", machine)
    rows = planned(capsys, *arguments)["scaling"]
    assert rows[0]["seconds"] is None
    assert rows[0]["note"].startswith("got ")
    assert rows[2]["seconds"] > 0.0


def test_more_ranks_must_be_faster_to_be_best() -> None:
    one, two, four = (
        Scale(n, s, 1.0, e, n) for n, s, e in ((1, 8.0, 1.0), (2, 4.1, 0.98), (4, 4.0, 0.5))
    )
    assert scaling._best([one, two, four]) == two
    assert scaling._best([Scale(1, None, 0.0, 0.0, 0, "time unknown")]) is None

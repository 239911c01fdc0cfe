"""Where a Machine file may be written is known before fifteen seconds of measuring."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hybrid.cli.app import command_line
from hybrid.machine import may_save, reference, save


@pytest.mark.parametrize("name", ["folder", "file/machine.json", "pipe"])
def test_what_cannot_be_written_is_refused_at_once(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(*arguments: object) -> None:
        raise AssertionError("measured")

    monkeypatch.setattr("hybrid.cli.calibrate.calibrate", measure)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    assert command_line(["calibrate", "--output", str(tmp_path / name)]) == 2
    assert "expected the path of a file that can be written" in capsys.readouterr().err


def test_only_files_are_ever_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert not save(reference(), tmp_path / "pipe")
    assert [entry.name for entry in tmp_path.iterdir()] == ["pipe"]
    assert (tmp_path / "pipe").is_fifo()


def test_new_folders_and_files_may_be_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "machine.json"
    assert may_save(path)
    assert save(reference(), path)
    assert may_save(path)
    assert save(reference(), path)
    assert [entry.name for entry in path.parent.iterdir()] == ["machine.json"]

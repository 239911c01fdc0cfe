"""A finished result reaches the user, whatever stands behind standard output."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hybrid.cli.app import command_line
from hybrid.cli.output import Output
from hybrid.core.errors import InputError
from hybrid.loop.result import Result
from tests.cli.test_report import result
from tests.launch import environment_of_a_job
from tests.settings.run_files import ISING, changed, write

VALUE = "-1.41421"
SAMPLED = changed(ISING, simulator={"shots": 100}, optimizer={"name": "SPSA", "max_iterations": 2})


def run(path: Path, redirected: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a file in a process of its own, its streams redirected by a shell."""
    return subprocess.run(
        ["sh", "-c", f'"$0" -m hybrid run "$1" {redirected}', sys.executable, str(path)],
        capture_output=True,
        encoding="latin-1",
        timeout=120,
        env=environment_of_a_job() | environment,
        check=False,
    )


@pytest.mark.parametrize("columns", ["0", "1", "10", "-5", "²", "wide", "99999999999999999999"])
def test_any_width_shows_the_value(
    columns: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", columns)
    assert command_line(["run", str(write(tmp_path, ISING))]) == 0
    assert VALUE in capsys.readouterr().out


def test_a_width_of_nothing_shows_the_help(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    assert command_line(["run", "--help"]) == 0
    assert "--journal" in capsys.readouterr().out


@pytest.mark.launches
@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_an_encoding_that_lacks_symbols(environment: dict[str, str], tmp_path: Path) -> None:
    ended = run(write(tmp_path, SAMPLED), **environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "+/-" in ended.stdout
    assert ended.stdout.isascii()


@pytest.mark.launches
@pytest.mark.parametrize("redirected", [">/dev/full", ">&-"])
def test_standard_output_that_cannot_be_written(redirected: str, tmp_path: Path) -> None:
    ended = run(write(tmp_path, ISING), redirected)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert VALUE in ended.stderr
    reason = "No space left on device" if "full" in redirected else "it is closed"
    assert ended.stderr.endswith(f"error: standard output cannot be written: {reason}\n")
    assert "Traceback" not in ended.stderr


@pytest.mark.launches
def test_a_reader_that_leaves(tmp_path: Path) -> None:
    ended = run(write(tmp_path, ISING), "| true")
    assert VALUE in ended.stderr
    assert "error" not in ended.stderr.replace("│ error", "")


@pytest.mark.launches
def test_no_stream_at_all_keeps_the_exit_code(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    assert run(missing, "2>/dev/full").returncode == 2
    assert run(missing, ">&- 2>&-").returncode == 2


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "euc-jp", "shift-jis", "koi8-r", "utf-8"])
def test_every_encoding_takes_what_is_printed(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    output = Output(stream)
    output.write("0.5 ± 0.1, 3 µs · it 1 … ├─ Zürich \udcff ⠋")
    output.flush()
    assert output.failure is None
    assert b"0.5 " in stream.buffer.getvalue()  # type: ignore[attr-defined]


def test_a_sampled_result_prints_in_any_encoding() -> None:
    sampled: Result = replace(result(), standard_error=0.25)
    assert str(sampled).isascii()
    assert "+/- 0.25" in str(sampled)


def test_a_result_is_printed_also_where_what_follows_it_fails(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **settings: object) -> None:
        raise InputError("memory", got="too little", expected="more")

    monkeypatch.setattr("hybrid.cli.run._samples", fail)
    assert command_line(["run", str(write(tmp_path, ISING))]) == 2
    captured = capsys.readouterr()
    assert VALUE in captured.out
    assert "got too little" in captured.err

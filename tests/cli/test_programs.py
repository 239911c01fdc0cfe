"""What programs read: JSON on standard output, results in files, and a help that loads nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hybrid.cli.app import command_line
from hybrid.cli.data import as_json
from hybrid.core.files import UnwritableError, write
from tests.cli.test_electrons import ION
from tests.launch import environment_of_a_job, launch
from tests.settings.run_files import EXAMPLES, ISING, changed
from tests.settings.run_files import write as write_run_file

Captured = pytest.CaptureFixture[str]


def parsed(capsys: Captured, *arguments: object) -> dict[str, Any]:
    """Return what a command prints as JSON."""
    assert command_line([str(each) for each in arguments]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=_refuse)
    return found


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_run_file(tmp_path, changed(ISING, problem={"reference_energy": -1.4142135624}))


HEAVY = "numpy qiskit mpi4py rich scipy hybrid.runtime"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"], ["rnu"]])
def test_the_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from hybrid.cli.app import command_line; command_line(sys.argv[1:]); "
        f"print(sorted({{*sys.modules}} & {{*'{HEAVY}'.split()}}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True, text=True, check=True, env=environment_of_a_job(),
    )  # fmt: skip
    assert ended.stdout.splitlines()[-1] == "[]"


def test_every_command_shows_a_real_example_and_no_type_for_flags(capsys: Captured) -> None:
    from hybrid.cli.commands import app, command

    for name in command().commands:
        assert command_line([name, "--help"]) == 0
        shown = capsys.readouterr().out
        assert f"hybrid {name} " in shown.partition("Example")[2] + " ", name
        assert "bool" not in shown
    assert app.registered_commands


@pytest.mark.parametrize("name", ["run.json", "run.npz"])
def test_a_result_in_a_file(name: str, path: Path, tmp_path: Path, capsys: Captured) -> None:
    shown = parsed(capsys, "run", path, "--json", "--quiet", "--output", tmp_path / name)
    if name.endswith(".json"):
        assert json.loads((tmp_path / name).read_text("utf-8")) == shown
        return
    with np.load(tmp_path / name) as arrays:
        assert json.loads(str(arrays["about"])) == shown
        np.testing.assert_array_equal(arrays["x"], shown["x"])
        assert len(arrays["history_values"]) == shown["evaluations"]
        assert arrays["history_values"].min() == arrays["value"] == shown["value"]


def test_the_parameters_of_a_result_are_those_of_its_value(path: Path, capsys: Captured) -> None:
    """The oracle is the state that Qiskit computes."""
    from qiskit.circuit.library import real_amplitudes
    from qiskit.quantum_info import SparsePauliOp, Statevector

    found = parsed(capsys, "run", path, "--json", "--quiet")
    ansatz = real_amplitudes(2, reps=1)
    assert found["parameters"] == [each.name for each in ansatz.parameters]
    state = Statevector(ansatz.assign_parameters(found["x"]))
    observable = SparsePauliOp.from_list(ISING["problem"]["terms"])
    assert state.expectation_value(observable).real == pytest.approx(found["value"], abs=1e-12)
    assert found["reference"]["value"] == -1.4142135624
    assert found["outcome"] == "converged"


@pytest.mark.launches
def test_progress_goes_to_standard_error_beside_json(path: Path) -> None:
    ended = launch(0, "-m", "hybrid", "run", str(path), "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["success"] is True
    assert "VQE: 2 qubits" in ended.err


@pytest.mark.launches
def test_two_ranks_print_one_object_and_write_one_file(path: Path, tmp_path: Path) -> None:
    output = tmp_path / "run.json"
    ended = launch(2, "-m", "hybrid", "run", str(path), "--json", "-q", "-o", str(output))
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == json.loads(output.read_text("utf-8"))
    assert json.loads(ended.out)["ranks"] == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("run.csv", "expected a file name ending in .json or .npz"),
        ("none/run.json", "whose folder does not exist"),
        ("folder.npz", "which is no file"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_anything_runs(
    name: str, said: str, path: Path, tmp_path: Path, capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("hybrid.minimize", _refuse)
    (tmp_path / "folder.npz").mkdir()
    assert command_line(["run", str(path), "--output", str(tmp_path / name)]) == 2
    assert said in capsys.readouterr().err


def test_an_output_that_becomes_unwritable_costs_no_result(
    path: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "full"
    folder.mkdir()

    def vanish(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", vanish)
    assert command_line(["run", str(path), "--output", str(folder / "run.json")]) == 1
    captured = capsys.readouterr()
    assert "-1.41421" in captured.out
    assert "run.json cannot be written: No space left on device" in captured.err
    assert list(folder.iterdir()) == []


def test_files_are_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write(path, lambda file: file.write(b"first"))
    with pytest.raises(ZeroDivisionError):
        write(path, lambda file: file.write(b"half") / 0)  # type: ignore[operator]
    assert path.read_bytes() == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["a.json"]
    with pytest.raises(UnwritableError):
        write(tmp_path / "none" / "a.json", lambda file: None)


def test_numbers_that_json_lacks() -> None:
    assert json.loads(as_json({"x": [np.nan, -np.inf, np.float32(0.5), np.int64(3)]})) == {
        "x": [None, None, 0.5, 3]
    }


def test_a_file_that_is_checked(path: Path, capsys: Captured) -> None:
    found = parsed(capsys, "check", path, "--json")
    assert found["valid"] is True
    assert (found["num_parameters"], found["ranks"], found["seed"]) == (4, 1, 7)
    planned = parsed(capsys, "plan", path, "--json")
    assert planned["memory_bytes"] == found["memory_bytes"]


def test_molecules_and_cuts(tmp_path: Path, capsys: Captured) -> None:
    ion = parsed(capsys, "run", write_run_file(tmp_path, ION), "--json", "--quiet")
    assert ion["electrons"]["energy"][0] == pytest.approx(-0.58166, abs=1e-4)
    line = ["run", EXAMPLES / "maxcut.toml", "--json", "-q", "--max-iterations", "2"]
    cut = parsed(capsys, *line)["cut"]
    assert set(cut["sides"]) == {"0", "1"}
    assert cut["weight"] <= cut["largest"]


def test_a_journal(path: Path, tmp_path: Path, capsys: Captured) -> None:
    db = tmp_path / "run.db"
    run = parsed(capsys, "run", path, "--json", "--quiet", "--journal", db)
    found = parsed(capsys, "journal", db, "--json")
    assert found["best"] == {"value": run["value"], "x": run["x"]}
    assert found["answers"] == run["evaluations"]
    assert found["completed"]["outcome"] == "converged"
    assert [each["kind"] for each in found["events"]] == [
        "start",
        "usage",
        "completed",
    ]
    assert command_line(["journal", str(db), "--json", "--csv"]) == 2


def test_a_finished_run_that_is_resumed_says_that_nothing_was_computed(
    path: Path, tmp_path: Path, capsys: Captured
) -> None:
    db = tmp_path / "run.db"
    first = parsed(capsys, "run", path, "--json", "--quiet", "--journal", db)
    again = parsed(capsys, "resume", db, "--json", "--quiet")
    assert again["evaluations_from_journal"] == again["evaluations"] == first["evaluations"]
    assert first["evaluations_from_journal"] == 0
    assert (again["value"], again["x"]) == (first["value"], first["x"])
    assert command_line(["resume", str(db)]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "which holds the whole run" in shown
    assert "all read from the journal: nothing was computed" in shown


def test_calibrate(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    from hybrid.machine import load, reference

    monkeypatch.setattr("hybrid.cli.calibrate.calibrate", lambda *measured: reference())
    file = tmp_path / "machine.json"
    found = parsed(capsys, "calibrate", "--json", "--output", file)
    assert found["file"] == str(file)
    assert found["machine"]["kind"] == load(file).kind


def test_the_journal_reads_like_a_log(path: Path, tmp_path: Path, capsys: Captured) -> None:
    db = tmp_path / "run.db"
    assert command_line(["run", str(path), "-q", "--journal", str(db)]) == 0
    assert command_line(["resume", str(db), "-q"]) == 0
    capsys.readouterr()
    assert command_line(["journal", str(db)]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for part in ("first start", "resumption 1", "started on 1 rank", "resumed on 1 rank after",
                 "completed: converged, value -1.41421356", "way to gradients exact",
                 "a piece is the smallest part"):  # fmt: skip
        assert part in shown
    assert "gradients None" not in shown
    assert "{'" not in shown.replace("options={}", "")

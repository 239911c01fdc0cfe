"""The command line: what it prints where, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hybrid
from hybrid.cli.app import command_line
from tests.settings.run_files import ISING, changed, write

Captured = pytest.CaptureFixture[str]


def test_version(capsys: Captured) -> None:
    assert command_line(["--version"]) == 0
    assert capsys.readouterr().out == f"hybrid {hybrid.__version__}\n"


def test_help_tells_the_exit_codes(capsys: Captured) -> None:
    assert command_line(["--help"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "2: the input is invalid" in text
    assert "130: it was interrupted" in text


def test_a_command_that_does_not_exist(capsys: Captured) -> None:
    assert command_line(["rnu"]) == 2
    assert "rnu" in capsys.readouterr().err


def test_a_bad_file_gives_one_message_and_exit_code_2(capsys: Captured, tmp_path: Path) -> None:
    path = write(tmp_path, changed(ISING, optimizer={"max_iteration": 3}))
    for command in ("run", "check"):
        assert command_line([command, str(path)]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("error: ")
        assert captured.err.count("\n") == 2
        assert "did you mean 'optimizer.max_iterations'?" in captured.err
        assert "Traceback" not in captured.err


def test_a_file_that_is_missing(capsys: Captured, tmp_path: Path) -> None:
    assert command_line(["run", str(tmp_path / "no.toml")]) == 2
    assert "got a path without a file" in capsys.readouterr().err


def test_brackets_in_messages_are_printed_as_they_are(capsys: Captured, tmp_path: Path) -> None:
    path = write(tmp_path, {"problem": {"kind": "[bold]"}, "ansatz": ISING["ansatz"]})
    assert command_line(["check", str(path)]) == 2
    assert "got '[bold]'" in capsys.readouterr().err


def test_shots_below_one(capsys: Captured, tmp_path: Path) -> None:
    assert command_line(["run", str(write(tmp_path, ISING)), "--shots", "-5"]) == 2
    assert "simulator.shots: got -5, expected a positive integer" in capsys.readouterr().err


def test_a_data_file_that_is_damaged(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "cut.fcidump").write_text("&FCI NORB=2,NELEC=2,MS2=0,\n")
    problem = {"kind": "molecule", "fcidump": "cut.fcidump"}
    path = write(tmp_path, {"problem": problem, "ansatz": {"kind": "uccsd"}})
    assert command_line(["run", str(path)]) == 2
    captured = capsys.readouterr()
    assert "cut.fcidump" in captured.err
    assert captured.out == ""


def test_run_prints_description_progress_and_closing_table(
    capsys: Captured, tmp_path: Path
) -> None:
    path = write(tmp_path, changed(ISING, problem={"reference_energy": -1.4142135624}))
    assert command_line(["run", str(path)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    for part in (
        "hybrid run",
        "VQE: 2 qubits",
        "cost -1.4142",
        "core-seconds",
        "-1.41421356",
    ):
        assert part in captured.out


def test_quiet_prints_the_closing_table_alone(capsys: Captured, tmp_path: Path) -> None:
    assert command_line(["run", str(write(tmp_path, ISING)), "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "core-seconds" in out
    assert "VQE: 2 qubits" not in out
    assert "cost" not in out


def test_options_take_the_place_of_settings(capsys: Captured, tmp_path: Path) -> None:
    path = str(write(tmp_path, ISING))
    command = ["run", path, "--seed", "12", "--max-iterations", "1", "--threads", "1"]
    assert command_line(command) == 0
    out = capsys.readouterr().out
    assert "in 1 iteration " in out
    assert "not converged" in out
    assert "12" in out


def test_the_same_seed_gives_the_same_value(capsys: Captured, tmp_path: Path) -> None:
    path = str(write(tmp_path, ISING))
    energies = []
    for seed in ("1", "1", "2"):
        assert command_line(["run", path, "--quiet", "--seed", seed, "--max-iterations", "1"]) == 0
        out = capsys.readouterr().out
        energies.append(next(line for line in out.splitlines() if "value" in line))
    assert energies[0] == energies[1] != energies[2]


def test_a_maximum_cut_is_sampled_at_the_end(capsys: Captured, tmp_path: Path) -> None:
    (tmp_path / "square.edges").write_text("0 1\n1 2\n2 3\n3 0\n")
    problem = {"kind": "maxcut", "edges": "square.edges"}
    path = write(tmp_path, {"problem": problem, "ansatz": {"kind": "qaoa", "depth": 2}})
    assert command_line(["run", str(path), "--seed", "1"]) == 0
    out = capsys.readouterr().out
    assert "best cut" in out
    assert "1.0000 best sample" in out


def test_check_says_what_would_run_and_runs_nothing(
    capsys: Captured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **settings: object) -> None:
        raise AssertionError("check ran the file")

    monkeypatch.setattr("hybrid.minimize", refuse)
    assert command_line(["check", str(write(tmp_path, ISING))]) == 0
    out = capsys.readouterr().out
    for part in ("VQE: 2 qubits", "L-BFGS-B", "memory", "is valid; nothing was run"):
        assert part in out


def test_interruption_before_the_run_gives_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("hybrid.cli.run.load", interrupt)
    assert command_line(["run", str(write(tmp_path, ISING))]) == 130


def test_doctor_names_versions_kernels_cores_and_memory(capsys: Captured) -> None:
    assert command_line(["doctor"]) == 0
    out = capsys.readouterr().out
    for part in ("qiskit-aer", "kernels", "MPI library", "free", "core"):
        assert part in out


def test_check_refuses_what_run_would_refuse(capsys: Captured, tmp_path: Path) -> None:
    """Both prepare the run in the same way: here the journal is that of another run."""
    recorded = changed(ISING, run={"journal": "run.db"})
    del recorded["run"]["seed"]
    path = str(write(tmp_path, recorded))
    assert command_line(["run", path, "--quiet", "--max-iterations", "2"]) == 0
    capsys.readouterr()
    for command in ("run", "check"):
        assert command_line([command, path, "--max-iterations", "3"]) == 2
        assert "records another run" in capsys.readouterr().err
    assert command_line(["check", path, "--max-iterations", "2"]) == 0
    out = capsys.readouterr().out
    assert "│ journal" in out
    assert "will be drawn" not in out  # the seed is the recorded one


def test_plan_takes_the_threads_of_the_run_file(capsys: Captured, tmp_path: Path) -> None:
    path = str(write(tmp_path, changed(ISING, run={"threads": 1})))
    plans = []
    for command in (["plan", path, "--json"], ["plan", path, "--json", "--threads", "1"]):
        assert command_line(command) == 0
        plans.append(json.loads(capsys.readouterr().out))
    assert plans[0]["threads"] == plans[1]["threads"] == 1

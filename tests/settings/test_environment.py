"""Settings of the environment stand between those of the file and those of options."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import hybrid
from hybrid.cli.app import command_line
from hybrid.core.errors import InputError
from hybrid.settings.environment import OTHERS, from_environment, variables
from hybrid.settings.faults import known_keys
from tests.launch import launch
from tests.settings.run_files import ISING, changed, write

Captured = pytest.CaptureFixture[str]


def seed_of(capsys: Captured, *arguments: str) -> int:
    assert command_line(["check", *arguments, "--json"]) == 0
    return int(json.loads(capsys.readouterr().out)["seed"])


def test_file_then_environment_then_option(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(write(tmp_path, ISING))
    assert seed_of(capsys, path) == 7
    monkeypatch.setenv("HYBRID_RUN_SEED", "8")
    assert seed_of(capsys, path) == 8
    assert seed_of(capsys, path, "--seed", "9") == 9


def test_every_key_of_the_plain_tables_has_a_variable() -> None:
    keys = {key for key in known_keys() if key.startswith(("run.", "optimizer.", "simulator."))}
    assert {*variables().values()} == {key for key in keys if key.count(".") == 1}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("HYBRID_RUN_SHARDS", "auto", "auto"),
        ("HYBRID_RUN_SHARDS", "2", 2),
        ("HYBRID_RUN_TIME_LIMIT", "90", "90"),
        ("HYBRID_OPTIMIZER_TOLERANCE", "1e-6", 1e-6),
        ("HYBRID_OPTIMIZER_NAME", "L-BFGS-B", "L-BFGS-B"),
        ("HYBRID_OPTIMIZER_OPTIONS", "{learning_rate = 0.1}", {"learning_rate": 0.1}),
        ("HYBRID_SIMULATOR_SHOTS", " 100 ", 100),
    ],
)
def test_values_are_those_of_toml_with_quotation_marks_left_out(
    name: str, text: str, value: object
) -> None:
    assert from_environment({name: text}) == {variables()[name]: value}


def test_an_empty_variable_sets_nothing() -> None:
    assert from_environment({"HYBRID_RUN_SEED": "", "HYBRIDISE": "1"}) == {}


@pytest.mark.parametrize(
    ("name", "meant"),
    [("HYBRID_RUN_SEDE", "HYBRID_RUN_SEED"), ("HYBRID_SEED", "HYBRID_RUN_SEED"),
     ("HYBRID_KERNEL", "HYBRID_KERNELS")],
)  # fmt: skip
def test_an_unknown_variable_is_refused_with_the_nearest(name: str, meant: str) -> None:
    with pytest.raises(InputError, match=f"{name}: got .*did you mean '{meant}'"):
        from_environment({name: "7"})


def test_a_value_that_does_not_fit_is_refused(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYBRID_RUN_SEED", "seven")
    assert command_line(["run", str(write(tmp_path, ISING))]) == 2
    assert "run.seed: got 'seven', expected an integer" in capsys.readouterr().err


def test_no_variable_of_the_package_is_refused() -> None:
    home = Path(hybrid.__file__).parent
    named = {
        name
        for file in home.rglob("*.py")
        for name in re.findall(r"[\"'](HYBRID_[A-Z_]+)[\"']", file.read_text("utf-8"))
    }
    assert named - {*variables()} == {*OTHERS}


def test_a_journal_of_the_environment_lies_beside_the_run_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "here").mkdir()
    path = str(write(tmp_path / "there", ISING))
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HYBRID_RUN_JOURNAL", "run.db")
    assert command_line(["run", path, "-q"]) == 0
    assert (tmp_path / "there" / "run.db").is_file()


def test_a_run_that_is_resumed_keeps_the_settings_of_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    db = str(tmp_path / "run.db")
    monkeypatch.setenv("HYBRID_RUN_SEED", "8")
    assert command_line(["run", str(write(tmp_path, ISING)), "-q", "--journal", db]) == 0
    monkeypatch.delenv("HYBRID_RUN_SEED")
    capsys.readouterr()
    assert command_line(["resume", db, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["seed"] == 8


def test_a_budget_may_stand_in_the_file(tmp_path: Path, capsys: Captured) -> None:
    path = write(tmp_path, changed(ISING, run={"budget": "0.001core-seconds"}))
    assert command_line(["run", str(path), "-q"]) == 130
    path = write(tmp_path, changed(ISING, run={"budget": "much"}))
    assert command_line(["run", str(path), "-q"]) == 2
    assert "budget: got 'much'" in capsys.readouterr().err


@pytest.mark.launches
def test_ranks_with_different_variables_are_told(tmp_path: Path) -> None:
    code = (
        "import os, sys; rank = os.environ.get('PMI_RANK', '0'); "
        "os.environ['HYBRID_RUN_SEED'] = rank; from hybrid.cli.app import command_line; "
        f"sys.exit(command_line(['check', {str(write(tmp_path, ISING))!r}]))"
    )
    ended = launch(2, "-c", code, timeout=60)
    assert ended.code != 0
    assert "a different setting of the environment" in ended.err

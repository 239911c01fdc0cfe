"""``hybrid init`` and ``hybrid examples``: files to start from that run as they are."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hybrid.cli.app import command_line
from hybrid.cli.init import WORKLOADS
from hybrid.settings import load
from hybrid.settings.faults import known_keys
from tests.launch import environment_of_a_job
from tests.settings.run_files import EXAMPLES

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_run_file_says_what_the_example_says(workload: str, capsys: Captured) -> None:
    assert command_line(["init", workload]) == 0
    said = capsys.readouterr().out
    assert f"next: hybrid run {workload}.toml" in said
    made, example = load(f"{workload}.toml"), load(EXAMPLES / WORKLOADS[workload][0])
    for table in ("ansatz", "optimizer", "simulator", "run", "workload"):
        assert getattr(made, table) == getattr(example, table)
    assert command_line(["check", f"{workload}.toml"]) == 0


@pytest.mark.parametrize("workload", WORKLOADS)
def test_every_key_behind_a_mark_is_valid_toml(workload: str) -> None:
    """Uncommented, all keys with a default are read; those without one are shown as ``...``."""
    assert command_line(["init", workload]) == 0
    text = Path(f"{workload}.toml").read_text("utf-8")
    opened = [
        line.removeprefix("#")
        for line in text.splitlines()
        if not line.startswith("# ") and not line.endswith("...")
    ]
    tables = tomllib.loads("\n".join(opened))
    keys = {f"{table}.{key}" for table, content in tables.items() for key in content}
    assert keys <= {*known_keys()}
    Path("all.toml").write_text("\n".join(opened))
    load("all.toml", {"simulator.name": "aer"})


def test_it_runs_as_it_is(capsys: Captured) -> None:
    assert command_line(["init", "maxcut", "-o", "graph.toml"]) == 0
    assert Path("maxcut_12.edges").read_bytes() == (EXAMPLES / "data/maxcut_12.edges").read_bytes()
    assert command_line(["run", "graph.toml", "-q", "--max-iterations", "2"]) == 0
    assert "best cut" in capsys.readouterr().out


def test_files_are_not_replaced_unless_asked(capsys: Captured) -> None:
    assert command_line(["init", "ising"]) == 0
    Path("ising.toml").write_text("mine")
    assert command_line(["init", "ising"]) == 2
    assert "ising.toml, which exists, expected a new file; --force" in capsys.readouterr().err
    assert Path("ising.toml").read_text() == "mine"
    assert command_line(["init", "ising", "--force"]) == 0
    assert load("ising.toml").run.seed == 7


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["init", "molecul"], "did you mean 'molecule'?"),
        (["init", "ising", "-o", "none/a.toml"], "whose folder does not exist"),
        (["examples", "wather.toml"], "did you mean 'water.toml'?"),
        (["examples", "vqe.py", "--into", "file"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_refused(arguments: list[str], said: str, capsys: Captured) -> None:
    Path("file").touch()
    assert command_line(arguments) == 2
    assert said in capsys.readouterr().err


def test_examples_are_listed_with_what_they_show(capsys: Captured) -> None:
    assert command_line(["examples"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 15
    assert all(len(line.split(maxsplit=1)) == 2 for line in lines)
    assert command_line(["examples", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["examples"]
    assert [each["name"] for each in found] == [line.split()[0] for line in lines]


def test_an_example_is_copied_with_its_data(capsys: Captured) -> None:
    assert command_line(["examples", "water.toml", "--into", "mine"]) == 0
    assert capsys.readouterr().out.split() == ["mine/water.toml", "mine/data/water.fcidump"]
    assert command_line(["check", "mine/water.toml"]) == 0
    assert command_line(["examples", "learn/digits.py"]) == 0
    assert Path("learn/digits.py").exists()
    Path("mine/water.toml").write_text("changed")
    assert command_line(["examples", "water.toml", "--into", "mine"]) == 2


def test_all_examples_are_copied() -> None:
    assert command_line(["examples", "all", "--into", "mine"]) == 0
    copied = {p.relative_to("mine").as_posix() for p in Path("mine").rglob("*.py")}
    assert copied == {
        p.relative_to(EXAMPLES).as_posix()
        for p in EXAMPLES.rglob("*.py")
        if p.parent.name != "data"
    }


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("init mol", "molecule"),
        ("examples wat", "water.toml"),
        ("re", "resume"),
        ("run --ou", "--output"),
    ],
)
def test_completion(words: str, completed: str) -> None:
    asked = {
        "_HYBRID_COMPLETE": "complete_bash",
        "COMP_WORDS": f"hybrid {words}",
        "COMP_CWORD": str(len(words.split())),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "hybrid"],
        capture_output=True, text=True, check=False, env=environment_of_a_job() | asked,
    )  # fmt: skip
    assert completed in ended.stdout.split(), ended.stderr

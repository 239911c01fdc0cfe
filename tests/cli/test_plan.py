"""``hybrid plan`` and ``hybrid calibrate``: what is printed, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hybrid.cli.app import command_line
from hybrid.cli.budget import Budget
from hybrid.cli.plan import size_of
from hybrid.core.errors import InputError
from hybrid.machine import load, reference, save

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_plan_on_paper(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["plan", str(EXAMPLES / "noisy_h2.toml"), "--ranks", "8"]) == 0
    out = capsys.readouterr().out
    for part in ("alternatives considered", "8 ranks x 1 thread", "core-seconds", "why: "):
        assert part in out


def test_a_plan_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = tmp_path / "machine.json"
    save(reference().with_speed(0.001), machine)
    line = ["plan", str(EXAMPLES / "noisy_h2.toml"), "--json", "--ranks", "512", "--threads", "8"]
    assert command_line(line) == 0
    here = json.loads(capsys.readouterr().out)
    assert command_line([*line, "--machine", str(machine)]) == 0
    slow = json.loads(capsys.readouterr().out)
    assert here["ranks"] == slow["ranks"] == 512
    assert slow["seconds"] > 5 * here["seconds"]


def test_what_does_not_fit_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["plan", str(EXAMPLES / "water.toml"), "--memory", "1kB"]
    assert command_line(line) == 2
    assert "qubits would fit" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "64", "12parsec", "-1GB", "0MB", "nanGB"])
def test_sizes(text: str) -> None:
    if text == "64":
        assert size_of(text) == 64
        return
    with pytest.raises(InputError, match="memory"):
        size_of(text)


@pytest.mark.parametrize(
    "text", ["", "200", "200core-days", "-1core-hours", "0core-hours", "1.2.3core-hours"]
)
def test_budgets(text: str) -> None:
    with pytest.raises(InputError, match="budget"):
        Budget.parse(text)


def test_a_budget_ends_a_run_gracefully(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["run", str(EXAMPLES / "ising.toml"), "--quiet", "--budget", "0.001core-seconds"]
    assert command_line(line) == 130
    assert "not converged" in " ".join(capsys.readouterr().out.split())


def test_a_machine_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "machine.json"
    path.write_text("[]")
    line = ["plan", str(EXAMPLES / "ising.toml"), "--machine", str(path)]
    assert command_line(line) == 2
    with pytest.raises(InputError):
        load(path)


def test_the_sector_of_a_molecule(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["plan", str(EXAMPLES / "water.toml")]
    assert command_line(line) == 0
    found = "sector (5 of 7, 5 of 7 particles): 441 of 16,384 amplitudes"
    assert found in capsys.readouterr().out
    assert command_line([*line, "--sector", "false"]) == 0
    assert "sector" not in capsys.readouterr().out
